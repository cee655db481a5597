"""Everyone in one picture: tracks that end where it is no longer sure whom they follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from attunement.faces.areas import Area
from attunement.faces.backends.protocol import Backend
from attunement.faces.geometry import pose_deg
from attunement.faces.likeness import colours, unlike
from attunement.faces.reach import NEW_COLOURS, can_be_same, reach_sizes
from attunement.faces.tracking import REMEMBER_S, SAME_FACE, Crop, Follower, Sighting
from attunement.video import Part
from attunement.video.planes import resize_by_area

MAX_FACES = 5
SURVEY_EVERY_S = 0.5  # how often newcomers are looked for while both partners are seen
COLOURS_EVERY_S = 0.5
# Two faces this near may be taken for each other when one of them is not seen.
MEETING_SIZES = 0.75
# A face goes on as its own only where the other way round would be this much further.
CLEARLY_NEARER = 2.0
# Mean change of lightness of a small picture of the whole, out of 255, at a cut of the camera.
CUT = 20.0
_THUMBNAIL = (32, 24)


@dataclass(frozen=True)
class Tracked:
    """A face of a frame: its track, and the colours about it where they are kept."""

    track: int
    sighting: Sighting
    colours: NDArray[np.float32] | None


@dataclass
class _Live:
    """A track that may go on."""

    number: int
    follower: Follower
    last: Sighting
    seen_s: float
    colours: NDArray[np.float32]
    kept_s: float = float("-inf")

    def reach(self, time_s: float) -> float:
        """Return how far the face may have gone, in face sizes."""
        return reach_sizes(time_s - self.seen_s)


class People:
    """Follows everyone in a region and says who is still the same.

    A track goes on only while nothing else can be meant: the face is found again within what a
    head can do in the time, no other track is as near, its colours have not changed at once, and
    the picture was not cut. Otherwise the track ends and another begins; whose the tracks are is
    another matter (`attunement.faces.roles`).

    Parameters
    ----------
    backend : Backend
        Finds the faces.
    region : tuple of int
        x, y, width, height of the picture.
    """

    def __init__(self, backend: Backend, region: Area) -> None:
        self._backend = backend
        self._region = region
        self._finder = Follower(backend, region)
        self._live: list[_Live] = []
        self._n_tracks = 0
        self._surveyed_s = float("-inf")
        self._thumbnail: NDArray[np.int16] | None = None

    def step(self, crop: Crop, time_s: float) -> list[Tracked]:
        """Return the faces of the next frame, believed or not, in order of their tracks."""
        if self._is_cut(crop):
            self._live = []
        self._live = [one for one in self._live if time_s - one.seen_s <= REMEMBER_S]
        seen = self._look(crop, time_s)
        believed = [s for s in seen if not s.fault]
        doubtful = [s for s in seen if s.fault]
        tints = [colours(crop, s.mesh, self._region) for s in believed]
        tracked = [
            self._tracked(track, sighting, tint, time_s)
            for track, sighting, tint in zip(
                self._settle(believed, tints, time_s), believed, tints, strict=True
            )
        ]
        for sighting in doubtful:
            # A mesh that is not believed is shown with the track it may belong to.
            near = [
                one
                for one in self._live
                if one.seen_s < time_s and sighting.box.distance(one.last.box) <= SAME_FACE
            ]
            if len(near) == 1:
                tracked.append(Tracked(near[0].number, sighting, None))
        return sorted(tracked, key=lambda one: one.track)

    def _is_cut(self, crop: Crop) -> bool:
        picture = crop(self._region)
        if isinstance(picture, Part):
            small = picture.shrink(*_THUMBNAIL)
        else:
            small = resize_by_area(picture, *_THUMBNAIL)
        before, self._thumbnail = self._thumbnail, small.astype(np.int16)
        return before is not None and bool(np.abs(self._thumbnail - before).mean() > CUT)

    def _look(self, crop: Crop, time_s: float) -> list[Sighting]:
        """Return the distinct faces: where tracks were, and now and then anywhere."""
        held = [one.follower.held(crop, time_s) for one in self._live]
        seen = _distinct([s for s in held if s is not None])
        n_believed = sum(not s.fault for s in seen)
        is_due = time_s - self._surveyed_s >= SURVEY_EVERY_S
        if n_believed < 2 or n_believed < len(self._live) or is_due:
            self._surveyed_s = time_s
            for surveyed in self._finder.survey(crop, n_faces=MAX_FACES):
                if any(not s.fault and s.box.distance(surveyed.box) <= SAME_FACE for s in seen):
                    continue
                confirmed = self._finder.choose(crop, [surveyed])
                if confirmed is not None:
                    seen = _distinct([*seen, confirmed])
        return seen

    def _settle(
        self, seen: Sequence[Sighting], tints: Sequence[NDArray[np.float32]], time_s: float
    ) -> list[_Live]:
        """Return the track of every face, ending those that are no longer sure."""
        costs = np.array(
            [[self._cost(one, s, time_s) for s in seen] for one in self._live], float
        ).reshape(len(self._live), len(seen))
        pairs = _nearest_pairs(costs)
        ended: set[int] = set()
        for a, b in combinations(range(len(self._live)), 2):
            if self._is_ambiguous(a, b, pairs, seen, time_s):
                ended |= {a, b}
        for k, j in pairs.items():
            if unlike(self._live[k].colours, tints[j]) > NEW_COLOURS:
                ended.add(k)
        by_face = {j: self._live[k] for k, j in pairs.items() if k not in ended}
        self._live = [one for k, one in enumerate(self._live) if k not in ended]
        return [by_face.get(j) or self._begin(s, tints[j], time_s) for j, s in enumerate(seen)]

    def _cost(self, one: _Live, sighting: Sighting, time_s: float) -> float:
        """Return the distance in face sizes, infinite beyond what a head can do."""
        before, after = one.last, sighting
        poses = (pose_deg(before.mesh.rotation), pose_deg(after.mesh.rotation))
        away_s = time_s - one.seen_s
        if not can_be_same(before.box, after.box, *poses, away_s=away_s):
            return float("inf")
        return after.box.distance(before.box)

    def _is_ambiguous(
        self, a: int, b: int, pairs: dict[int, int], seen: Sequence[Sighting], time_s: float
    ) -> bool:
        """Return whether two tracks may have been taken for each other."""
        one, other = self._live[a], self._live[b]
        if a in pairs and b in pairs:
            own = [seen[pairs[k]].box for k in (a, b)]
            straight = own[0].distance(one.last.box) + own[1].distance(other.last.box)
            crossed = own[0].distance(other.last.box) + own[1].distance(one.last.box)
            within = own[0].distance(other.last.box) <= other.reach(time_s) and own[1].distance(
                one.last.box
            ) <= one.reach(time_s)
            return within and crossed < CLEARLY_NEARER * straight
        if a in pairs or b in pairs:
            hidden = other if a in pairs else one
            box = seen[pairs[a if a in pairs else b]].box
            return box.distance(hidden.last.box) < MEETING_SIZES
        return False

    def _begin(self, sighting: Sighting, tint: NDArray[np.float32], time_s: float) -> _Live:
        follower = Follower(self._backend, self._region)
        made = _Live(self._n_tracks, follower, sighting, time_s, tint)
        self._n_tracks += 1
        self._live.append(made)
        return made

    def _tracked(
        self, one: _Live, sighting: Sighting, tint: NDArray[np.float32], time_s: float
    ) -> Tracked:
        one.follower.accept(sighting, time_s)
        one.last, one.seen_s = sighting, time_s
        known = np.isfinite(tint)
        one.colours = np.where(known, tint, one.colours)
        is_due = time_s - one.kept_s >= COLOURS_EVERY_S
        if is_due:
            one.kept_s = time_s
        return Tracked(one.number, sighting, tint if is_due else None)


def _distinct(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Return one sighting of every face, believed ones before others."""
    kept: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda s: bool(s.fault)):
        if all(sighting.box.distance(other.box) > SAME_FACE for other in kept):
            kept.append(sighting)
    return kept


def _nearest_pairs(costs: NDArray[np.float64]) -> dict[int, int]:
    """Return which face each track goes on with: the pairs with the least distance first."""
    pairs: dict[int, int] = {}
    for place in np.argsort(costs, axis=None, kind="stable"):
        k, j = divmod(int(place), costs.shape[1])
        if np.isfinite(costs[k, j]) and k not in pairs and j not in pairs.values():
            pairs[k] = j
    return pairs
