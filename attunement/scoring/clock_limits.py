"""What the clock of two recordings leaves undecided."""

import numpy as np
import pandas as pd

from attunement.columns import Column
from attunement.scoring.series.clock import HARMLESS_S, ONE_SIDED

UNKNOWN = "clock_unknown"
WITHIN = "lag_within_clock_uncertainty"
COLUMNS = (
    Column("clock_uncertainty_s", "s",
           "By how much the infant's times can be wrong against the caregiver's; 0 for one camera. "
           "All scores are of the clock as it was taken: delays can be off by as much.",
           "description", missing_when="nothing known of the clock of two recordings"),
)  # fmt: skip


def withhold_windows(windows: pd.DataFrame, uncertainty_s: float) -> pd.DataFrame:
    """Return windows without lags, directions and p that an error of the clock could turn.

    `mirroring_p` is withheld with the lag where the uncertainty is over `HARMLESS_S`.

    Parameters
    ----------
    windows : DataFrame
        The windows table.
    uncertainty_s : float
        By how much the infant's times can be wrong against the caregiver's; NaN: not known.
    """
    if not len(windows):
        return windows
    # Where a window has no lag it has no direction either.
    lag_s = windows["mirroring_lag_s"].abs()
    undecided = lag_s.notna() & ~(lag_s >= uncertainty_s)
    gone = ["mirroring_lag_s", "direction"]
    if not uncertainty_s <= HARMLESS_S:
        gone.append("mirroring_p")
    return windows.assign(**{name: windows[name].mask(undecided) for name in gone})


def withhold_scores(scores: pd.DataFrame, uncertainty_s: float) -> pd.DataFrame:
    """Return scores without a lag, direction and p that an error of the clock could turn.

    `mirroring_lag_s` is withheld where it is smaller than the uncertainty, `direction` where
    `peak_lag_s` is, with it `ONE_SIDED` where the uncertainty is over `HARMLESS_S`; all of them
    where it is not known. `reason` says so. `coupling_p`, which asks of both sides, stands.

    Parameters
    ----------
    scores : DataFrame
        One row a session, or an episode.
    uncertainty_s : float
        As for `withhold_windows`; stands in the new column `clock_uncertainty_s`.
    """
    if not len(scores) or uncertainty_s == 0:
        return scores.assign(clock_uncertainty_s=float(uncertainty_s))
    by = {"mirroring_lag_s": "mirroring_lag_s", "direction": "peak_lag_s"}
    if not uncertainty_s <= HARMLESS_S:
        by |= dict.fromkeys(ONE_SIDED, "peak_lag_s")
    values = {name: scores[name].to_numpy(float) for name in {*by, *by.values()}}
    # `direction` may be there without a lag of the peak: then nothing speaks for its sign.
    undecided = {
        name: ~np.isnan(values[name]) & ~(np.abs(values[lag]) >= uncertainty_s)
        for name, lag in by.items()
    }
    any_undecided = np.any(list(undecided.values()), axis=0)
    token = UNKNOWN if np.isnan(uncertainty_s) else WITHIN
    reason = [
        ";".join(filter(None, (said, token if lost else "")))
        for said, lost in zip(scores["reason"], any_undecided, strict=True)
    ]
    gone = {name: np.where(lost, np.nan, values[name]) for name, lost in undecided.items()}
    return scores.assign(
        clock_uncertainty_s=float(uncertainty_s),
        reason=pd.Series(reason, index=scores.index, dtype="str"),
        **gone,
    )
