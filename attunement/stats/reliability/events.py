"""Event-based kappa: agreement on events found in the stream, with those that one coder missed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.stats.reliability.alignment import (
    check_alignment,
    comparable_events,
    pair_events,
)
from attunement.stats.reliability.codes import read_pair
from attunement.stats.reliability.resampling import jackknife
from attunement.stats.reliability.results import check_share, result_table, stack_tables
from attunement.stats.reliability.time_units import ONE_SESSION, time_unit_kappa

Array = NDArray[np.float64]


def event_kappa(
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    tolerance_s: float = 1.0,
    min_overlap: float | None = 0.8,
    spans: pd.DataFrame | tuple[float, float] | None = None,
    groups: str | None = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    labels: Sequence[Any] | None = None,
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Kappa over the events of two coders, aligned by dynamic programming.

    Parameters
    ----------
    a, b, tolerance_s, min_overlap, spans, nan_policy, labels, missing_values
        As in `align_events`.
    groups, confidence
        As in `time_unit_kappa`.

    Returns
    -------
    DataFrame
        ``event_kappa`` and ``event_agreement`` (share of all tallies that are agreements). Columns:
        term, estimate, std_error, ci_low, ci_high, statistic, df, p, n_targets (tallies: pairs and
        unpaired events), n_raters, n_sessions, n_groups, n_agree, n_disagree, n_only_a, n_only_b,
        n_left_out (events), n_sessions_left_out, reason. Intervals as in `time_unit_kappa`. Kappa
        is missing, with a reason, where one code is all there is: what is expected by chance then
        equals what is observed.

    Raises
    ------
    ReliabilityError
        As `align_events`.

    Notes
    -----
    Pairs are tallied by code of a and code of b; an event without counterpart is paired with "nil".
    That both coders find nothing cannot be counted, so the nil-nil cell is a structural zero and
    the expected counts are those of quasi-independence, to which iterative proportional fitting
    converges (Bakeman, Quera & Gnisci 2009). For this one zero they have a closed form, used here:
    with N tallies, row totals r, column totals c, nil totals r0 and c0, e_ij = r_i c_j
    (N - r0 - c0) / ((N - r0)(N - c0)) for codes i and j.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.reliability import event_kappa
    >>> codes = ["smile", "cry", "smile", "cry"]
    >>> a = pd.DataFrame({"onset_s": [1, 8, 15, 30], "offset_s": [3, 9, 18, 33], "code": codes})
    >>> b = pd.DataFrame({"onset_s": [1, 8, 15, 24], "offset_s": [3, 9, 18, 27], "code": codes})
    >>> row = event_kappa(a, b, spans=(0, 40)).loc[0]
    >>> print(row["term"], round(float(row["estimate"]), 2), "of", int(row["n_agree"]), "pairs")
    event_kappa 0.43 of 3 pairs
    """
    confidence = check_share(confidence, "confidence")
    check_alignment(tolerance_s, min_overlap)
    pair = read_pair(
        a,
        b,
        spans=spans,
        groups=groups,
        nan_policy=nan_policy,
        need_offsets=min_overlap is not None,
        labels=labels,
        missing_values=missing_values,
    )
    nil = len(pair.labels)
    tallies = np.zeros((len(pair.sessions), nil + 1, nil + 1))
    n_left_out = 0
    for tally, session in zip(tallies, pair.sessions, strict=True):
        events_a, events_b, n_out = comparable_events(session)
        n_left_out += n_out
        pairs = pair_events(events_a, events_b, tolerance_s, min_overlap)
        # Place -1, no counterpart, picks the nil that ends the list.
        codes_a, codes_b = np.append(events_a.code, nil), np.append(events_b.code, nil)
        np.add.at(tally, (codes_a[pairs[:, 0]], codes_b[pairs[:, 1]]), 1)
    total = tallies.sum(axis=0)
    agreed = float(np.trace(total))
    only_a, only_b = float(total[:, nil].sum()), float(total[nil].sum())
    places = pair.group_places()
    common = {
        "n_targets": int(total.sum()),
        "n_raters": 2,
        "n_sessions": len(pair.sessions),
        "n_groups": int(places.max()) + 1,
        "n_agree": int(agreed),
        "n_disagree": int(total.sum() - agreed - only_a - only_b),
        "n_only_a": int(only_a),
        "n_only_b": int(only_b),
        "n_left_out": n_left_out,
        "n_sessions_left_out": pair.n_sessions_left_out,
    }
    rows = []
    for term, value in (("event_kappa", nil_kappa), ("event_agreement", _agreement)):
        row: dict[str, Any] = {"term": term, **common, "estimate": value(total)}
        if common["n_targets"] == 0:
            row["reason"] = "undefined: no event to compare"
        elif not np.isfinite(row["estimate"]):
            row["reason"] = "undefined: one code only, so chance expects just what is observed"
        elif common["n_groups"] < 2:
            row["reason"] = ONE_SESSION
        else:
            row |= _interval(value, row["estimate"], tallies, places, confidence)
        rows.append(row)
    return result_table(rows)


