"""Following the partners of one source from look to look, and finding them at the start."""

import time
from collections.abc import Sequence
from math import inf, nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attunement.checking.footage import Footage
from attunement.checking.pair import PairFollower
from attunement.checking.who import start_area
from attunement.faces.areas import Area, Box
from attunement.faces.backends.protocol import Backend
from attunement.faces.likeness import nose_length
from attunement.faces.plan import track_of
from attunement.faces.together import HINT_WITHIN_S
from attunement.faces.track_rows import Rows
from attunement.faces.tracking import SAME_FACE, Follower, Sighting, look
from attunement.video import Frame, read_frames

# Where a picture shows both and nothing tells who is where at first, the first faces are looked for
# this often and this long; a run takes a starting region for those of the first two seconds.
_START_EVERY_S, _START_FOR_S = 0.5, 30.0


class Observer:
    """Follows the partners of one source from look to look.

    Attributes
    ----------
    rows : list of Rows
        What was seen of each, a row a look.
    faults : list of list of str
        Why a mesh is not believed, by partner and look.
    """

    def __init__(self, footage: Footage, backend: Backend) -> None:
        task = footage.tasks[0]
        self._backend = backend
        self._task = task
        self.rows = [Rows(task.session, w.person, keep_landmarks=False) for w in task.watched]
        self.faults: list[list[str]] = [[] for _ in task.watched]
        self._company = dict.fromkeys((w.region for w in task.watched), 0)
        self._n_company_looks = 0
        self._seconds: list[float] = []
        info = footage.info
        self._whole: Area | None = (0, 0, info.width_px, info.height_px) if info else None
        self._found = [False for _ in task.watched]
        self._outside: list[list[Box]] = [[] for _ in task.watched]
        self._starts: list[Area | None] = [None for _ in task.watched]
        self._noses: list[list[float]] = [[] for _ in task.watched]
        hints = [w.hint for w in task.watched]
        self._hinted = any(hint is not None for hint in hints)
        if task.together:
            self._pair = PairFollower(backend, task.watched[0].region, (hints[0], hints[1]))
        else:
            self._followers = [Follower(backend, w.region, w.hint) for w in task.watched]

    def step(self, frame: Frame) -> list[Sighting | None]:
        """Return who is seen in the next look, in the order of the partners, and keep it."""
        start = time.perf_counter()
        # Every look has the time 0, so that no place is ever too long ago to look at first.
        if self._task.together:
            sightings: list[Sighting | None] = list(self._pair.step(frame.crop, 0.0))
        else:
            sightings = [follower.step(frame.crop, 0.0) for follower in self._followers]
        self._seconds.append(time.perf_counter() - start)
        time_s = self._task.session_s(frame.time_s)
        for k, (watched, sighting) in enumerate(zip(self._task.watched, sightings, strict=True)):
            self.faults[k].append(sighting.fault if sighting else "")
            if sighting is not None and not sighting.fault:
                self._found[k] = True
                self._noses[k].append(nose_length(sighting.mesh))
            if sighting is None:
                self.rows[k].add_blank(frame.index, time_s, "no_face")
            else:
                track = track_of(watched.person)
                self.rows[k].add(frame.index, time_s, sighting, track=track, scale=frame.scale)
        return sightings

    def count_company(self, frame: Frame) -> None:
        """Count whether a region shows more believable faces than partners."""
        self._n_company_looks += 1
        for region in self._company:
            expected = sum(w.region == region for w in self._task.watched)
            sightings = look(self._backend, frame.crop, region, n_faces=expected + 1)
            apart: list[Sighting] = []
            for sighting in sightings:
                if not sighting.fault and all(
                    sighting.box.distance(other.box) > SAME_FACE for other in apart
                ):
                    apart.append(sighting)
            self._company[region] += len(apart) > expected
        for k, is_found in enumerate(self._found):
            if self._whole is not None and not is_found:
                self._look_elsewhere(frame, k, self._whole)

    def _look_elsewhere(self, frame: Frame, k: int, whole: Area) -> None:
        """Keep where faces are that lie in nobody's region, while none is found in one's own."""
        for sighting in look(self._backend, frame.crop, whole, n_faces=3):
            middle = sighting.box.middle
            if not sighting.fault and not any(_holds(w.region, middle) for w in self._task.watched):
                self._outside[k].append(sighting.box)

    def outside(self, k: int) -> Area | None:
        """Return where a face is seen that lies in nobody's region, where one's own has none."""
        if self._whole is None or self._found[k]:
            return None
        return start_area(self._outside[k][:1], self._whole)

    def company(self, k: int) -> tuple[int, int]:
        """Return in how many looks a partner has company, and at how many that was asked."""
        return self._company[self._task.watched[k].region], self._n_company_looks

    def begin(
        self, videos: Sequence[Path]
    ) -> tuple[NDArray[np.uint8], list[Sighting | None]] | None:
        """Find both faces at the start, the left or upper one first, and keep where they are.

        Returns the first picture that shows a face and who was seen in it; None where nobody is
        seen in the first half minute.
        """
        boxes: list[list[Box]] = [[], []]
        kept: tuple[NDArray[np.uint8], list[Sighting | None]] | None = None
        first_s, due_s = inf, 0.0
        turn_deg = self._task.rotation_deg
        for frame in read_frames(videos, end_s=_START_FOR_S, rotation_deg=turn_deg):
            if frame.time_s > first_s + HINT_WITHIN_S:
                break
            if frame.time_s < due_s:
                continue
            due_s = frame.time_s + _START_EVERY_S
            sightings: list[Sighting | None] = list(self._pair.step(frame.crop, 0.0))
            for k, sighting in enumerate(sightings):
                if sighting is not None and not sighting.fault:
                    boxes[k].append(sighting.box)
                    first_s = min(first_s, frame.time_s)
            n_seen = sum(s is not None and not s.fault for s in sightings)
            if n_seen and (kept is None or n_seen > sum(s is not None for s in kept[1])):
                kept = frame.rgb(), sightings
        if all(boxes) and not self._hinted and _is_after(boxes[0][0], boxes[1][0]):
            boxes.reverse()
            self._pair.exchange()
            kept = (kept[0], kept[1][::-1]) if kept else None
        whole = self._task.watched[0].region
        self._starts = [start_area(of, whole) for of in boxes]
        return kept

    def starts(self) -> list[Area | None]:
        """Return where each face is at the start, as far as `begin` has found it."""
        return self._starts

    def noses(self) -> list[float]:
        """Return the median length of the nose of each, missing where never seen frontal."""
        return [float(np.nanmedian(of)) if np.isfinite(of).any() else nan for of in self._noses]

    def mean_step_s(self) -> float:
        """Return the mean time of a look; the first ones warm up."""
        times = self._seconds[2:] or self._seconds
        return float(np.mean(times)) if times else 0.0


def _is_after(one: Box, other: Box) -> bool:
    """Return whether a face is right of another, or below one that it stands over."""
    (x, y), (u, v) = one.middle, other.middle
    return x > u if abs(x - u) >= abs(y - v) else y > v


def _holds(area: Area, point: tuple[float, float]) -> bool:
    (left, top, width, height), (x, y) = area, point
    return left <= x <= left + width and top <= y <= top + height
