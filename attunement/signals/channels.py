"""From measures of a face to channels of expression."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.signals.gates import column

Series = NDArray[np.float64]

# Smallest units: blendshapes, shares of an action unit's scale and composites of them; distances
# over the interocular distance.
SHARE_FLOOR = 0.05
GEOMETRY_FLOOR = 0.01

VALENCE_LIMIT = 3.0


@dataclass(frozen=True)
class Source:
    """One way to take a measure: columns of a faces table and how they are put together."""

    columns: tuple[str, ...]
    floor: float = SHARE_FLOOR
    largest: bool = False  # the largest of the columns instead of their mean


def _both(name: str) -> tuple[str, str]:
    return (f"{name}Left", f"{name}Right")


# The first source of which a table has any value is used for the whole person, so that units never
# change within a series. Left and right are averaged: a mirrored picture changes a blendshape by up
# to .20. Geometry goes before blendshapes for brows and lids (.95 and .99 against .83 to .89 and
# .78 between two sizes of one clip).
MEASURES: Mapping[str, tuple[Source, ...]] = {
    "smile": (Source(_both("mouthSmile")), Source(("AU12",))),
    "frown": (Source(_both("mouthFrown")), Source(("AU15",))),
    "stretch": (Source(_both("mouthStretch")), Source(("AU20",))),
    "brow_down": (Source(_both("browDown")), Source(("AU04",))),
    "upper_up": (Source(_both("mouthUpperUp")), Source(("AU10",))),
    "lower_down": (Source(_both("mouthLowerDown")), Source(("AU16",))),
    "press": (Source(_both("mouthPress")), Source(("AU23", "AU24"), largest=True)),
    "brow_raise": (
        Source(("brow_height",), GEOMETRY_FLOOR),
        Source(("browInnerUp", *_both("browOuterUp"))),
        Source(("AU01", "AU02")),
    ),
    "eye_widening": (
        Source(("lid_aperture",), GEOMETRY_FLOOR),
        Source(_both("eyeWide")),
        Source(("AU05",)),
    ),
    "eye_constriction": (Source(_both("eyeSquint")), Source(("AU06", "AU07"))),
    "mouth_opening": (
        Source(("lip_gap",), GEOMETRY_FLOOR),
        Source(("jawOpen",)),
        Source(("AU25", "AU26", "AU27"), largest=True),
    ),
}


def take_measures(frames: pd.DataFrame) -> tuple[dict[str, Series], dict[str, float]]:
    """Return every measure of one person's frames, and the floor of its unit.

    Parameters
    ----------
    frames : pandas.DataFrame
        Rows of one person with any of the columns of `schema.FACES` and `schema.ACTION_UNITS`.

    Returns
    -------
    measures : dict of ndarray, shape (n,)
        All of `MEASURES`. A value is missing where the frame's status is not ``ok`` or where any
        of the columns that this person has for it is missing.
    floors : dict of float
        Smallest unit of each.
    """
    ok = frames["status"].to_numpy(object) == "ok"
    measures, floors = {}, {}
    for name, sources in MEASURES.items():
        measures[name], floors[name] = np.full(len(frames), np.nan), sources[0].floor
        for source in sources:
            there = [np.where(ok, column(frames, part), np.nan) for part in source.columns]
            there = [values for values in there if np.isfinite(values).any()]
            if there:
                together = np.max(there, axis=0) if source.largest else np.mean(there, axis=0)
                measures[name], floors[name] = together, source.floor
                break
    return measures, floors


def combine(excursions: Mapping[str, Series]) -> dict[str, Series]:
    """Return the channels of the face, in the units of their measures.

    Parameters
    ----------
    excursions : mapping of ndarray, shape (n,)
        Every measure minus its own baseline, so that a resting face with one mouth corner's shape
        or heavy brows is neither frowning nor angry.

    Returns
    -------
    dict of ndarray, shape (n,)
        smile, distress, anger, brow_raise, eye_widening, eye_constriction, mouth_opening. With
        x+ = max(x, 0)::

            squared  = (min(upper_up+, lower_down+) - smile+)+
            distress = max(frown, stretch) + .5 brow_down + squared
            anger    = min(brow_down+, press+) (1 - max(frown+, stretch+, squared))

    Notes
    -----
    Missing data: a term of distress that a table has for no frame at all is left out (OpenFace has
    no AU16, so no squared mouth); frown and stretch may stand for each other, without both there
    is no distress. anger needs brow_down and press. In a frame, one missing part makes the channel
    missing.
    """
    have = {name: np.isfinite(values).any() for name, values in excursions.items()}
    up = {name: np.maximum(values, 0.0) for name, values in excursions.items()}
    blank = np.full(len(excursions["smile"]), np.nan)

    corners = [name for name in ("frown", "stretch") if have[name]]
    distress = np.max([excursions[name] for name in corners], axis=0) if corners else blank
    upset = [up[name] for name in corners]
    if have["upper_up"] and have["lower_down"] and have["smile"]:
        # An open smile lifts the upper lip as much as it lifts the corners: subtracting the smile
        # takes all of that away, fading it by 1 - smile would leave three floors of distress.
        both_lips = np.minimum(up["upper_up"], up["lower_down"])
        squared = np.maximum(both_lips - up["smile"], 0.0)
        distress = distress + squared
        upset.append(squared)
    if have["brow_down"]:
        distress = distress + 0.5 * excursions["brow_down"]
    anger = np.minimum(up["brow_down"], up["press"])
    if upset:
        anger = anger * (1 - np.minimum(np.max(upset, axis=0), 1))
    plain = ("smile", "brow_raise", "eye_widening", "eye_constriction", "mouth_opening")
    return {**{name: excursions[name] for name in plain}, "distress": distress, "anger": anger}


def valence(smile_z: Series, distress_z: Series) -> Series:
    """Return z(smile) - z(distress), clipped to [-3, 3]; missing where either is."""
    return np.clip(smile_z - distress_z, -VALENCE_LIMIT, VALENCE_LIMIT)


def arousal(*members_z: Series) -> Series:
    """Return the mean of the z values of a person's arousal channels.

    Parameters
    ----------
    *members_z : ndarray, shape (n,)
        eye_constriction, mouth_opening, head_movement.

    Returns
    -------
    ndarray, shape (n,)
        Mean over the members that the person has at all; at least two, else all missing. A sample
        in which any of those is missing is missing, so that what is averaged never changes within
        a series.

    References
    ----------
    Messinger et al. (2012): eye constriction and mouth opening index the intensity of smiles and of
    cry faces alike.
    """
    there = [values for values in members_z if np.isfinite(values).any()]
    if len(there) < 2:
        return np.full(len(members_z[0]), np.nan)
    return np.mean(there, axis=0)
