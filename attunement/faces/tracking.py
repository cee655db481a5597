"""Following one partner's face from frame to frame, each partner in an own crop.

A follower holds all the state there is, so that a span of frames can be worked on anywhere: a new
follower starts with none. The backend itself keeps nothing between frames.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from attunement.faces.areas import Area, Box, area_box, box_of, square_around
from attunement.faces.backends.protocol import DETECTED_IN, Backend, Mesh, Pixels
from attunement.faces.quality import implausible
from attunement.faces.search import Search, distinct, is_same_in_mirror

Crop = Callable[[Area], Pixels]

REMEMBER_S = 1.0  # how long a face that is lost is first looked for where it was
SAME_FACE = 0.5  # centres closer than this, in face sizes, are one face


@dataclass(frozen=True)
class Sighting:
    """A mesh found in a frame, in pixels of the displayed picture.

    Attributes
    ----------
    mesh : Mesh
        Landmarks in pixels of the whole picture.
    box : Box
        Around the landmarks.
    fault : str
        Why the mesh is not believed (`quality.implausible`), or empty.
    """

    mesh: Mesh
    box: Box
    fault: str


def look(backend: Backend, crop: Crop, area: Area, *, n_faces: int) -> list[Sighting]:
    """Return what the backend finds in an area of a frame, at most `n_faces`."""
    meshes = backend.find(np.asarray(crop(area)), n_faces=n_faces)
    return [_sighting(mesh, area) for mesh in meshes]


def look_again(
    backend: Backend, crop: Crop, area: Area, landmarks: NDArray[np.floating]
) -> Sighting | None:
    """Return the face whose landmarks (in pixels of the whole picture) were seen in the area."""
    x, y = area[:2]
    mesh = backend.again(crop(area), landmarks - np.array([x, y, 0], np.float32))
    return _sighting(mesh, area) if mesh is not None else None


def _sighting(mesh: Mesh, area: Area) -> Sighting:
    landmarks = mesh.landmarks + np.array([area[0], area[1], 0], np.float32)
    placed = replace(mesh, landmarks=landmarks)
    box = box_of(landmarks)
    return Sighting(placed, box, implausible(placed, area, box=box))


def _anywhere(_box: Box) -> bool:
    return True


class Follower:
    """Follows one face within a region.

    While a face is held it is looked for in a square crop around the mesh last accepted, which
    also brings small faces within reach of the short-range detector. When it is lost there, the
    whole region is searched. A find of the region counts only when it is found again, and
    plausible, in a crop of its own.

    Parameters
    ----------
    backend : Backend
        Finds the faces.
    region : tuple of int
        x, y, width, height that is never left.
    hint : tuple of int, optional
        Where the face is expected at first.
    """

    def __init__(self, backend: Backend, region: Area, hint: Area | None = None) -> None:
        self._backend = backend
        self._region = region
        self._search = Search(region)
        self._hint = hint
        self._last: Sighting | None = None
        self._seen_s = float("-inf")

    @property
    def place(self) -> Box | None:
        """Where the face was accepted last, or else is hinted to be."""
        if self._last is not None:
            return self._last.box
        return area_box(self._hint) if self._hint is not None else None

    def held(self, crop: Crop, time_s: float) -> Sighting | None:
        """Look where the face was, or at first where it is hinted to be.

        Returns the sighting, believed or not; None where there is nothing, or no place to look.
        """
        if self._last is not None and time_s - self._seen_s <= REMEMBER_S:
            return self._again(crop, self._last)
        if self._last is None and self._hint is not None:
            sightings = look(self._backend, crop, self._hint, n_faces=1)
            return self._around(crop, sightings[0].box) if sightings else None
        return None

    def survey(self, crop: Crop, *, n_faces: int = 2) -> list[Sighting]:
        """Return what is found in the region and in tiles of it, not yet to be believed."""
        areas = self._search.areas()
        sightings = [s for area in areas for s in look(self._backend, crop, area, n_faces=n_faces)]
        return distinct(sightings, apart=SAME_FACE)

    def choose(
        self, crop: Crop, surveyed: list[Sighting], *, allowed: Callable[[Box], bool] = _anywhere
    ) -> Sighting | None:
        """Pick from a survey the face to follow, confirmed in a crop of its own.

        Of several whose box is `allowed` the one nearest to the last place (or hint) is taken,
        else the largest. Where none is confirmed, the first that was doubtful is returned. The mesh
        given is the one that is seen again where the face was found: laid from a mesh, as all that
        follow are, not from a detection (1.2 % of the interocular distance aside, .5 % so).
        """
        candidates = [sighting for sighting in surveyed if allowed(sighting.box)]
        near = self.place
        candidates.sort(key=lambda s: s.box.distance(near) if near else -s.box.size_px)
        doubtful = None
        for candidate in candidates:
            confirmed = self._around(crop, candidate.box)
            if confirmed is None or not allowed(confirmed.box):
                continue
            area = self._square(confirmed.box)
            if (
                not confirmed.fault
                and confirmed.box.distance(candidate.box) <= SAME_FACE
                and is_same_in_mirror(self._backend, crop, area, confirmed.mesh)
            ):
                settled = self._again(crop, confirmed)
                return settled if settled is not None and not settled.fault else confirmed
            doubtful = doubtful or replace(confirmed, fault=confirmed.fault or "unstable")
        return doubtful

    def accept(self, sighting: Sighting, time_s: float) -> None:
        """Take a sighting as the face; one that is not believed moves nothing."""
        if not sighting.fault:
            self._last, self._seen_s = sighting, time_s

    def step(self, crop: Crop, time_s: float) -> Sighting | None:
        """Look for the face in the next frame: where it was, then in the whole region."""
        sighting = self.held(crop, time_s)
        if sighting is None or sighting.fault:
            sighting = self.choose(crop, self.survey(crop)) or sighting
        if sighting is not None:
            self.accept(sighting, time_s)
        return sighting

    def _around(self, crop: Crop, box: Box) -> Sighting | None:
        sightings = look(self._backend, crop, self._square(box), n_faces=1)
        return sightings[0] if sightings else None

    def _again(self, crop: Crop, last: Sighting) -> Sighting | None:
        landmarks = last.mesh.landmarks
        surround = self._backend.surround(landmarks)
        area = square_around(last.box, enlargement=surround, within=self._region)
        return look_again(self._backend, crop, area, landmarks)

    def _square(self, box: Box) -> Area:
        return square_around(box, enlargement=DETECTED_IN, within=self._region)
