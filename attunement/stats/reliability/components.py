"""Variance components of scores that repeat: between families, between dyads, within dyads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FamilySums:
    """What the nested analysis of variance needs of every family; each of shape (families,).

    Attributes
    ----------
    n, dyads : ndarray
        Sessions and dyads.
    total, squares : ndarray
        Sum and sum of squares of the scores.
    by_dyad : ndarray
        Sum over dyads of (sum of its scores)^2 / its sessions.
    uneven : ndarray
        Sum over dyads of (its sessions)^2.
    """

    n: Array
    dyads: Array
    total: Array
    squares: Array
    by_dyad: Array
    uneven: Array


def family_sums(score: Array, family: NDArray[np.int64], dyad: NDArray[np.int64]) -> FamilySums:
    """Return the sums of every family.

    Parameters
    ----------
    score : ndarray, shape (n,)
        Without missing values.
    family, dyad : ndarray of int, shape (n,)
        Numbers from 0 on; no dyad is in two families. A family without a row has sums of 0.
    """
    n_families, n_dyads = int(family.max()) + 1, int(dyad.max()) + 1
    home = np.zeros(n_dyads, dtype=np.int64)
    home[dyad] = family
    n_each = np.bincount(dyad, minlength=n_dyads).astype(float)
    sum_each = np.bincount(dyad, weights=score, minlength=n_dyads).astype(float)

    def over(values: Array) -> Array:
        return np.bincount(home, weights=values, minlength=n_families).astype(float)

    return FamilySums(
        n=over(n_each),
        dyads=over((n_each > 0).astype(float)),
        total=over(sum_each),
        squares=np.bincount(family, weights=score**2, minlength=n_families).astype(float),
        by_dyad=over(sum_each**2 / np.maximum(n_each, 1)),
        uneven=over(n_each**2),
    )


def variance_components(sums: FamilySums, counts: Array) -> tuple[Array, Array, Array]:
    """Return the variances between families, between dyads of a family, and within dyads.

    Parameters
    ----------
    sums : FamilySums
    counts : ndarray, shape (k, families)
        How often each family is counted; ones, or draws of a bootstrap.

    Returns
    -------
    tuple of ndarray, shape (k,)
        NaN for a component that these data cannot tell from the one within it: `dyad` where no
        dyad has several sessions (it is then in the last), `family` where no family has several
        dyads (it is then in `dyad`). Estimates are not cut off at 0.

    Notes
    -----
    Analysis of variance of the unbalanced nested design, with expected mean squares after Searle,
    Casella & McCulloch (1992), chapter 3.
    """
    w, n = counts, np.maximum(sums.n, 1)
    there = (sums.n > 0).astype(float)
    size = w @ sums.n
    families, dyads = w @ there, w @ sums.dyads
    between = w @ (sums.total**2 / n) - (w @ sums.total) ** 2 / size
    dyad_squares = w @ (sums.by_dyad - sums.total**2 / n)
    within = w @ (sums.squares - sums.by_dyad)
    uneven = w @ (sums.uneven / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        even_families = size - (w @ sums.n**2) / size
        if not (sums.n > sums.dyads).any():  # no dyad has two sessions
            residual = (dyad_squares + within) / (size - families)
            family = (between - (families - 1) * residual) / even_families
            return family, np.full(len(w), np.nan), residual
        residual = within / (size - dyads)
        if not (sums.dyads > 1).any():  # no family has two dyads
            dyad = (between - (families - 1) * residual) / even_families
            return np.full(len(w), np.nan), dyad, residual
        dyad = (dyad_squares - (dyads - families) * residual) / (size - uneven)
        shared = uneven - (w @ sums.uneven) / size
        family = (between - (families - 1) * residual - shared * dyad) / even_families
    return family, dyad, residual
