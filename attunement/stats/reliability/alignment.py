"""Which event of one coder is which of the other: alignment by dynamic programming."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import ReliabilityError
from attunement.stats.reliability.codes import (
    CODED_BLANK,
    CodedPair,
    CodedSession,
    Events,
    read_pair,
)

Array = NDArray[np.float64]


def align_events(
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    tolerance_s: float = 1.0,
    min_overlap: float | None = 0.8,
    spans: pd.DataFrame | tuple[float, float] | None = None,
    nan_policy: str = "raise",
    labels: Sequence[Any] | None = None,
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Pair the events of two coders, for coders to look at and for `event_kappa` to count.

    Parameters
    ----------
    a, b, spans, nan_policy, labels, missing_values
        As in `time_unit_kappa`, but codes may overlap and need no duration, and ``offset_s`` is
        needed for `min_overlap` only. Events that start outside `spans` are left out.
    tolerance_s : float
        Two events can be the same if their onsets are no further apart than this,
    min_overlap : float or None
        or if they overlap by at least this share of the longer one (None: onsets alone decide).

    Returns
    -------
    DataFrame
        One row an event or pair, by time: session, row_a, row_b (positions in the tables, missing
        where the other coder has no such event), code_a, code_b, onset_a_s, onset_b_s,
        onset_difference_s (b - a), outcome (``agree``, ``disagree``, ``only_a``, ``only_b``).

    Raises
    ------
    ReliabilityError
        As `time_unit_kappa`; also for a tolerance below 0 or a share outside 0 to 1.

    Notes
    -----
    Global alignment in the manner of Needleman & Wunsch, as Quera, Bakeman & Gnisci (2007) brought
    it to observers: events keep each coder's order; a disagreement, an omission and a commission
    cost 1 each, so a disagreement is preferred to two unpaired events. Of the alignments that cost
    least the one with the most agreements is taken, and of those the one whose onsets lie closest.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.reliability import align_events
    >>> codes = ["smile", "cry"]
    >>> a = pd.DataFrame({"onset_s": [1.0, 8.0], "offset_s": [3.0, 9.5], "code": codes})
    >>> b = pd.DataFrame({"onset_s": [1.3, 20.0], "offset_s": [3.0, 22.0], "code": codes})
    >>> print(align_events(a, b)[["code_a", "code_b", "onset_difference_s", "outcome"]])
      code_a code_b  onset_difference_s outcome
    0  smile  smile                 0.3   agree
    1    cry    NaN                 NaN  only_a
    2    NaN    cry                 NaN  only_b
    """
    check_alignment(tolerance_s, min_overlap)
    pair = read_pair(
        a,
        b,
        spans=spans,
        groups=None,
        nan_policy=nan_policy,
        need_offsets=min_overlap is not None,
        labels=labels,
        missing_values=missing_values,
    )
    parts = []
    for session in pair.sessions:
        events_a, events_b, _ = comparable_events(session)
        pairs = pair_events(events_a, events_b, tolerance_s, min_overlap)
        parts.append(_as_table(session.session, events_a, events_b, pairs, pair))
    return pd.concat(parts, ignore_index=True)


def check_alignment(tolerance_s: float, min_overlap: float | None) -> None:
    """Raise unless the options of an alignment make sense."""
    if not (np.isfinite(tolerance_s) and tolerance_s >= 0):
        raise ReliabilityError(f"tolerance_s must be 0 or more; found {tolerance_s!r}.")
    if min_overlap is not None and not 0 < min_overlap <= 1:
        raise ReliabilityError(
            f"min_overlap must be above 0 and at most 1, or None; found {min_overlap!r}."
        )


def comparable_events(session: CodedSession) -> tuple[Events, Events, int]:
    """Return both coders' events that the other could have coded, and how many are left out.

    Left out: events that start outside the session's span, that have no code, and that start while
    the other coder could not code.
    """
    kept = []
    n_left_out = 0
    for own, other in ((session.a, session.b), (session.b, session.a)):
        inside = (own.onset_s >= session.start_s) & (own.onset_s <= session.end_s)
        inside &= own.code != CODED_BLANK
        for blank in np.flatnonzero(other.code == CODED_BLANK):
            start, end = other.onset_s[blank], other.offset_s[blank]
            inside &= ~((own.onset_s >= start) & (own.onset_s < end))
        kept.append(own.pick(inside))
        n_left_out += int((~inside).sum())
    return kept[0], kept[1], n_left_out


