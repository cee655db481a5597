"""What is kept to see that parts of a picture change places: glimpses, and colours of faces.

A video call shows each partner in a part of the picture, and may give the parts to others on the
way. Whether it did is told from tables afterwards (`attunement.faces.places`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attunement.faces.areas import Area
from attunement.faces.likeness import colours
from attunement.faces.people import COLOURS_EVERY_S
from attunement.faces.track_rows import Rows
from attunement.faces.tracking import Crop, Sighting
from attunement.video import Part
from attunement.video.planes import glimpse_rgb

# Points of a glimpse of a part, across and down.
GLIMPSE = (32, 24)
# Mean change of lightness, out of 255, from one frame to the next, from which glimpses are kept.
# Of five clips no two neighbours differ by more than 8; from one of them to another, by 30 to 90.
WORTH_KEEPING = 10.0


class Parts:
    """Keeps glimpses of each partner's part where all of it changes, and colours twice a second.

    Parameters
    ----------
    regions : sequence of tuple of int
        x, y, width, height of each part.
    rows : sequence of Rows
        Where what is kept goes, by part.
    """

    def __init__(self, regions: Sequence[Area], rows: Sequence[Rows]) -> None:
        self._regions = regions
        self._rows = rows
        self._before: list[NDArray[np.uint8]] = []
        self._row_before: list[int] = []
        self._coloured_s = [float("-inf")] * len(regions)

    def step(self, crop: Crop, time_s: float, sightings: Sequence[Sighting | None]) -> None:
        """Look at the parts of a frame whose rows have just been added."""
        now = [rows.n - 1 for rows in self._rows]
        # One part alone cannot change places with another.
        shared = len(self._regions) > 1
        seen = [glimpse(crop, region) for region in self._regions] if shared else []
        if not self._before:
            self._keep(seen, now)
        elif any(_change(*pair) > WORTH_KEEPING for pair in zip(seen, self._before, strict=True)):
            self._keep(self._before, self._row_before)
            self._keep(seen, now)
        self._before, self._row_before = seen, now
        for k, sighting in enumerate(sightings):
            is_due = time_s - self._coloured_s[k] >= COLOURS_EVERY_S
            if sighting is not None and not sighting.fault and is_due:
                self._coloured_s[k] = time_s
                kept = colours(crop, sighting.mesh, self._regions[k])
                self._rows[k].keep("colours", kept, row=now[k])

    def finish(self) -> None:
        """Keep the last glimpses, which what comes after the span is held against."""
        if self._before:
            self._keep(self._before, self._row_before)

    def _keep(self, seen: Sequence[NDArray[np.uint8]], rows: Sequence[int]) -> None:
        for of, vector, row in zip(self._rows, seen, rows, strict=False):
            of.keep("glimpse", vector.astype(np.float32).reshape(-1), row=row)


def glimpse(crop: Crop, region: Area) -> NDArray[np.uint8]:
    """Return the lightness of a few points of a part, shape (24, 32)."""
    picture = crop(region)
    if isinstance(picture, Part):
        return picture.glimpse(*GLIMPSE)
    return glimpse_rgb(np.asarray(picture), *GLIMPSE)


def _change(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())
