"""How many dyads, sessions and minutes: what the reliability of the scores costs."""

from collections.abc import Sequence

import pandas as pd

from attunement.errors import AssociationError
from attunement.stats.association.occasion import OCCASION, asked, within
from attunement.stats.association.power import dyads_needed, observed_correlation, spearman_brown


def plan_dyads(
    *,
    r: float,
    minutes: Sequence[float],
    reliability: float,
    reliability_minutes: float,
    reliability_of: str = "",
    n_sessions: Sequence[int] = (1,),
    reliability_occasion: float | None = None,
    reliability_outcome: float = 1.0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Return, for sessions of given lengths and numbers, how many dyads are needed.

    Parameters
    ----------
    r : float
        The correlation between true scores: with what the dyad was like on the occasion, or with
        the dyad's trait, as `reliability_of` says.
    minutes : sequence of float
        Lengths of a session to compare.
    reliability, reliability_minutes : float
        Reliability of the score of one session, and the length of session it was measured at:
        ``split_half_interleaved`` of ``reliability.csv`` for the occasion, ``stability`` for the
        trait.
    reliability_of : {"occasion", "trait"}
        Has to be said. A longer session tells more exactly what the dyad was like on that occasion;
        what the dyad is like on others it tells only so far, and more occasions tell more.
    n_sessions : sequence of int
        Sessions of every dyad to compare, each on another occasion; for a trait only.
    reliability_occasion : float, optional
        ``split_half_interleaved`` at the same length: for a trait, where sessions of other lengths
        are asked for, since error shrinks with minutes and the occasion does not.
    reliability_outcome, power, alpha
        As for `dyads_needed`.

    Returns
    -------
    pandas.DataFrame
        minutes (of a session), n_sessions, reliability_of, reliability (of the mean of a dyad's
        sessions), observed_r, n_dyads, total_minutes.

    Raises
    ------
    AssociationError
        When it is not said whose reliability is meant, several sessions are asked for an occasion,
        `reliability_occasion` is needed or lies under the stability, or values are out of range.

    Notes
    -----
    Occasion: Spearman-Brown over minutes. Trait, with stability s and reliability of the occasion o
    at L0 minutes, for k sessions of L minutes: s / (s + (o - s + (1 - o) L0 / L) / k).

    Examples
    --------
    >>> from attunement.stats.association import plan_dyads
    >>> table = plan_dyads(
    ...     r=0.3, minutes=[2, 5, 10], reliability=0.4, reliability_minutes=2,
    ...     reliability_of="occasion",
    ... )
    >>> print(table[["minutes", "reliability", "observed_r", "n_dyads", "total_minutes"]].round(2))
       minutes  reliability  observed_r  n_dyads  total_minutes
    0      2.0         0.40        0.19      216          432.0
    1      5.0         0.62        0.24      137          685.0
    2     10.0         0.77        0.26      111         1110.0
    >>> table = plan_dyads(
    ...     r=0.3, minutes=[2], n_sessions=[1, 2, 6], reliability=0.25, reliability_minutes=2,
    ...     reliability_of="trait",
    ... )
    >>> print(table[["n_sessions", "reliability", "n_dyads", "total_minutes"]].round(2))
       n_sessions  reliability  n_dyads  total_minutes
    0           1         0.25      347          694.0
    1           2         0.40      216          864.0
    2           6         0.67      129         1548.0
    """
    of = asked(reliability_of)
    within(reliability, "reliability", 0, 1)
    if not all(length > 0 for length in (*minutes, reliability_minutes)):
        raise AssociationError("minutes and reliability_minutes must be above zero.")
    if any(k < 1 for k in n_sessions):
        raise AssociationError(f"n_sessions must be 1 or more; found {list(n_sessions)}.")
    if of == OCCASION and any(k != 1 for k in n_sessions):
        raise AssociationError(
            "Several sessions are several occasions, and reliability_of is 'occasion'.",
            "Give the stability of the same dyad and reliability_of='trait'.",
        )
    rows = []
    for length in minutes:
        for k in n_sessions:
            longer = length / reliability_minutes
            if of == OCCASION:
                scaled = spearman_brown(reliability, longer)
            else:
                scaled = _of_trait(reliability, reliability_occasion, longer, k)
            n = dyads_needed(
                r=r,
                power=power,
                reliability=scaled,
                reliability_outcome=reliability_outcome,
                alpha=alpha,
            )
            seen = observed_correlation(
                r, reliability=scaled, reliability_outcome=reliability_outcome
            )
            rows.append((float(length), k, of, scaled, seen, n, n * k * float(length)))
    names = [
        "minutes", "n_sessions", "reliability_of", "reliability", "observed_r", "n_dyads",
        "total_minutes",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def _of_trait(stability: float, occasion: float | None, longer: float, k: int) -> float:
    if longer != 1 and occasion is None:
        raise AssociationError(
            "Of the stability alone it does not follow what sessions of another length give.",
            "Give reliability_occasion (split_half_interleaved in reliability.csv) beside it, or "
            "ask for sessions of reliability_minutes and vary n_sessions.",
        )
    if occasion is None:
        return spearman_brown(stability, k)
    if not 0 <= stability <= occasion <= 1:
        raise AssociationError(
            f"reliability_occasion must lie between the stability ({stability:g}) and 1; found "
            f"{occasion:g}.",
            "What lasts is part of what the dyad was like on the occasion.",
        )
    rest = occasion - stability + (1 - occasion) / longer
    return stability / (stability + rest / k) if stability > 0 else 0.0