def pair_events(
    a: Events, b: Events, tolerance_s: float, min_overlap: float | None
) -> NDArray[np.int64]:
    """Return the alignment as rows (place in a, place in b) by time; -1 for no counterpart."""
    n, m = len(a.onset_s), len(b.onset_s)
    apart = np.abs(np.subtract.outer(a.onset_s, b.onset_s))
    allowed = apart <= tolerance_s + 1e-9
    if min_overlap is not None:
        shared = np.minimum.outer(a.offset_s, b.offset_s) - np.maximum.outer(a.onset_s, b.onset_s)
        longer = np.maximum.outer(a.offset_s - a.onset_s, b.offset_s - b.onset_s)
        allowed |= (shared > 0) & (shared >= (min_overlap - 1e-9) * longer)
    same = np.equal.outer(a.code, b.code)
    # One number orders alignments by cost, then agreements, then distance of onsets: each term is
    # scaled so that its sum over an alignment stays under the least step of the one before.
    least = 0.5 / (min(n, m) + 1)
    far = float(apart[allowed].max()) if allowed.any() else 0.0
    price = np.where(same, -least, 1.0) + apart * (least / (2 * (min(n, m) * far + 1)))
    price = np.where(allowed, price, np.inf)
    across = np.arange(m + 1, dtype=float)
    best = across.copy()
    from_pair = np.zeros((n, m + 1), dtype=bool)
    from_left = np.zeros((n, m + 1), dtype=bool)
    for i in range(n):
        paired = np.concatenate([[np.inf], best[:-1] + price[i]])
        entry = np.minimum(best + 1, paired)
        from_pair[i] = paired <= best + 1
        # Each cell may be reached from any cell to its left at 1 a step: a running minimum.
        level = entry - across
        running = np.minimum.accumulate(level)
        from_left[i] = running < level
        best = np.where(from_left[i], running + across, entry)
    steps = []
    i, j = n, m
    while i or j:
        if i == 0 or (j and from_left[i - 1, j]):
            j -= 1
            steps.append((-1, j))
        elif from_pair[i - 1, j]:
            i, j = i - 1, j - 1
            steps.append((i, j))
        else:
            i -= 1
            steps.append((i, -1))
    return np.array(steps[::-1], dtype=np.int64).reshape(-1, 2)


def _as_table(
    session: str, a: Events, b: Events, pairs: NDArray[np.int64], pair: CodedPair
) -> pd.DataFrame:
    has_a, has_b = pairs[:, 0] >= 0, pairs[:, 1] >= 0
    columns = {}
    for name, events, has, places in (("a", a, has_a, pairs[:, 0]), ("b", b, has_b, pairs[:, 1])):
        rows = np.full(len(pairs), -1, dtype=np.int64)
        rows[has] = events.row[places[has]]
        onset = np.full(len(pairs), np.nan)
        onset[has] = events.onset_s[places[has]]
        codes = np.full(len(pairs), None, dtype=object)
        codes[has] = [pair.labels[code] for code in events.code[places[has]]]
        columns[name] = (pd.array(rows, dtype="Int64"), codes, onset)
        columns[name][0][~has] = pd.NA
    (row_a, code_a, onset_a), (row_b, code_b, onset_b) = columns["a"], columns["b"]
    both = has_a & has_b
    agree = both & (code_a == code_b)
    outcome = np.select([agree, both, has_a], ["agree", "disagree", "only_a"], "only_b")
    table = pd.DataFrame(
        {
            "session": pd.Series([session] * len(pairs), dtype="str"),
            "row_a": row_a,
            "row_b": row_b,
            "code_a": code_a,
            "code_b": code_b,
            "onset_a_s": onset_a,
            "onset_b_s": onset_b,
            "onset_difference_s": onset_b - onset_a,
            "outcome": pd.Series(outcome, dtype="str"),
        }
    )
    order = np.argsort(np.fmin(onset_a, onset_b), kind="stable")
    return table.iloc[order].reset_index(drop=True)
