"""Markedness: how far the caregiver's cues rise after infant events beyond what content explains.

Per cue one regression over all usable caregiver frames of the session:

    u ~ 1 + own content + pose + indicator boxes of 0.5 s from -2 to 4 s around infant onsets

Shifted onset trains are refitted all at once: what a circular shift changes in the normal
equations are circular correlations, which the Fourier transform gives for every shift together.

The session's p shifts something else. A caregiver who follows has content of its own after the
infant's onsets, and the nearer boxes and content are to each other, the less sure is either's
coefficient. Shifted onsets are near no content, so that their boxes vary less than the observed
ones by chance alone. For p, boxes and content keep their places, and what content and pose leave of
the cue is shifted against both (Freedman and Lane 1983).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d

from attunement import schema
from attunement.samples import nearest_samples
from attunement.scoring.chance.shifts import Index
from attunement.scoring.marking.measured import measured_cues
from attunement.scoring.series.recording import Episode, Recording

Array = NDArray[np.float64]

MIN_ONSETS = 8
BOX_S = 0.5
FIRST_BOX, LAST_BOX = -4, 8  # boxes of 0.5 s: from -2 s to 4 s
N_BOXES = LAST_BOX - FIRST_BOX
AFTER = slice(-FIRST_BOX, N_BOXES)  # boxes in (0, 4] s
ANSWER = slice(-FIRST_BOX + 1, -FIRST_BOX + 6)  # boxes in (0.5, 3] s
MIN_SCALE = 0.25  # z: a cue that moves less counts as still, as a face does in mirroring
MOUTH_BELOW_HZ = 1.0
CONTENT = ("smile", "distress", "mouth_opening")
# Frames for each coefficient of the regression.
_FRAMES_PER_TERM = 3
# Keeps the normal equations solvable where a box has no frames; its coefficient is then 0.
_RIDGE = 1e-6


@dataclass(frozen=True)
class Train:
    """The infant's onsets in one episode, and the shifts that displace them.

    Attributes
    ----------
    episode : Episode
    onsets : ndarray of int
        Samples from the episode's start.
    shifts : ndarray of int
        Admissible shifts of the caregiver against the infant, in samples.
    shift_of_surrogate : ndarray of int, shape (b,)
        Which shift belongs to each surrogate of the session.
    tested : ndarray of int, shape (t,)
        Shift of the cue in each surrogate that the session's `markedness_p` counts, near ones too.
    """

    episode: Episode
    onsets: Index
    shifts: Index
    shift_of_surrogate: Index
    tested: Index


@dataclass(frozen=True)
class Cue:
    """One cue's regression.

    Attributes
    ----------
    name : str
    peak, mean : float
        Highest box in (0, 4] s, mean of the boxes in (0.5, 3] s, in units of the residual; NaN
        where one of the boxes in (0, 4] s holds under half a second of frames.
    peak_surrogate, mean_surrogate : ndarray, shape (b,)
        The same under shifted onsets.
    peak_tested : ndarray, shape (t,)
        Highest box where the cue is shifted against onsets and content; p counts these.
    partial : ndarray, shape (n,)
        The cue minus what content and pose explain, in units of the residual.
    """

    name: str
    peak: float
    mean: float
    peak_surrogate: Array
    mean_surrogate: Array
    peak_tested: Array
    partial: Array


def fit_cues(
    recording: Recording, trains: list[Train], frames: slice, *, min_onsets: int = MIN_ONSETS
) -> dict[str, Cue]:
    """Fit every cue that was measured of the caregiver, over the given samples of the recording.

    Returns
    -------
    dict of str to Cue
        Empty with fewer than `min_onsets`; without the cues that have too few usable frames.
    """
    if sum(len(train.onsets) for train in trains) < min_onsets:
        return {}
    cues = {}
    for name in measured_cues(recording):
        cue = _fit(name, recording, trains, frames)
        if cue is not None:
            cues[name] = cue
    return cues


def _fit(name: str, recording: Recording, trains: list[Train], frames: slice) -> Cue | None:
    inside = np.zeros(len(recording.time_s), bool)
    inside[frames] = True
    u = recording.caregiver[name]
    if name == "mouth_opening":
        u = low_pass(u, sampling_hz=recording.sampling_hz, below_hz=MOUTH_BELOW_HZ)
    known = inside & np.isfinite(u)
    design = design_of(name, recording, known)
    seen = known & np.isfinite(design).all(1)
    n_terms = design.shape[1] + N_BOXES
    if np.count_nonzero(seen) < _FRAMES_PER_TERM * n_terms:
        return None
    x = np.where(seen[:, None], design, 0.0)
    level = u[seen].mean()
    y = np.where(seen, u - level, 0.0)
    mask = seen.astype(float)

    xx = np.linalg.pinv(x.T @ x, hermitian=True)
    xy = x.T @ y
    around = _boxes_of_session(recording, trains)
    bb, bx, by = _moments(around, mask, x, y)
    beta = _solve(bb, bx, by, xx, xy)
    needed = recording.samples(BOX_S)
    coefficients = _with_frames(beta, bb, needed)[0]
    beta = beta[0]
    gamma = xx @ (xy - bx[0].T @ beta)
    residual = (y - x @ gamma - around.T @ beta)[seen]
    spread = 1.4826 * float(np.median(np.abs(residual - np.median(residual))))
    scale = max(spread, MIN_SCALE)

    null = _nulls(trains, mask, x, y, xx, xy, recording.sampling_hz, needed)
    # Of each box, what a sample of the cue adds to its coefficient.
    partialled = around * mask - bx[0] @ xx @ x.T
    weights = np.linalg.solve(bb[0] - bx[0] @ xx @ bx[0].T + _RIDGE * np.eye(N_BOXES), partialled)
    tested = _displaced_cue(trains, weights, y - x @ (xx @ xy), mask)
    coefficients, null, tested = coefficients / scale, null / scale, tested / scale
    return Cue(
        name=name,
        peak=float(coefficients[AFTER].max()),
        mean=float(coefficients[ANSWER].mean()),
        peak_surrogate=null[:, AFTER].max(1),
        mean_surrogate=null[:, ANSWER].mean(1),
        peak_tested=tested[:, AFTER].max(1),
        partial=np.where(seen, (y - x @ gamma) / scale, np.nan),
    )


def _with_frames(beta: Array, bb: Array, needed: int) -> Array:
    """Return the coefficients, missing altogether where a box after the onset has few frames.

    The solution gives a box without frames the coefficient 0, which is no answer of 0.
    """
    frames = np.diagonal(bb, axis1=1, axis2=2)[:, AFTER]
    enough = np.all(frames > needed - 0.5, axis=1, keepdims=True)
    return np.where(enough, beta, np.nan)


def _nulls(
    trains: list[Train],
    mask: Array,
    x: Array,
    y: Array,
    xx: Array,
    xy: Array,
    sampling_hz: float,
    needed: int,
) -> Array:
    """Return the boxes' coefficients under the session's surrogates."""
    shifts = [train.shifts[train.shift_of_surrogate] for train in trains]
    if not np.size(shifts):
        return np.zeros((0, N_BOXES))
    bb, bx, by = np.zeros(1), np.zeros(1), np.zeros(1)
    for train, of_train in zip(trains, shifts, strict=True):
        part = slice(train.episode.lo, train.episode.hi)
        moments = _shifted_moments(train, of_train, mask[part], x[part], y[part], sampling_hz)
        # Episodes are shifted independently of each other; their moments add.
        bb, bx, by = (total + moment for total, moment in zip((bb, bx, by), moments, strict=True))
    return _with_frames(_solve(bb, bx, by, xx, xy), bb, needed)


def _displaced_cue(trains: list[Train], weights: Array, left: Array, mask: Array) -> Array:
    """Return the boxes' coefficients of a cue displaced by every tested shift, shape (t, 12).

    `left` is what content and pose leave of the cue, 0 where it is missing; a displaced cue is
    missing in other frames than content and onsets. What such frames take from the variance of a
    coefficient is given back; under a quarter of the frames together it is missing.
    """
    outside = mask.astype(bool)
    for train in trains:
        outside[train.episode.lo : train.episode.hi] = False
    total = np.repeat((weights[:, outside] @ left[outside])[None], len(trains[0].tested), axis=0)
    together = np.full(len(total), float(np.count_nonzero(outside)))
    for train in trains:
        part, n = slice(train.episode.lo, train.episode.hi), train.episode.n
        at = train.tested % n

        def displaced(stays: Array, moves: Array, *, n: int = n, at: Index = at) -> Array:
            return fft.irfft(fft.rfft(stays) * np.conj(fft.rfft(moves)), n=n)[..., at]

        total += displaced(weights[:, part], left[part]).T
        together += displaced(mask[part], mask[part])
    seen = mask.sum()
    together = np.where(together >= seen / 4, together, np.nan)
    return np.asarray(total * np.sqrt(seen / together)[:, None])


def low_pass(series: Array, *, sampling_hz: float, below_hz: float) -> Array:
    """Return the series without what is faster; half power at `below_hz`, no delay.

    A Gaussian over what is there: a gap is neither bridged nor spread.
    """
    sd = np.sqrt(np.log(2)) / (2 * np.pi * below_hz) * sampling_hz
    seen = np.isfinite(series)
    weight = gaussian_filter1d(seen.astype(float), sd, mode="constant")
    smooth = gaussian_filter1d(np.where(seen, series, 0.0), sd, mode="constant")
    return np.where(seen, smooth / np.where(seen, weight, 1.0), np.nan)


def design_of(cue: str, recording: Recording, known: NDArray[np.bool_]) -> Array:
    """Return intercept, own content and pose in units of their own sd, shape (n, terms)."""
    content = [name for name in CONTENT if name != cue]
    if not {"smile", "distress"} & set(recording.caregiver):
        content.append("valence")
    columns = [np.ones(len(known))]
    for name in (*content, *schema.POSE):
        values = recording.caregiver.get(name)
        if values is None:
            continue
        seen = known & np.isfinite(values)
        # One covariate that is mostly missing must not cost the frames that all others have.
        if 2 * np.count_nonzero(seen) < np.count_nonzero(known) or not seen.any():
            continue
        mean, sd = values[seen].mean(), values[seen].std()
        if sd > 1e-9:
            columns.append((values - mean) / sd)
    return np.stack(columns, axis=1)


def boxes(onsets: Index, n: int, *, sampling_hz: float, around: bool) -> Array:
    """Return how many onsets have each sample in each of their boxes, shape (12, n).

    `around`: boxes go on at the other end of the circle; otherwise they are cut off.
    """
    edges = [nearest_samples(k * BOX_S, sampling_hz) for k in range(FIRST_BOX, LAST_BOX + 1)]
    counts = np.zeros((N_BOXES, n))
    for box in range(N_BOXES):
        at = (onsets[:, None] + np.arange(edges[box], edges[box + 1])).ravel()
        at = at % n if around else at[(at >= 0) & (at < n)]
        np.add.at(counts[box], at, 1.0)
    return counts


def _boxes_of_session(recording: Recording, trains: list[Train]) -> Array:
    counts = np.zeros((N_BOXES, len(recording.time_s)))
    for train in trains:
        episode = train.episode
        counts[:, episode.lo : episode.hi] = boxes(
            train.onsets, episode.n, sampling_hz=recording.sampling_hz, around=False
        )
    return counts


def _moments(around: Array, mask: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    seen = around * mask
    return (seen @ around.T)[None], (around @ x)[None], (around @ y)[None]


def _shifted_moments(
    train: Train, shifts: Index, mask: Array, x: Array, y: Array, sampling_hz: float
) -> tuple[Array, Array, Array]:
    """Return boxes'boxes, boxes'x and boxes'y for every shift: (s, 12, 12), (s, 12, p), (s, 12)."""
    n = train.episode.n
    around = boxes(train.onsets, n, sampling_hz=sampling_hz, around=True)
    # A caregiver displaced by s meets the onset at t with the frame t - s.
    index = -shifts % n
    box_f = np.conj(fft.rfft(around))

    def displaced(spectrum: Array, series: Array) -> Array:
        return fft.irfft(spectrum * fft.rfft(series), n=n)[..., index]

    by = displaced(box_f, y[None])
    bx = np.stack([displaced(box_f, column[None]) for column in x.T], axis=-1)
    bb = np.empty((len(index), N_BOXES, N_BOXES))
    for box in range(N_BOXES):
        products = np.conj(fft.rfft(around[box] * around[box:]))
        bb[:, box, box:] = displaced(products, mask[None]).T
        bb[:, box:, box] = bb[:, box, box:]
    return bb, np.moveaxis(bx, 0, 1), by.T


def _solve(bb: Array, bx: Array, by: Array, xx: Array, xy: Array) -> Array:
    """Return the boxes' coefficients after content and pose are partialled out, shape (s, 12)."""
    gram = bb - bx @ xx @ np.swapaxes(bx, -1, -2)
    right = by - bx @ (xx @ xy)
    coefficients = np.linalg.solve(gram + _RIDGE * np.eye(N_BOXES), right[..., None])[..., 0]
    return np.asarray(coefficients, float)
