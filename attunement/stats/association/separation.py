"""Which coefficients have no finite estimate, because a predictor tells categories fully apart.

The likelihoods are concave: where there is a direction in which none of their terms ever falls and
one rises, nothing keeps the estimate from growing without end. Linear programs find that direction
exactly, whatever the optimiser makes of it.

Sources: Albert & Anderson (1984), On the existence of maximum likelihood estimates in logistic
regression models, Biometrika 71, for binary and unordered outcomes; Konis (2007), Linear
programming algorithms for detecting separated data in binary logistic regression models; Correia,
Guimaraes & Zylkin (2019), Verifying the existence of maximum likelihood estimates for generalized
linear models, for counts; Bryson & Johnson (1981), The incidence of monotone likelihood in the Cox
model, Technometrics 23. For ordered outcomes the same argument, with the cuts among the parameters.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from attunement.stats.association.design import Design

Array = NDArray[np.floating]

# The solver meets constraints to 1e-7; columns are scaled to 1, so that this is a real distance.
_TOLERANCE = 1e-5
_BOX = 1.0


@dataclass(frozen=True)
class Separation:
    """What a linear program found.

    Attributes
    ----------
    complete : bool
        Whether no row lies on the border (else quasi-complete).
    directions : tuple of int
        Of each coefficient as the fit reports it: 1 where it grows without end, -1 where it falls,
        0 where its estimate is finite; 2 where the data leave the sign open.
    """

    complete: bool
    directions: tuple[int, ...]


@dataclass(frozen=True)
class _Cone:
    """The directions ``A v >= 0`` in which no term of the likelihood falls.

    Each row of ``reported`` times v is one coefficient of the fit, in its order.
    """

    rows: Array
    reported: Array
    equal: Array | None = None
    bounds: Array | None = None


def find_separation(design: Design) -> Separation | None:
    """Return the separation of an outcome by its predictors; None where all estimates are finite.

    Parameters
    ----------
    design : Design
        Of any kind; a continuous outcome is never separated.

    Notes
    -----
    None is returned too where a column of the design is constant, which is refused elsewhere.
    """
    if design.kind not in _CONES or design.n == 0 or design.x.shape[1] == 0:
        return None
    if (np.ptp(design.x, axis=0) == 0).any():
        return None
    cone = _CONES[design.kind](design)
    if cone is None or not _has_direction(cone):
        return None
    directions = []
    for goal in cone.reported:
        low, high = _solve(cone, goal), _solve(cone, -goal)
        up = high is not None and goal @ high > _TOLERANCE
        down = low is not None and goal @ low < -_TOLERANCE
        directions.append(2 if up and down else 1 if up else -1 if down else 0)
    return Separation(_is_complete(cone), tuple(directions))


def is_separated(design: Design, y: Array) -> bool:
    """Tell whether the predictors separate an outcome `y` of 0 and 1."""
    return _has_direction(_binary(design, y))


def _has_direction(cone: _Cone) -> bool:
    """Tell whether some term of the likelihood rises in a direction in which none falls."""
    if not len(cone.rows):
        return False
    best = _solve(cone, -cone.rows.sum(0))
    return best is not None and bool((cone.rows @ best).max() >= _TOLERANCE)


def _solve(cone: _Cone, goal: Array) -> Array | None:
    bounds = (-_BOX, _BOX) if cone.bounds is None else cone.bounds
    equal = cone.equal
    solution = linprog(
        goal,
        A_ub=-cone.rows,
        b_ub=np.zeros(len(cone.rows)),
        A_eq=equal,
        b_eq=None if equal is None else np.zeros(len(equal)),
        bounds=bounds,
    )
    return None if solution.x is None else np.asarray(solution.x)


def _is_complete(cone: _Cone) -> bool:
    """Tell whether one direction leaves every row on its own side: A v >= 1 has a solution."""
    if cone.equal is not None:
        return False
    n, k = cone.rows.shape
    solution = linprog(np.zeros(k), A_ub=-cone.rows, b_ub=-np.ones(n), bounds=(None, None))
    return bool(solution.status == 0)


def _scaled(x: Array) -> Array:
    """Return columns centred and at most 1 in size, so that one tolerance fits all."""
    centred = x - x.mean(0)
    return centred / np.abs(centred).max(0)


def _with_one(x: Array) -> Array:
    return np.column_stack([np.ones(len(x)), _scaled(x)])


def _coefficients(x: Array) -> Array:
    """Return the rows that turn intercept and slopes of `_with_one` into those of the fit.

    Slopes keep their sign; the intercept is that at zero, not at the mean.
    """
    turned = np.eye(x.shape[1] + 1)
    turned[0, 1:] = -x.mean(0) / np.abs(x - x.mean(0)).max(0)
    turned[0] /= np.abs(turned[0]).sum()
    return turned


def _binary(design: Design, y: Array | None = None) -> _Cone:
    signs = 2 * (design.y if y is None else y) - 1
    z = _with_one(design.x)
    k = z.shape[1]
    bounds = np.tile([-_BOX, _BOX], (k, 1))
    bounds[0] *= k
    return _Cone(signs[:, None] * z, _coefficients(design.x), bounds=bounds)


def _ordered(design: Design) -> _Cone:
    x, codes = _scaled(design.x), design.y.astype(int)
    n_cuts, k = len(design.levels) - 1, x.shape[1]
    parts = []
    for cut in range(n_cuts):
        # Only the cuts beside a row's own category bound it; the further ones follow.
        for category, sign in ((cut, 1.0), (cut + 1, -1.0)):
            chosen = codes == category
            block = np.zeros((int(chosen.sum()), n_cuts + k))
            block[:, cut] = sign
            block[:, n_cuts:] = -sign * x[chosen]
            parts.append(block)
    bounds = np.tile([-_BOX, _BOX], (n_cuts + k, 1))
    bounds[:n_cuts] *= k + 1
    return _Cone(np.vstack(parts), np.eye(n_cuts + k)[n_cuts:], bounds=bounds)


def _unordered(design: Design) -> _Cone:
    z, codes = _with_one(design.x), design.y.astype(int)
    n_levels, k = len(design.levels), z.shape[1]
    parts = []
    for own in range(n_levels):
        rows = z[codes == own]
        for other in range(n_levels):
            if other == own:
                continue
            block = np.zeros((len(rows), n_levels, k))
            block[:, own], block[:, other] = rows, -rows
            parts.append(block[:, 1:].reshape(len(rows), -1))
    bounds = np.tile([-_BOX, _BOX], ((n_levels - 1) * k, 1))
    bounds[::k] *= k + 1
    reported = np.kron(np.eye(n_levels - 1), _coefficients(design.x))
    return _Cone(np.vstack(parts), reported, bounds=bounds)


def _count(design: Design) -> _Cone | None:
    """Hold rows with counts above zero in place; zeros may sink without end."""
    z = _with_one(design.x)
    zero = design.y == 0
    if not zero.any():
        return None
    k = z.shape[1]
    bounds = np.tile([-_BOX, _BOX], (k, 1))
    bounds[0] *= k
    return _Cone(-z[zero], _coefficients(design.x), equal=z[~zero], bounds=bounds)


def _time(design: Design) -> _Cone | None:
    """At every event, nobody still watched may have a higher risk than the dyad with the event.

    One variable for each event time stands for the highest risk among those watched at it, so that
    the program grows with the rows and not with their square.
    """
    x = _scaled(design.x)
    events = np.unique(design.y[design.event == 1])
    k, m = x.shape[1], len(events)
    at = np.searchsorted(events, design.y, side="right") - 1
    rows: list[Array] = []
    equal: list[Array] = []
    for i in np.flatnonzero(at >= 0):
        row = np.zeros(k + m)
        row[:k], row[k + at[i]] = -x[i], 1.0
        is_event = design.event[i] == 1
        (equal if is_event else rows).append(row)
    for step in range(m - 1):
        row = np.zeros(k + m)
        row[k + step], row[k + step + 1] = 1.0, -1.0
        rows.append(row)
    if not rows:
        return None
    bounds = np.tile([-_BOX, _BOX], (k + m, 1))
    bounds[k:] *= k
    return _Cone(np.array(rows), np.eye(k + m)[:k], equal=np.array(equal), bounds=bounds)


_CONES: dict[str, Callable[[Design], _Cone | None]] = {
    "binary": _binary,
    "ordered": _ordered,
    "unordered": _unordered,
    "count": _count,
    "time": _time,
}
