"""Where a lost face is looked for, and whether what turns up is one.

The detector sees 128 x 128 pixels of whatever it is given, so that a face must fill about a tenth
of that. A lost face is therefore looked for in the whole region and in overlapping square tiles of
it, over scales. docs/faces.md has what each scale finds and costs.
"""

from collections.abc import Callable, Iterable
from math import ceil
from typing import Protocol, TypeVar

import numpy as np

from attunement.faces.areas import Area, Box
from attunement.faces.backends.protocol import Backend, Mesh, Pixels
from attunement.faces.quality import MAX_DISAGREEMENT, MIN_PRESENCE, disagreement, mirrored

Crop = Callable[[Area], Pixels]

TILES_PX = (600, 300)  # faces of 60 px were found in every tile of 300, not of 360
OVERLAP = 0.25  # of a tile's side: a face of that width lies whole in some tile
WORTH = 1.3  # a tile must be this much smaller than the region to show more than the whole does
SHARES = 8  # a lost frame looks at the whole region and one in so many of the tiles


class Search:
    """The areas to look at in one frame after another while a face is lost.

    The first time all tiles are looked at, later a share of them each time, in turn: all of them
    in `SHARES` frames. Which they are depends on how often was asked and on nothing else, so that a
    span gives the same result wherever it is worked on.

    Parameters
    ----------
    region : tuple of int
        x, y, width, height that is searched.
    """

    def __init__(self, region: Area) -> None:
        self._region = region
        self._tiles = tiles(region)
        self._turn = -1

    def areas(self) -> list[Area]:
        """Return the whole region and the tiles whose turn it is."""
        self._turn += 1
        due = self._tiles if self._turn == 0 else self._tiles[self._turn % SHARES :: SHARES]
        return [self._region, *due]


def tiles(region: Area) -> list[Area]:
    """Return the overlapping squares of every scale that cover a region, large ones first."""
    left, top, width, height = region
    areas: list[Area] = []
    for side in TILES_PX:
        if max(width, height) < WORTH * side:
            continue
        areas += [
            (left + x, top + y, min(side, width), min(side, height))
            for y in _starts(height, side)
            for x in _starts(width, side)
        ]
    return areas


def _starts(length: int, side: int) -> list[int]:
    """Return where tiles begin along a side, evenly spread and overlapping by a quarter or more."""
    if length <= side:
        return [0]
    n = ceil((length - side) / (side * (1 - OVERLAP))) + 1
    return [round(k * (length - side) / (n - 1)) for k in range(n)]


class Found(Protocol):
    """What matters here of a sighting: where it is, and why it is not believed."""

    @property
    def box(self) -> Box:
        """Around the landmarks."""
        ...

    @property
    def fault(self) -> str:
        """Empty where it is believed."""
        ...


_Found = TypeVar("_Found", bound=Found)


def distinct(sightings: Iterable[_Found], *, apart: float) -> list[_Found]:
    """Return each face once, however many areas showed it.

    Of sightings whose centres lie closer than `apart` face sizes the first that is believed is
    kept, or else the first.
    """
    kept: list[_Found] = []
    for sighting in sorted(sightings, key=lambda one: bool(one.fault)):
        if all(sighting.box.distance(other.box) > apart for other in kept):
            kept.append(sighting)
    return kept


def is_same_in_mirror(backend: Backend, crop: Crop, area: Area, mesh: Mesh) -> bool:
    """Return whether a mesh is found again, as its mirror image, in the mirrored picture.

    With the presence that is asked of any mesh, where the backend tells it. Of points that are not
    MediaPipe's it is not known which is whose mirror image: they are believed as they are.

    The mesh network was shown faces of either hand: on a face it sees the same from both sides, on
    hair, ears and hands it makes something else of what it sees (`quality.disagreement`).

    Parameters
    ----------
    backend : Backend
        That found it.
    crop : callable
        Gives the pixels of an area of the picture.
    area : tuple of int
        A square around the face.
    mesh : Mesh
        In pixels of the whole picture.
    """
    if not mesh.scheme.is_canonical:
        return True
    corner = np.array([area[0], area[1], 0], np.float32)
    placed = mesh.landmarks - corner
    picture = np.ascontiguousarray(np.asarray(crop(area))[:, ::-1])
    again = backend.again(picture, mirrored(placed, width_px=area[2]))
    if again is None or again.presence < MIN_PRESENCE:
        return False
    back = mirrored(again.landmarks, width_px=area[2])
    return disagreement(placed, back) <= MAX_DISAGREEMENT
