"""The channels of expression: what each is and how it comes from measures of a face, declared once.

The signals stage computes what stands here; the columns of the signals table, what scoring takes
for a channel and what codes may stand for follow from it. A further channel is one more entry of
`CHANNELS`, and of `MEASURES` where it needs a measure that is not there yet.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


# Measures that programs state of a whole face where they give none of its parts.
STATED = ("affect_positive", "affect_negative", "affect_arousal")

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
    **{name: (Source((name,)),) for name in STATED},
}


@dataclass(frozen=True)
class Channel:
    """One channel of the signals table, in z units over the person's own baseline.

    Attributes
    ----------
    name : str
        Its column.
    sentence : str
        What it is, in one plain sentence.
    of_measures : callable, optional
        From every measure of `MEASURES` minus its own baseline, each of shape (n,), to the channel
        in the units of its measures. Without it and without `of_channels` the channel comes from
        where its movement is measured.
    of_channels : callable, optional
        From the channels that `takes` names, in z units on the time grid, to the channel.
    takes : tuple of str
        Arguments of `of_channels`, declared before it.
    of_stated : callable, optional
        From the measures that `takes_stated` names, in z units on the time grid, to the channel,
        for persons who have none of what `takes` names.
    takes_stated : tuple of str
        Arguments of `of_stated`, of `STATED`.
    is_fine : bool
        Whether small faces lose it first (docs/faces.md has the curves).
    """

    name: str
    sentence: str
    of_measures: Callable[[Mapping[str, Series]], Series] | None = None
    of_channels: Callable[..., Series] | None = None
    takes: tuple[str, ...] = ()
    of_stated: Callable[..., Series] | None = None
    takes_stated: tuple[str, ...] = ()
    is_fine: bool = False


def distress(excursions: Mapping[str, Series]) -> Series:
    """Return distress: corners of the mouth pulled down or apart, lowered brows, a squared mouth.

    Notes
    -----
    With x+ = max(x, 0)::

        squared  = (min(upper_up+, lower_down+) - smile+)+
        distress = max(frown, stretch) + .5 brow_down + squared

    Missing data: a term that a table has for no frame at all is left out (OpenFace has no AU16, so
    no squared mouth); frown and stretch may stand for each other, without both there is no
    distress. In a frame, one missing part makes the channel missing.
    """
    corners = _corners(excursions)
    if not corners:
        return np.full(len(excursions["smile"]), np.nan)
    total = np.max(corners, axis=0)
    squared = _squared_mouth(excursions)
    if squared is not None:
        total = total + squared
    if _is_there(excursions["brow_down"]):
        total = total + 0.5 * excursions["brow_down"]
    return np.asarray(total)


def anger(excursions: Mapping[str, Series]) -> Series:
    """Return anger: brows down and lips pressed, where the mouth shows no distress.

    Notes
    -----
    With x+ = max(x, 0) and squared as in `distress`::

        anger = min(brow_down+, press+) (1 - max(frown+, stretch+, squared))

    Missing data: needs brow_down and press; of the others, what a table has for no frame at all is
    left out. In a frame, one missing part makes the channel missing.
    """
    pressed = np.minimum(_up(excursions["brow_down"]), _up(excursions["press"]))
    upset = [_up(values) for values in _corners(excursions)]
    squared = _squared_mouth(excursions)
    if squared is not None:
        upset.append(squared)
    if upset:
        pressed = pressed * (1 - np.minimum(np.max(upset, axis=0), 1))
    return pressed


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
    there = [values for values in members_z if _is_there(values)]
    if len(there) < 2:
        return np.full(len(members_z[0]), np.nan)
    return np.mean(there, axis=0)


def _as_stated(values_z: Series) -> Series:
    return values_z


def _plain(measure: str) -> Callable[[Mapping[str, Series]], Series]:
    return lambda excursions: excursions[measure]


def _is_there(values: Series) -> bool:
    return bool(np.isfinite(values).any())


def _up(values: Series) -> Series:
    return np.maximum(values, 0.0)


def _corners(excursions: Mapping[str, Series]) -> list[Series]:
    return [excursions[name] for name in ("frown", "stretch") if _is_there(excursions[name])]


def _squared_mouth(excursions: Mapping[str, Series]) -> Series | None:
    if not all(_is_there(excursions[name]) for name in ("upper_up", "lower_down", "smile")):
        return None
    # An open smile lifts the upper lip as much as it lifts the corners: subtracting the smile takes
    # all of that away, fading it by 1 - smile would leave three floors of distress.
    both_lips = np.minimum(_up(excursions["upper_up"]), _up(excursions["lower_down"]))
    return np.maximum(both_lips - _up(excursions["smile"]), 0.0)


CHANNELS = (
    Channel("smile", "Corners of the mouth drawn up.", _plain("smile")),
    Channel(
        "distress",
        "Cry face: corners of the mouth down or stretched, brows lowered, mouth squared.",
        distress,
        is_fine=True,
    ),
    Channel(
        "anger",
        "Brows lowered with lips pressed, without distress.",
        anger,
        is_fine=True,
    ),
    Channel("brow_raise", "Brows raised.", _plain("brow_raise")),
    Channel("eye_widening", "Eyes opened wide.", _plain("eye_widening")),
    Channel(
        "eye_constriction",
        "Eyes narrowed, as in strong smiles and cries.",
        _plain("eye_constriction"),
    ),
    Channel("mouth_opening", "Mouth opened.", _plain("mouth_opening")),
    Channel(
        "valence",
        "Smile minus distress, from -3 to 3.",
        of_channels=valence,
        takes=("smile", "distress"),
        of_stated=valence,
        takes_stated=("affect_positive", "affect_negative"),
    ),
    Channel(
        "arousal",
        "Mean of eye constriction, mouth opening and head movement.",
        of_channels=arousal,
        takes=("eye_constriction", "mouth_opening", "head_movement"),
        of_stated=_as_stated,
        takes_stated=("affect_arousal",),
    ),
    Channel("head_movement", "How much the head moves between 1 and 5 times a second."),
)
NAMES = tuple(channel.name for channel in CHANNELS)
