"""Spectral coherence of two partners: at which rhythms they go together, against chance."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from attunement.errors import TableError
from attunement.samples import whole_samples
from attunement.scoring.chance.shifts import midrank_p_rows
from attunement.scoring.chance.surrogates import phase_surrogates
from attunement.scoring.series.two_series import as_pair
from attunement.scoring.series.windows import stretches

MIN_SEGMENTS = 4
COLUMNS = {
    "frequency_hz": "float64",
    "coherence": "float64",
    "phase_lag_s": "float64",
    "expected": "float64",
    "p": "float64",
    "n_samples": "int64",
    "n_left_out": "int64",
    "reason": "str",
}


def coherence(
    infant: ArrayLike,
    caregiver: ArrayLike,
    *,
    sampling_hz: float,
    segment_s: float = 20.0,
    max_frequency_hz: float = 1.0,
    n_surrogates: int = 199,
    seed: int = 0,
) -> pd.DataFrame:
    """Estimate the magnitude-squared coherence of two series and test it at every frequency.

    Parameters
    ----------
    infant, caregiver : array_like, shape (n,)
        One channel of each; NaN is missing. The longest stretch without a gap in either is used.
    sampling_hz : float
        Samples a second.
    segment_s : float
        Length of Welch's segments (Hann window, half overlapping, linear trend taken out); its
        inverse is the resolution.
    max_frequency_hz : float
        Highest frequency reported.
    n_surrogates, seed : int
        Phase-randomised copies of the caregiver (`phase_surrogates`) that say what is expected of
        unrelated series with these spectra.

    Returns
    -------
    DataFrame
        One row a frequency above 0: `coherence` in [0, 1]; `phase_lag_s`, the delay of the
        caregiver that the phase stands for (positive: the caregiver follows; known up to whole
        periods); `expected` and upper-tail `p` under the surrogates; `n_samples` used and
        `n_left_out`. Where the stretch holds under four segments (``too_short``) or a series does
        not vary in it (``constant``), the figures are missing and `reason` says why. The
        frequencies' p are not adjusted for each other.

    Raises
    ------
    TableError
        As `windowed_cross_correlation`, or for lengths that are not positive.

    Notes
    -----
    `scipy.signal.coherence` and `scipy.signal.csd` (Welch, 1967).

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import coherence
    >>> rng = np.random.default_rng(0)
    >>> infant = np.sin(2 * np.pi * 0.2 * np.arange(0, 120, 0.1)) + rng.normal(size=1200)
    >>> table = coherence(infant, np.roll(infant, 5), sampling_hz=10, n_surrogates=19)
    >>> print(table.loc[table["coherence"].idxmax(), ["frequency_hz", "phase_lag_s"]].round(2))
    frequency_hz    0.2
    phase_lag_s     0.5
    Name: 3, dtype: float64
    """
    from scipy import signal

    what = "coherence"
    x, y = as_pair(infant, caregiver, what=what, sampling_hz=sampling_hz)
    segment = whole_samples(segment_s, sampling_hz, name=f"segment_s of {what}", least=4)
    if not isinstance(max_frequency_hz, int | float | np.number) or not max_frequency_hz > 0:
        raise TableError(
            f"The highest frequency of {what} must be above 0 Hz; found {max_frequency_hz!r}."
        )
    if not isinstance(n_surrogates, int | np.integer) or n_surrogates < 1:
        raise TableError(f"{what.capitalize()} needs a surrogate or more; found {n_surrogates!r}.")
    first, last = _longest(np.isfinite(x) & np.isfinite(y))
    x, y, n_all = x[first:last], y[first:last], len(x)
    frequencies = np.fft.rfftfreq(segment, 1 / sampling_hz)
    shown = (frequencies > 0) & (frequencies <= max_frequency_hz + 1e-9)
    table = pd.DataFrame({"frequency_hz": frequencies[shown]})
    reason = ""
    if len(x) < (MIN_SEGMENTS + 1) / 2 * segment:
        reason = "too_short"
    elif np.ptp(x) == 0 or np.ptp(y) == 0:
        reason = "constant"
    if not reason:
        settings = {"fs": sampling_hz, "nperseg": segment, "detrend": "linear"}
        copies = phase_surrogates(y, n_surrogates=n_surrogates, seed=seed)
        coherences = signal.coherence(x, np.vstack([y[None], copies]), **settings)[1][:, shown]
        phase = np.angle(signal.csd(x, y, **settings)[1][shown])
        table["coherence"] = coherences[0]
        table["phase_lag_s"] = -phase / (2 * np.pi * frequencies[shown])
        table["expected"] = coherences[1:].mean(axis=0)
        table["p"] = midrank_p_rows(coherences[0], coherences[1:].T)
    table["n_samples"] = len(x)
    table["n_left_out"] = n_all - len(x)
    table["reason"] = reason
    return table.reindex(columns=list(COLUMNS)).astype(COLUMNS)


def _longest(known: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the longest run of True as (first, after the last)."""
    return max(stretches(known), key=lambda run: run[1] - run[0], default=(0, 0))
