"""Tracks that run on from one span of a recording to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.faces.areas import Box
from attunement.faces.likeness import unlike
from attunement.faces.reach import NEW_COLOURS, Pose, can_be_same
from attunement.faces.track_rows import BOTH, NO_TRACK
from attunement.faces.tracking import REMEMBER_S
from attunement.schema import BOX, POSE


@dataclass(frozen=True)
class _End:
    """Where a track begins or ends in a span."""

    track: int
    time_s: float
    box: Box
    pose_deg: Pose
    colours: NDArray[np.float32]


def link_spans(parts: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Give the tracks of a view of both numbers that go on over the boundaries of spans.

    A track goes on where one track alone ends and one alone begins within what a head can do in
    the time between, with the same colours about it; otherwise another number begins.

    Parameters
    ----------
    parts : sequence of pandas.DataFrame
        ``schema.TRACKS`` of spans, in any order; tables without a view of both are left as are.

    Returns
    -------
    list of pandas.DataFrame
        The same tables in order of time, with numbers that are unique in the session.
    """
    shared = [len(part) > 0 and part["view"].iloc[0] == BOTH for part in parts]
    linked = [part for part, is_shared in zip(parts, shared, strict=True) if not is_shared]
    spans = [part for part, is_shared in zip(parts, shared, strict=True) if is_shared]
    ends: list[_End] = []
    n_tracks = 0
    for part in sorted(spans, key=lambda part: part["frame"].min()):
        begins = _ends(part, last=False)
        numbers = _continued(ends, begins)
        for begin in begins:
            if begin.track not in numbers:
                numbers[begin.track] = n_tracks
                n_tracks += 1
        track = part["track"].map({NO_TRACK: NO_TRACK, **numbers}).astype("int64")
        part = part.assign(track=track)
        ends = _ends(part, last=True)
        linked.append(part)
    return linked


def _continued(ends: Sequence[_End], begins: Sequence[_End]) -> dict[int, int]:
    """Return, by track of the later span, the track of the earlier span that it goes on."""
    possible = [[_goes_on(end, begin) for begin in begins] for end in ends]
    return {
        begin.track: end.track
        for k, end in enumerate(ends)
        for j, begin in enumerate(begins)
        if possible[k][j] and sum(possible[k]) == 1 and sum(row[j] for row in possible) == 1
    }


def _goes_on(end: _End, begin: _End) -> bool:
    away_s = begin.time_s - end.time_s
    return (
        0 < away_s <= REMEMBER_S
        and can_be_same(end.box, begin.box, end.pose_deg, begin.pose_deg, away_s=away_s)
        and unlike(end.colours, begin.colours) <= NEW_COLOURS
    )


def _ends(part: pd.DataFrame, *, last: bool) -> list[_End]:
    """Return the first or last believed face of every track, in order of the tracks."""
    ends = []
    for track, rows in part[part["status"] == "ok"].groupby("track", sort=True):
        row = rows.iloc[-1 if last else 0]
        kept = rows["colours"].dropna()
        ends.append(
            _End(
                int(track),
                float(row["time_s"]),
                Box(*(float(row[name]) for name in BOX)),
                tuple(float(row[name]) for name in POSE),
                np.asarray(kept.iloc[-1 if last else 0], np.float32),
            )
        )
    return ends
