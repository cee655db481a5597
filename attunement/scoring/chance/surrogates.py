"""Surrogate series: what a partner's series could have been without the other partner.

Each kind keeps another part of the series and breaks its relation to the other partner's. All the
channels of one person are moved together, by one shift, one order of segments or one set of
phases per surrogate: moved apart, the channels would be more alike in the recording than in any
surrogate, and unrelated dyads would be found related.
"""

import numpy as np
from numpy.typing import NDArray

from attunement.errors import TableError
from attunement.samples import whole_samples
from attunement.scoring.chance.shifts import MIN_SHIFT_S, admissible_shifts

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SEGMENT_S = 10.0
ITERATIONS = 10


def circular_surrogates(series: Array, *, sampling_hz: float) -> Array:
    """Return the series under every admissible circular shift; nothing is drawn.

    Parameters
    ----------
    series : ndarray, shape (n,) or (n, c)
        One or several channels of one person; NaN is missing and moves with the rest.
    sampling_hz : float
        Samples a second.

    Returns
    -------
    ndarray, shape (b, n) or (b, n, c)
        Shifted by at least min(10 s, a quarter of the series), either way round.

    Raises
    ------
    TableError
        For a series that is not of numbers along one or two axes, or holds infinities, or a rate
        that is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import circular_surrogates
    >>> series = np.sin(np.arange(0, 60, 0.1))
    >>> surrogates = circular_surrogates(series, sampling_hz=10)
    >>> print(surrogates.shape)
    (401, 600)
    >>> print(bool((np.sort(surrogates[0]) == np.sort(series)).all()))
    True
    """
    values = _checked(series)
    n = len(values)
    # Refuses what is no rate.
    whole_samples(MIN_SHIFT_S, sampling_hz, name="The shortest shift of surrogates", least=0)
    shifts = admissible_shifts(n, sampling_hz)
    return np.asarray(values[(np.arange(n) - shifts[:, None]) % n])


def segment_surrogates(
    series: Array,
    *,
    sampling_hz: float,
    n_surrogates: int = 199,
    segment_s: float = SEGMENT_S,
    seed: int = 0,
) -> Array:
    """Return the series cut into segments that stand in random order.

    The first cut is at random within a segment, so that the cuts differ from surrogate to
    surrogate. A segment may keep its place by chance.

    Parameters
    ----------
    series : ndarray, shape (n,) or (n, c)
        One or several channels of one person; NaN is missing and moves with the rest.
    sampling_hz : float
        Samples a second.
    n_surrogates : int
        How many are drawn.
    segment_s : float
        Length of a segment; it must be short against the series and long against what one partner
        takes to answer the other.
    seed : int
        Of the orders.

    Returns
    -------
    ndarray, shape (n_surrogates, n) or (n_surrogates, n, c)

    Raises
    ------
    TableError
        As `circular_surrogates`, for a segment under two samples, or fewer than two segments.

    Notes
    -----
    Segment shuffling after Moulder, Boker, Ramseyer and Tschacher (2018). Where segments meet a
    surrogate jumps and the series does not. Of series that hold their values the price is false
    positives: of independent on/off codes of 60 s .04 to .08, of held steps .03 to .07 had p <= .05
    by the test (docs/scoring.md); circular shifts gave .03 to .05.

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import segment_surrogates
    >>> series = np.sin(np.arange(0, 60, 0.1))
    >>> surrogates = segment_surrogates(series, sampling_hz=10, n_surrogates=99, segment_s=10)
    >>> print(surrogates.shape)
    (99, 600)
    >>> print(bool((np.sort(surrogates[0]) == np.sort(series)).all()))
    True
    """
    values = _checked(series)
    segment = whole_samples(segment_s, sampling_hz, name="segment_s of surrogates", least=2)
    if 2 * segment > len(values):
        raise TableError(
            f"A series of {len(values) / sampling_hz:g} s cannot be cut into segments of "
            f"{segment_s:g} s to shuffle.",
            "Two segments are needed: give shorter ones.",
        )
    orders = segment_orders(
        len(values), segment, n_surrogates=n_surrogates, rng=np.random.default_rng(seed)
    )
    return np.asarray(values[orders])


