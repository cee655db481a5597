"""How clearly a series rises at a time, by what its own past does not explain.

A face goes on as it was: neighbouring samples are alike, and a rise by chance looks like an answer.
So a series is whitened first (an autoregression leaves innovations that are nearly independent),
and the innovations are compared with those of an answer. When it comes and how long it lasts is not
known, so the comparison runs over starts and shapes and is averaged as likelihoods are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter, oaconvolve

from attunement.samples import nearest_samples
from attunement.scoring.series.windows import sliding

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Values of the past that the autoregression knows.
ORDER = 3
_MIN_ROWS = 50
# z: a series that moves less counts as still, and its rises shrink by as much.
MIN_SCALE = 0.25
# Share of a shape that must have been seen, and of the starts that must have such a shape.
MIN_SEEN = 0.5
# More than so many sd is no more than an answer for certain, and would only overflow.
_MAX_Z = 30.0
_ROUNDS = 4


@dataclass(frozen=True)
class Whitened:
    """A series as innovations.

    Attributes
    ----------
    coefficients : ndarray, shape (ORDER,)
        Of its own past, the nearest first.
    innovations : ndarray, shape (n,)
        In units of their sd; NaN where a sample or one of those before it is missing.
    """

    coefficients: Array
    innovations: Array


def whiten(series: Array) -> Whitened | None:
    """Fit an autoregression to what is there; None where under 50 samples have their past."""
    past = _past(series)
    seen = np.isfinite(series) & np.isfinite(past).all(1)
    if np.count_nonzero(seen) < _MIN_ROWS:
        return None
    level = series[seen].mean()
    coefficients = np.linalg.lstsq(past[seen] - level, series[seen] - level, rcond=None)[0]
    left = np.where(seen, (series - level) - (past - level) @ coefficients, np.nan)
    spread, moves = float(np.std(left[seen])), float(np.std(series[np.isfinite(series)]))
    scale = spread * max(1.0, MIN_SCALE / moves) if moves > 0 else 0.0
    # What the past explains to rounding (a constant, a straight line) has no innovations.
    still = scale <= 1e-9
    return Whitened(coefficients, np.where(seen, 0.0 if still else left / (scale or 1.0), np.nan))


def partial_out(series: Array, design: Array, fitted_on: Mask) -> Array:
    """Return the series minus what the design explains of it, by innovations.

    Ordinary least squares takes neighbouring samples for independent ones, and its coefficients are
    then uncertain enough for a rise of the content to reappear in what should be free of it. Series
    and design are therefore whitened alike (Cochrane & Orcutt 1949), four rounds.

    Parameters
    ----------
    series : ndarray, shape (n,)
    design : ndarray, shape (n, p)
        First column constant.
    fitted_on : ndarray of bool, shape (n,)
        Samples whose innovations count for the coefficients.

    Returns
    -------
    ndarray, shape (n,)
        NaN where series or design are; all of it where too few samples are left to fit on.
    """
    known = np.isfinite(series) & np.isfinite(design).all(1)
    nothing = np.full(len(series), np.nan)
    coefficients = np.zeros(ORDER)
    left = nothing
    for _ in range(_ROUNDS):
        y = _innovate(series, coefficients)
        x = np.stack([_innovate(column, coefficients) for column in design.T], axis=1)
        seen = np.isfinite(y) & np.isfinite(x).all(1) & fitted_on
        if np.count_nonzero(seen) < _MIN_ROWS:
            return nothing
        beta = np.linalg.lstsq(x[seen], y[seen], rcond=None)[0]
        left = np.where(known, series - np.where(known[:, None], design, 0.0) @ beta, np.nan)
        found = whiten(left)
        if found is None:
            return nothing
        coefficients = found.coefficients
    return left


def evidence(whitened: list[Whitened], shapes: list[Array], *, first: int, last: int) -> Array:
    """Return, for every sample, how clearly an answer starts from `first` to `last` samples later.

    The likelihood ratio of a shape of the best height above zero against none is exp(z^2 / 2), z
    being the innovations' product with the shape's, in sd. It is averaged over shapes, starts and
    series, and given as a logarithm: 0 where nothing rises, however long one looks.

    Parameters
    ----------
    whitened : list of Whitened
        Series in any of which an answer may show; of several, also their mean z.
    shapes : list of ndarray
        Courses of an answer from its start on.
    first, last : int
        Negative: before the sample.

    Returns
    -------
    ndarray, shape (n,)
        NaN where under half of the starts have half of a shape.
    """
    n = len(whitened[0].innovations)
    total, count = np.zeros(n), np.zeros(n)
    for shape in shapes:
        scores = [_z(one, shape) for one in whitened]
        if len(scores) > 1:
            scores.append(np.sum(scores, axis=0) / np.sqrt(len(scores)))
        for z in scores:
            seen = np.isfinite(z)
            ratio = np.exp(np.clip(np.where(seen, z, 0.0), 0.0, _MAX_Z) ** 2 / 2)
            total += np.where(seen, ratio, 0.0)
            count += seen
    width = last - first + 1
    # Room for starts before the first sample and after the last: nothing is known of them.
    room = (max(0, -first), max(0, last))
    ratios = np.pad(np.where(count > 0, total / np.maximum(count, 1), 0.0), room)
    starts = np.pad((count > 0).astype(float), room)
    at = room[0] + first
    ratio = sliding(ratios, width)[at : at + n].sum(1)
    seen_starts = sliding(starts, width)[at : at + n].sum(1)
    enough = seen_starts >= MIN_SEEN * width
    return np.where(
        enough, np.log(np.where(enough, ratio, 1.0) / np.maximum(seen_starts, 1)), np.nan
    )


def rises(sampling_hz: float) -> list[Array]:
    """Return courses of an expression: up within .6 or 1 s, held for .5 to 3 s, down as fast."""
    shapes = []
    for rise_s in (0.6, 1.0):
        n = max(1, nearest_samples(rise_s, sampling_hz))
        up = 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 1) / (n + 1))
        for held_s in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
            held = np.ones(max(1, nearest_samples(held_s, sampling_hz)))
            shapes.append(np.concatenate([up, held, up[::-1]]))
    return shapes


def bumps(sampling_hz: float) -> list[Array]:
    """Return courses of a cue that marks an answer: Hann bumps of 1.5 to 3 s."""
    shapes = []
    for bump_s in (1.5, 2.0, 2.5, 3.0):
        n = max(1, nearest_samples(bump_s, sampling_hz))
        shapes.append(0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n))
    return shapes


def _past(series: Array) -> Array:
    padded = np.concatenate([np.full(ORDER, np.nan), series])
    return np.stack([padded[ORDER - k : len(padded) - k] for k in range(1, ORDER + 1)], axis=1)


def _innovate(series: Array, coefficients: Array) -> Array:
    return np.asarray(series - _past(series) @ coefficients)


def _z(whitened: Whitened, shape: Array) -> Array:
    """Return the innovations' product with the shape's, from every sample on, in its sd."""
    own = lfilter(np.concatenate([[1.0], -whitened.coefficients]), [1.0], shape)
    seen = np.isfinite(whitened.innovations)
    innovations = np.where(seen, whitened.innovations, 0.0)
    product, energy = (
        oaconvolve(series, kernel[::-1], mode="full")[len(shape) - 1 :]
        for series, kernel in ((innovations, own), (seen.astype(float), own**2))
    )
    enough = energy >= MIN_SEEN * (own**2).sum()
    return np.where(enough, product / np.sqrt(np.where(enough, energy, 1.0)), np.nan)
