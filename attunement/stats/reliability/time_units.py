"""Time-unit kappa: what two coders said of every unit of time, with and without tolerance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import ReliabilityError
from attunement.stats.reliability.codes import CODED_BLANK, CodedSession, Events, read_pair
from attunement.stats.reliability.kappa import ONE_LABEL, kappa_value
from attunement.stats.reliability.resampling import jackknife
from attunement.stats.reliability.results import check_share, result_table

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

ROUNDING_S = 1e-3  # of printed times; codes that overlap by no more than this follow each other
ONE_SESSION = "no interval: time within a session is not independent, so several are needed"


def time_unit_kappa(
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    unit_s: float = 1.0,
    tolerance_s: float = 0.0,
    spans: pd.DataFrame | tuple[float, float] | None = None,
    groups: str | None = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    labels: Sequence[Any] | None = None,
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Cohen's kappa over units of time, plain and with a tolerance.

    Parameters
    ----------
    a, b : DataFrame
        One coder's codes of one person each: ``onset_s``, ``offset_s``, ``code``, and ``session``
        where there are several. Codes of a coder must not overlap (a millisecond is rounding).
        Time without a code is a category of its own. A missing ``code`` marks time that the coder
        could not code.
    unit_s : float
        Length of a unit; its code is the one at its middle.
    tolerance_s : float
        Units agree if the other coder gave the same code no further away than this.
    spans : DataFrame (session, start_s, end_s) or (start_s, end_s), optional
        What both coded. Default: from the first onset to the last offset of either coder. A session
        in which a coder found nothing has to be named here, or it counts as not coded.
    groups : str, optional
        Column with the dyad (family) of a session, the same for all its rows. Default: sessions.
    confidence : float
        Of the intervals.
    nan_policy : {"raise", "omit"}
        What to do about rows without code and sessions that one coder lacks: an error, or leave
        those units out (``n_left_out``) and those sessions (``n_sessions_left_out``).
    labels : sequence, optional
        The complete set of codes; a code outside it is an error.
    missing_values : sequence, optional
        Codes that mean that the coder could not code. Without it, what looks like one (``NA``,
        ``.``, ``?``) is asked for; an empty list says that there is none.

    Returns
    -------
    DataFrame
        ``time_unit_kappa`` and, with a tolerance, ``time_unit_kappa_tolerance_a``, ``..._b`` and
        their mean ``time_unit_kappa_tolerance``. Columns: term, estimate, std_error, ci_low,
        ci_high, statistic, df, p, n_targets (units), n_raters, n_sessions, n_groups, n_left_out,
        n_sessions_left_out, reason. Intervals are from leaving out one session (group) at a time;
        with one there is none, because neighbouring units are not independent.

    Raises
    ------
    ReliabilityError
        For lacking columns, codes that overlap or have no duration, times out of order, spans
        shorter than a unit, and what `nan_policy` refuses.

    Notes
    -----
    Bakeman, Quera & Gnisci (2009). Tolerance _a: a unit counts as agreement if a's code of that
    unit is among b's codes within the tolerance, else as what both said at that unit; _b the other
    way round. Report it with an event-based kappa (`timed_agreement` gives both).

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.reliability import time_unit_kappa
    >>> codes = ["smile", "cry", "smile", "cry"]
    >>> a = pd.DataFrame({"onset_s": [1, 8, 15, 30], "offset_s": [3, 10, 18, 33], "code": codes})
    >>> b = pd.DataFrame({"onset_s": [1, 8, 16, 30], "offset_s": [3, 10, 18, 33], "code": codes})
    >>> row = time_unit_kappa(a, b, spans=(0, 40)).loc[0]
    >>> print(row["term"], round(float(row["estimate"]), 2), "of", int(row["n_targets"]), "seconds")
    time_unit_kappa 0.94 of 40 seconds
    """
    confidence = check_share(confidence, "confidence")
    _check_times(unit_s, tolerance_s)
    pair = read_pair(
        a,
        b,
        spans=spans,
        groups=groups,
        nan_policy=nan_policy,
        need_offsets=True,
        labels=labels,
        missing_values=missing_values,
    )
    reach = int(np.floor(tolerance_s / unit_s + 1e-9))
    tallies = np.zeros((3, len(pair.sessions), len(pair.labels) + 1, len(pair.labels) + 1))
    n_left_out = 0
    for i, session in enumerate(pair.sessions):
        said_a, said_b = unit_codes(session, unit_s, uncoded=len(pair.labels))
        known = (said_a != CODED_BLANK) & (said_b != CODED_BLANK)
        n_left_out += int((~known).sum())
        near_a, near_b = _within(said_a, said_b, reach), _within(said_b, said_a, reach)
        for tally, first, second in (
            (tallies[0, i], said_a, said_b),
            (tallies[1, i], said_a, np.where(near_a, said_a, said_b)),
            (tallies[2, i], np.where(near_b, said_b, said_a), said_b),
        ):
            np.add.at(tally, (first[known], second[known]), 1)
    places = pair.group_places()
    common = {
        "n_targets": int(tallies[0].sum()),
        "n_raters": 2,
        "n_sessions": len(pair.sessions),
        "n_groups": int(places.max()) + 1,
        "n_left_out": n_left_out,
        "n_sessions_left_out": pair.n_sessions_left_out,
    }
    wanted = {"time_unit_kappa": [0]}
    if reach:
        wanted |= {
            "time_unit_kappa_tolerance": [1, 2],
            "time_unit_kappa_tolerance_a": [1],
            "time_unit_kappa_tolerance_b": [2],
        }
    return result_table(
        [
            {"term": term, **_row(tallies[which], places, confidence), **common}
            for term, which in wanted.items()
        ]
    )


