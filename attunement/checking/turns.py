"""Whether a recording is upside down or lies on its side, and the cell that turns it.

A face that is not upright is looked for like any other: on its side it is mostly found, upside down
now and then, as a mesh whose mouth lies on the forehead. Somebody who lies in a cot is on the side
too. So a recording is called turned only where faces stand upright far more often after a turn
than as it is.
"""

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from attunement.checking.footage import Footage
from attunement.faces.areas import Area
from attunement.faces.backends.protocol import Backend
from attunement.faces.geometry import pose_deg
from attunement.faces.search import tiles
from attunement.faces.tracking import Follower, Sighting, look
from attunement.study import Session
from attunement.video import Frame

UPRIGHT_DEG = 45.0
N_TRIED = 12
TURNS_DEG = (90, 180, 270)
# Of seven clips turned by hand (672 pictures) one gave an upright mesh after a turn that was wrong.
_LEAST = 3
_TIMES = 3
_LEAST_TILE_PX = 600  # smaller faces are found once a run follows them; here a few will do


def is_upright(sighting: Sighting | None) -> bool:
    """Return whether a face is believed and not on its side or head."""
    if sighting is None or sighting.fault:
        return False
    return abs(pose_deg(sighting.mesh.rotation)[2]) < UPRIGHT_DEG


def count_upright(frames: Iterable[Frame], backend: Backend) -> tuple[int, dict[int, int]]:
    """Return how many frames there are, and in how many a face is upright after each turn.

    Parameters
    ----------
    frames : iterable of Frame
        The frames to try.
    backend : Backend
        Finds the faces.
    """
    counts = dict.fromkeys((0, *TURNS_DEG), 0)
    n = 0
    for frame in frames:
        n += 1
        picture = frame.rgb()
        for turn_deg in counts:
            turned = np.ascontiguousarray(np.rot90(picture, -turn_deg // 90))
            counts[turn_deg] += is_upright(_largest(turned, backend))
    return n, counts


def turn_of(counts: dict[int, int]) -> int:
    """Return the turn after which faces stand upright, 0 where none is clearly better."""
    best = max(TURNS_DEG, key=lambda turn_deg: counts[turn_deg])
    # On its side it is upright after one turn, and after the opposite one upside down.
    clear = counts[best] >= max(_LEAST, _TIMES * counts[0])
    return best if clear else 0


def turn_sentence(session: Session, footage: Footage, n: int, counts: dict[int, int]) -> list[str]:
    """Return what to say of a recording that is turned, with the cell to fill in."""
    turn_deg = turn_of(counts)
    if not turn_deg:
        return []
    column = (
        f"{footage.watched[0].person}_rotation" if session.layout == "two_files" else "rotation"
    )
    cell = (footage.tasks[0].rotation_deg + turn_deg) % 360
    are_how = "upside down" if turn_deg == 180 else "on their side"
    return [
        f"Faces in {footage.name} are {are_how}: turned by {turn_deg} degrees clockwise, one is "
        f"upright in {counts[turn_deg]} of {n} frames, against {counts[0]} as it is. Write "
        f"{column} = {cell}; sides and regions then refer to the turned picture."
    ]


def _largest(picture: NDArray[np.uint8], backend: Backend) -> Sighting | None:
    height, width = picture.shape[:2]
    region: Area = (0, 0, width, height)
    areas: Sequence[Area] = [region, *(t for t in tiles(region) if t[2] >= _LEAST_TILE_PX)]
    crop = partial(_cut, picture)
    found = [one for area in areas for one in look(backend, crop, area, n_faces=2)]
    return Follower(backend, region).choose(crop, found)


def _cut(picture: NDArray[np.uint8], area: Area) -> NDArray[np.uint8]:
    x, y, width, height = area
    return np.ascontiguousarray(picture[y : y + height, x : x + width])