def phase_surrogates(
    series: Array, *, n_surrogates: int = 199, n_iterations: int = ITERATIONS, seed: int = 0
) -> Array:
    """Return series with the same values and nearly the same spectrum, and random phases.

    Iterated amplitude-adjusted Fourier transform: random phases are added to those of the series,
    then spectrum and values are restored in turn; the values last, so that they are exactly those
    of the series. Channels get the same random phases and keep their relations to each other as
    far as their values allow.

    Parameters
    ----------
    series : ndarray, shape (n,) or (n, c)
        One or several channels of one person. Gaps are bridged by straight lines for the transform
        and are missing again, at the same places, in every surrogate.
    n_surrogates, n_iterations : int
        How many are drawn; how often spectrum and values are restored.
    seed : int
        Of the phases.

    Returns
    -------
    ndarray, shape (n_surrogates, n) or (n_surrogates, n, c)

    Raises
    ------
    TableError
        As `circular_surrogates`.

    Notes
    -----
    Schreiber and Schmitz (1996); the same phases for all channels after Prichard and Theiler
    (1994). A series that ends far from where it began gains power that it does not have: detrend
    it before. Of codes and step series the surrogates change all the time and the series does not:
    `score_session` and `multiverse` refuse them, since p was wrong in both directions (in .15 of
    independent on/off codes `leading_p` was at most .05, and in .03 `mirroring_p`).

    Examples
    --------
    >>> import numpy as np
    >>> from attunement.scoring import phase_surrogates
    >>> series = np.sin(np.arange(0, 60, 0.1))
    >>> surrogates = phase_surrogates(series, n_surrogates=99)
    >>> print(surrogates.shape)
    (99, 600)
    >>> print(bool((np.sort(surrogates[0]) == np.sort(series)).all()))
    True
    """
    values = _checked(series)
    increments = phase_increments(
        len(values), n_surrogates=n_surrogates, rng=np.random.default_rng(seed)
    )
    if values.ndim == 1:
        return iaaft(values, increments, n_iterations=n_iterations)
    columns = [iaaft(column, increments, n_iterations=n_iterations) for column in values.T]
    return np.stack(columns, axis=-1)


def segment_orders(n: int, segment: int, *, n_surrogates: int, rng: np.random.Generator) -> Index:
    """Return for each surrogate which sample stands at each place, shape (n_surrogates, n)."""
    orders = np.empty((n_surrogates, n), dtype=np.int64)
    places = np.arange(n, dtype=np.int64)
    for row in orders:
        pieces = np.split(places, np.arange(rng.integers(1, segment + 1), n, segment))
        row[:] = np.concatenate([pieces[at] for at in rng.permutation(len(pieces))])
    return orders


def phase_increments(n: int, *, n_surrogates: int, rng: np.random.Generator) -> Array:
    """Return random phases to add at each frequency of n samples, shape (b, n // 2 + 1)."""
    increments = rng.uniform(-np.pi, np.pi, (n_surrogates, n // 2 + 1))
    increments[:, 0] = 0.0  # the mean has no phase
    if n % 2 == 0:
        increments[:, -1] = 0.0  # nor has what alternates from sample to sample
    return increments


def iaaft(series: Array, increments: Array, *, n_iterations: int = ITERATIONS) -> Array:
    """Return surrogates of one series, one a row of `increments`; missing where it is missing."""
    seen = np.isfinite(series)
    surrogates = np.full((len(increments), len(series)), np.nan)
    if np.count_nonzero(seen) < 2:
        return surrogates
    places = np.arange(len(series))
    whole = np.interp(places, places[seen], series[seen])
    ordered = np.sort(whole)
    spectrum = np.fft.rfft(whole)
    amplitude = np.abs(spectrum)
    current = np.fft.irfft(spectrum * np.exp(1j * increments), n=len(series))
    for iteration in range(n_iterations):
        np.put_along_axis(surrogates, np.argsort(current, axis=1), ordered[None], axis=1)
        if iteration < n_iterations - 1:
            turned = np.fft.rfft(surrogates)
            size = np.abs(turned)
            turned *= amplitude / np.where(size > 0, size, 1.0)
            current = np.fft.irfft(turned, n=len(series))
    if not seen.all():
        # The bridges took places among the values; without them each value is there once.
        ranks = np.argsort(np.argsort(surrogates[:, seen], axis=1, kind="stable"), axis=1)
        surrogates[:, seen] = np.sort(series[seen])[ranks]
        surrogates[:, ~seen] = np.nan
    return surrogates


def _checked(series: Array) -> Array:
    try:
        values = np.asarray(series, dtype=float)
    except (TypeError, ValueError) as error:
        raise TableError(f"A series to draw surrogates of must be numbers ({error}).") from None
    if values.ndim not in (1, 2) or len(values) < 4:
        raise TableError(
            "Surrogates are made of a series of at least 4 samples, or of samples by channels; "
            f"found shape {values.shape}."
        )
    if np.isinf(values).any():
        raise TableError("A series to draw surrogates of must not hold infinities.")
    return values
