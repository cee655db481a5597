"""Whether the partners keep their places where each has a part, or a recording, of their own.

A layout says who is where and is believed from the start. Video calls give the parts of their
picture to others on the way, show one speaker in all of it, or a screen that is shared; recordings
are cut; two people change seats. Two things tell it: glimpses of the parts, where both change from
one frame to the next, and the colours about the faces. The figures are in ``docs/roles.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.faces.likeness import N_ZONE, unlike
from attunement.faces.parts import GLIMPSE
from attunement.faces.together import BEST_GUESS, BLIND_GUESS
from attunement.schema import PARTNER_OF, PERSONS

Look = tuple[float, NDArray[np.float32]]  # when, and the colours about the face

AS_TOLD, EXCHANGED, UNKNOWN = "as told", "exchanged", "unknown"
# How sure it is whom a part then shows: whom the layout says, the other partner, whom it says.
CONFIDENCE = {AS_TOLD: 1.0, EXCHANGED: BEST_GUESS, UNKNOWN: BLIND_GUESS}
# A part is another picture where this much of its lightness changes (out of 255, mean) and what is
# light and what is dark agree this little: a lamp that goes on changes the first alone.
OTHER_PICTURE = 10.0
OTHER_PATTERN = 0.5
SAME_PATTERN = 0.8
# Nearest colours this much nearer to the other partner's than to one's own, and within what one
# person's keep in (`together.SAME_COLOURS` for nine tenths), are the other partner's.
CLEARLY = 0.1
SAME_COLOURS = 0.2
# Where no frame shows a change, this many looks in a row, at least half a second apart, must agree.
IN_A_ROW = 4
# Looks further apart than this are not of one moment.
_TOGETHER_S = 0.75
_MOST_COLOURS = 40
_FIRST = 3  # as many are kept of whoever the layout shows at first
_NEW = 0.05  # colours that lie nearer than this to kept ones add nothing


@dataclass(frozen=True)
class Stretch:
    """From when on the partners are where.

    Attributes
    ----------
    start_s : float
        Session time.
    state : str
        `AS_TOLD`, `EXCHANGED` or `UNKNOWN`.
    at_once : bool
        Whether it begins with one frame; else some time before the first look that shows it.
    """

    start_s: float
    state: str
    at_once: bool = True


@dataclass(frozen=True)
class Moment:
    """A time at which something is seen: both parts change, or colours of faces."""

    time_s: float
    glimpses: tuple[tuple[NDArray[np.float32], ...], ...] = ()
    colours: dict[str, NDArray[np.float32]] = field(default_factory=dict)


def stretches(tracks: pd.DataFrame) -> list[Stretch]:
    """Return where the partners are, from the tracks of a session of two views.

    Parameters
    ----------
    tracks : pandas.DataFrame
        ``schema.TRACKS`` with the column ``colours`` and, where both views are parts of one
        picture, ``glimpse``.

    Returns
    -------
    list of Stretch
        Ascending in time; empty where both partners keep their places throughout.
    """
    if "colours" not in tracks or not set(PERSONS) <= set(tracks["view"]):
        return []
    return follow_places([*_jumps(tracks), *_looks(tracks)])


def follow_places(moments: Sequence[Moment]) -> list[Stretch]:
    """Return where the partners are, from what is seen at some moments, in any order.

    A recording begins as told. Where both parts of the picture change from one frame to the next,
    the new pictures tell (each is like the other's before, or like its own of some time ago), else
    the colours of the faces that are seen next; until then the places are unknown. Without such a
    frame the places have changed where both partners' colours are the other's for several looks.
    """
    found = [Stretch(-np.inf, AS_TOLD)]
    known = {person: _Gallery() for person in PERSONS}
    pictures: list[tuple[str, tuple[NDArray[np.float32], ...]]] = []
    doubts: list[float] = []
    for moment in sorted(moments, key=lambda one: (one.time_s, not one.glimpses)):
        state = found[-1].state
        if moment.glimpses:
            before, after = moment.glimpses
            if state != UNKNOWN:
                pictures.append((state, before))
            told = _by_pictures(after, pictures)
            doubts = []
            # Before anybody was seen, as behind a title, there is nobody to change places.
            if told != state and any(gallery.kept for gallery in known.values()):
                found.append(Stretch(moment.time_s, told))
            continue
        by_view = {view: _vote(view, seen, known) for view, seen in moment.colours.items()}
        votes = [vote for vote in by_view.values() if vote]
        both = len(votes) == 2 and votes[0] == votes[1]
        if state == UNKNOWN:
            # One partner in the own place will do; one in the other's may be a speaker shown large.
            if both or votes == [AS_TOLD]:
                found[-1] = replace(found[-1], state=votes[0])
        elif both and votes[0] != state:
            doubts.append(moment.time_s)
            if len(doubts) >= IN_A_ROW:
                found.append(Stretch(doubts[0], votes[0], at_once=False))
                doubts = []
        elif votes:
            doubts = []
        if state != UNKNOWN and not doubts:
            for view, seen in moment.colours.items():
                gallery = known[_who(view, state)]
                if by_view[view] == state or len(gallery.kept) < _FIRST:
                    gallery.add(seen)
    return _merged(found)


class _Gallery:
    """The colours that are known of a person."""

    def __init__(self) -> None:
        self.kept: list[NDArray[np.float32]] = []

    def distance(self, colours: NDArray[np.float32]) -> float:
        """Return the distance to the nearest; infinite where too little is known."""
        if not self.kept or np.isfinite(colours).sum() < 2 * N_ZONE:
            return float("inf")
        return min(unlike(colours, one) for one in self.kept)

    def add(self, colours: NDArray[np.float32]) -> None:
        """Keep colours that differ from those that are kept."""
        away = self.distance(colours)
        is_new = not self.kept or away > _NEW
        if np.isfinite(colours).sum() >= 2 * N_ZONE and is_new and len(self.kept) < _MOST_COLOURS:
            self.kept.append(colours)


def _vote(view: str, seen: NDArray[np.float32], known: dict[str, _Gallery]) -> str:
    """Return what the colours of a face in a view say, empty where they say nothing."""
    own_away, other_away = known[view].distance(seen), known[PARTNER_OF[view]].distance(seen)
    if other_away <= SAME_COLOURS and own_away - other_away >= CLEARLY:
        return EXCHANGED
    if own_away <= SAME_COLOURS and other_away - own_away >= CLEARLY:
        return AS_TOLD
    return ""


def _by_pictures(
    after: tuple[NDArray[np.float32], ...],
    pictures: Sequence[tuple[str, tuple[NDArray[np.float32], ...]]],
) -> str:
    """Return what the pictures of both parts are like: those of a stretch that is known."""
    likest, told = SAME_PATTERN, UNKNOWN
    for state, before in pictures:
        straight = min(_pattern(a, b) for a, b in zip(after, before, strict=True))
        across = _across(after, before)
        if max(straight, across) > likest:
            likest = max(straight, across)
            told = state if straight >= across else _opposite(state)
    return told


def _across(after: Sequence[NDArray[np.floating]], before: Sequence[NDArray[np.floating]]) -> float:
    """Return how like each part is to the other one before, as it is or mirrored."""
    pairs = list(zip(after, before[::-1], strict=True))
    crossed = min(_pattern(a, b) for a, b in pairs)
    return max(crossed, min(_pattern(a, _mirrored(b)) for a, b in pairs))


def _jumps(tracks: pd.DataFrame) -> list[Moment]:
    """Return where both parts of one picture become other pictures from one frame to the next."""
    if "glimpse" not in tracks:
        return []
    looked = tracks[~tracks["status"].isin(["excluded", "error"])]
    of = {view: rows.set_index("frame").sort_index() for view, rows in looked.groupby("view")}
    first, second = (of[person] for person in PERSONS)
    shared = first.index.intersection(second.index)
    if not len(shared):
        return []
    first, second = first.loc[shared], second.loc[shared]
    there = np.flatnonzero((first["glimpse"].notna() & second["glimpse"].notna()).to_numpy())
    time_s = first["time_s"].to_numpy(float)
    moments = []
    for before, after in pairwise(there):
        if after != before + 1:
            continue
        pair = tuple(
            (np.asarray(first["glimpse"].iloc[k]), np.asarray(second["glimpse"].iloc[k]))
            for k in (before, after)
        )
        if is_other_picture(pair[0], pair[1]):
            moments.append(Moment(float(time_s[after]), glimpses=pair))
    return moments


def is_other_picture(
    before: Sequence[NDArray[np.floating]], after: Sequence[NDArray[np.floating]]
) -> bool:
    """Return whether both parts show something else than a frame before.

    Two heads in front of two walls may have a pattern in common; then it is another picture where
    each part is more like the other one's before than like its own.
    """
    pairs = list(zip(before, after, strict=True))
    if any(np.abs(np.subtract(a, b, dtype=np.float64)).mean() <= OTHER_PICTURE for a, b in pairs):
        return False
    straight = max(_pattern(a, b) for a, b in pairs)
    return straight < OTHER_PATTERN or _across(after, before) > max(straight, SAME_PATTERN)


def _looks(tracks: pd.DataFrame) -> list[Moment]:
    """Return the colours that are kept, those of both views at one time together."""
    kept = tracks[tracks["colours"].notna()]
    first, second = (
        [
            (float(t), np.asarray(c, np.float32))
            for t, c in zip(of["time_s"], of["colours"], strict=True)
        ]
        for of in (kept[kept["view"] == person].sort_values("time_s") for person in PERSONS)
    )
    return pair_looks(first, second, within_s=_TOGETHER_S)


def pair_looks(first: Sequence[Look], second: Sequence[Look], *, within_s: float) -> list[Moment]:
    """Return looks at the caregiver's view and at the infant's as moments, ascending in time.

    Those that lie no further apart than half of `within_s` are one moment, at the later one's time.
    """
    moments = []
    j = 0
    for time_s, colours in first:
        while j < len(second) and second[j][0] < time_s - within_s / 2:
            moments.append(Moment(second[j][0], colours={PERSONS[1]: second[j][1]}))
            j += 1
        both, when_s = {PERSONS[0]: colours}, time_s
        if j < len(second) and second[j][0] <= time_s + within_s / 2:
            both[PERSONS[1]] = second[j][1]
            when_s = max(time_s, second[j][0])
            j += 1
        moments.append(Moment(when_s, colours=both))
    return moments + [Moment(t, colours={PERSONS[1]: c}) for t, c in second[j:]]


def _pattern(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return the correlation of two glimpses; 0 where one is of one lightness."""
    a, b = (np.asarray(of, np.float64) - np.mean(of) for of in (one, other))
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def _mirrored(glimpse: NDArray[np.floating]) -> NDArray[np.floating]:
    return glimpse.reshape(GLIMPSE[::-1])[:, ::-1].reshape(-1)


def _merged(found: Sequence[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for one in found:
        if not merged or one.state != merged[-1].state:
            merged.append(one)
    return merged if len(merged) > 1 else []


def _who(view: str, state: str) -> str:
    return PARTNER_OF[view] if state == EXCHANGED else view


def _opposite(state: str) -> str:
    return {AS_TOLD: EXCHANGED, EXCHANGED: AS_TOLD}[state]
