"""Covariates that every association is offered: infant events, base rate, usable time, coverage."""

import numpy as np
import pandas as pd

# Where identical coupling meets different base rates or lengths, scores differ all the same.
_BASE_RATES = ("caregiver_base_rate", "caregiver_positive_share", "caregiver_event_rate")
INFANT_EVENT_RATE = "infant_events_per_scorable_window"
USABLE_TIME = "n_scorable"
COVERAGE = "coverage"
_OF_EACH = ("coverage_caregiver", "coverage_infant")
OFFERED = "offered"


def offered_covariates(scores: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return `scores` with the offered covariates, and the names of those that it can give.

    Infant event rate: ``n_infant_events`` for each scorable window; missing where no window is
    scorable. Usable time: ``n_scorable`` windows (one a step). Caregiver base rate: the first of
    ``caregiver_base_rate``, ``caregiver_positive_share``, ``caregiver_event_rate`` that the table
    has. Coverage: the lower of ``coverage_caregiver`` and ``coverage_infant``, in a new column
    ``coverage``; missing where either is. What is left of a session once frames are missing is
    seldom a random part of it. A column that is constant is not offered.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.association import offered_covariates
    >>> scores = pd.DataFrame({"n_infant_events": [9, 12], "n_scorable": [110, 90]})
    >>> table, names = offered_covariates(scores)
    >>> print(names)
    ['infant_events_per_scorable_window', 'n_scorable']
    """
    table = scores
    names = []
    if {"n_infant_events", "n_scorable"} <= set(scores.columns):
        windows = scores["n_scorable"].astype(float)
        rate = scores["n_infant_events"].astype(float) / windows.where(windows > 0, np.nan)
        table = scores.assign(**{INFANT_EVENT_RATE: rate})
        names.append(INFANT_EVENT_RATE)
    names += [name for name in _BASE_RATES if name in scores.columns][:1]
    if USABLE_TIME in scores.columns:
        names.append(USABLE_TIME)
    if set(_OF_EACH) <= set(scores.columns) and COVERAGE not in scores.columns:
        lower = scores[list(_OF_EACH)].astype(float).min(axis="columns", skipna=False)
        table = table.assign(**{COVERAGE: lower})
        names.append(COVERAGE)
    return table, [name for name in names if len(table[name].dropna().unique()) > 1]