def timed_agreement(
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    unit_s: float = 1.0,
    tolerance_s: float = 1.0,
    min_overlap: float | None = 0.8,
    spans: pd.DataFrame | tuple[float, float] | None = None,
    groups: str | None = None,
    confidence: float = 0.95,
    nan_policy: str = "raise",
    labels: Sequence[Any] | None = None,
    missing_values: Sequence[Any] | None = None,
) -> pd.DataFrame:
    """Agreement on timed codes as it should be reported: by time unit and by event.

    Parameters
    ----------
    a, b, unit_s, spans, groups, confidence, nan_policy, labels, missing_values
        As in `time_unit_kappa`.
    tolerance_s : float
        Of both kinds.
    min_overlap : float or None
        As in `align_events`.

    Returns
    -------
    DataFrame
        The rows of `time_unit_kappa`, then those of `event_kappa`.

    Raises
    ------
    ReliabilityError
        As those do.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.reliability import timed_agreement
    >>> codes = ["smile", "cry", "smile", "cry"]
    >>> a = pd.DataFrame({"onset_s": [1, 8, 15, 30], "offset_s": [3, 10, 18, 33], "code": codes})
    >>> b = pd.DataFrame({"onset_s": [1, 8, 16, 30], "offset_s": [3, 10, 18, 33], "code": codes})
    >>> print(timed_agreement(a, b, spans=(0, 40))[["term", "estimate"]].round(2))
                              term  estimate
    0              time_unit_kappa      0.94
    1    time_unit_kappa_tolerance      1.00
    2  time_unit_kappa_tolerance_a      1.00
    3  time_unit_kappa_tolerance_b      1.00
    4                  event_kappa      1.00
    5              event_agreement      1.00
    """
    options: dict[str, Any] = {
        "tolerance_s": tolerance_s,
        "spans": spans,
        "groups": groups,
        "confidence": confidence,
        "nan_policy": nan_policy,
        "labels": labels,
        "missing_values": missing_values,
    }
    return stack_tables(
        [
            time_unit_kappa(a, b, unit_s=unit_s, **options),
            event_kappa(a, b, min_overlap=min_overlap, **options),
        ]
    )


def nil_kappa(table: Array) -> float:
    """Return kappa of a square table whose last row and column are nil and meet in a zero.

    NaN where there is nothing to compare, or where a single code is all there is.
    """
    total = float(table.sum())
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if total == 0 or np.count_nonzero((rows + columns)[:-1]) < 2:
        return float("nan")
    paired = total - rows[-1] - columns[-1]
    chance = 0.0
    if paired > 0:
        within = (total - rows[-1]) * (total - columns[-1])
        chance = float(np.sum(rows[:-1] * columns[:-1])) * paired / within / total
    if chance >= 1 - 1e-12:
        return float("nan")
    return float((np.trace(table) / total - chance) / (1 - chance))


def _agreement(table: Array) -> float:
    total = float(table.sum())
    return float(np.trace(table) / total) if total else float("nan")


def _interval(
    value: Any, estimate: float, tallies: Array, places: NDArray[np.int64], confidence: float
) -> dict[str, Any]:
    figures = jackknife(
        estimate,
        lambda i: value(tallies[places != i].sum(axis=0)),
        int(places.max()) + 1,
        confidence=confidence,
        symmetric=value is _agreement,
    )
    if value is _agreement and "ci_low" in figures:
        # That a share differs from 0 is no finding.
        low, high = max(0.0, figures["ci_low"]), min(1.0, figures["ci_high"])
        figures |= {"ci_low": low, "ci_high": high, "statistic": np.nan, "p": np.nan}
    return figures