def unit_codes(session: CodedSession, unit_s: float, *, uncoded: int) -> tuple[Whole, Whole]:
    """Return both coders' code at the middle of every whole unit of a session."""
    n = int(np.floor((session.end_s - session.start_s) / unit_s + 1e-9))
    if n < 1:
        raise ReliabilityError(
            f"Session {session.session!r} spans {session.end_s - session.start_s:g} s, less than "
            f"a unit of {unit_s:g} s."
        )
    middle = session.start_s + unit_s * np.arange(0.5, n, dtype=np.float64)
    said_a, said_b = (
        _code_at(events, middle, session.session, uncoded) for events in (session.a, session.b)
    )
    return said_a, said_b


def _check_times(unit_s: float, tolerance_s: float) -> None:
    if not (np.isfinite(unit_s) and unit_s > 0):
        raise ReliabilityError(f"unit_s must be above 0; found {unit_s!r}.")
    if not (np.isfinite(tolerance_s) and tolerance_s >= 0):
        raise ReliabilityError(f"tolerance_s must be 0 or more; found {tolerance_s!r}.")
    if 0 < tolerance_s < unit_s * (1 - 1e-9):
        raise ReliabilityError(
            f"tolerance_s ({tolerance_s:g}) is shorter than a unit ({unit_s:g}) and would do "
            "nothing.",
            "Shorten unit_s, or widen the tolerance.",
        )


def _code_at(events: Events, time_s: Array, session: str, uncoded: int) -> Whole:
    if (events.offset_s <= events.onset_s).any():
        first = float(events.onset_s[events.offset_s <= events.onset_s][0])
        raise ReliabilityError(
            f"The code at {first:g} s of session {session!r} has no duration, so it fills no unit.",
            "Compare events without duration with event_kappa.",
        )
    clash = np.flatnonzero(events.onset_s[1:] < events.offset_s[:-1] - ROUNDING_S)
    if len(clash):
        raise ReliabilityError(
            f"Codes of one coder overlap in session {session!r} at "
            f"{events.onset_s[clash[0] + 1]:g} s.",
            "Compare one set of mutually exclusive codes at a time.",
        )
    if not len(events.onset_s):
        return np.full(len(time_s), uncoded, dtype=np.int64)
    place = np.searchsorted(events.onset_s, time_s, side="right") - 1
    inside = (place >= 0) & (time_s < events.offset_s[place])
    return np.where(inside, events.code[place], uncoded)


def _within(own: Whole, other: Whole, reach: int) -> NDArray[np.bool_]:
    """Return whether each unit's own code is the other coder's up to `reach` units away."""
    agree = own == other
    for shift in range(1, min(reach, len(own) - 1) + 1):
        agree[:-shift] |= own[:-shift] == other[shift:]
        agree[shift:] |= own[shift:] == other[:-shift]
    return agree


def _row(tallies: Array, places: Whole, confidence: float) -> dict[str, Any]:
    """Return the mean kappa of the tallies (versions, sessions, k, k) with its interval."""

    def mean_kappa(kept: NDArray[np.bool_]) -> float:
        return float(np.mean([kappa_value(t[kept].sum(axis=0), None) for t in tallies]))

    estimate = mean_kappa(np.ones(len(places), dtype=bool))
    if not np.isfinite(estimate):
        return {"reason": ONE_LABEL}
    n_groups = int(places.max()) + 1
    if n_groups < 2:
        return {"estimate": estimate, "reason": ONE_SESSION}
    figures = jackknife(
        estimate, lambda i: mean_kappa(places != i), n_groups, confidence=confidence
    )
    return {"estimate": estimate, **figures}
