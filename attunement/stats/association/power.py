"""Power with the reliability of the scores in it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

from attunement.errors import AssociationError
from attunement.stats.association.occasion import within


def spearman_brown(reliability: float, factor: float) -> float:
    """Return the reliability of a recording `factor` times as long.

    Source: Spearman (1910); Brown (1910): k r / (1 + (k - 1) r).

    Examples
    --------
    >>> from attunement.stats.association import spearman_brown
    >>> print(round(spearman_brown(0.4, 3), 2))
    0.67
    """
    within(reliability, "reliability", 0, 1)
    if factor <= 0:
        raise AssociationError(f"factor must be above zero; found {factor}.")
    return factor * reliability / (1 + (factor - 1) * reliability)


def observed_correlation(
    r: float, *, reliability: float = 1.0, reliability_outcome: float = 1.0
) -> float:
    """Return the correlation that is seen where a true one of `r` is measured with error.

    Examples
    --------
    >>> from attunement.stats.association import observed_correlation
    >>> print(round(observed_correlation(0.3, reliability=0.5), 2))
    0.21
    """
    within(r, "r", -1, 1)
    within(reliability, "reliability", 0, 1)
    within(reliability_outcome, "reliability_outcome", 0, 1)
    return r * float(np.sqrt(reliability * reliability_outcome))


def power_correlation(
    *,
    r: float,
    n_dyads: int,
    reliability: float = 1.0,
    reliability_outcome: float = 1.0,
    alpha: float = 0.05,
) -> float:
    """Return the power of a two-sided test of a correlation.

    Parameters
    ----------
    r : float
        The correlation between true scores.
    n_dyads : int
        Independent dyads (families).
    reliability, reliability_outcome : float
        Of score and outcome in such recordings; 1 measures without error. Of the score that of
        the occasion, where `r` is with what the dyad was like then, or that of the dyad's trait.
    alpha : float
        Level of the test.

    Notes
    -----
    Fisher's z: power = P(|Z + atanh(r') sqrt(n - 3)| > z(1 - alpha / 2)), with r' the observed
    correlation r sqrt(reliability reliability_outcome).

    Examples
    --------
    >>> from attunement.stats.association import power_correlation
    >>> print(round(power_correlation(r=0.3, n_dyads=80), 2))
    0.78
    >>> print(round(power_correlation(r=0.3, n_dyads=80, reliability=0.5), 2))
    0.47
    """
    if n_dyads < 4:
        raise AssociationError(f"At least 4 dyads are needed; found {n_dyads}.")
    seen = observed_correlation(r, reliability=reliability, reliability_outcome=reliability_outcome)
    return _power(seen, n_dyads, alpha)


def _power(seen: float, n: float, alpha: float) -> float:
    shift = np.arctanh(min(abs(seen), 1 - 1e-12)) * np.sqrt(n - 3)
    cut = stats.norm.ppf(1 - alpha / 2)
    return float(stats.norm.sf(cut - shift) + stats.norm.cdf(-cut - shift))


def dyads_needed(
    *,
    r: float,
    power: float = 0.8,
    reliability: float = 1.0,
    reliability_outcome: float = 1.0,
    alpha: float = 0.05,
) -> int:
    """Return the number of dyads at which `power_correlation` reaches `power`.

    Rounded to the nearest dyad, as the tables of Fisher's z are (r = .24: 134, r = .30: 85).

    Examples
    --------
    >>> from attunement.stats.association import dyads_needed
    >>> print(dyads_needed(r=0.3), dyads_needed(r=0.3, reliability=0.5))
    85 172
    """
    within(power, "power", alpha, 1)
    seen = observed_correlation(r, reliability=reliability, reliability_outcome=reliability_outcome)
    if abs(seen) < 1e-6 or power >= 1:
        raise AssociationError("No number of dyads reaches that power: the correlation is zero.")
    n = brentq(lambda n: _power(seen, n, alpha) - power, 3 + 1e-9, 1e13)
    return int(np.ceil(n - 0.5)) if n > 4 else 4


def simulate_power(
    draw: Callable[[np.random.Generator], pd.DataFrame],
    test: Callable[[pd.DataFrame], float],
    *,
    n_studies: int = 200,
    alpha: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the power of any design: draw studies, test each, count.

    Parameters
    ----------
    draw : callable
        Makes one study's table of sessions from a random generator; see `draw_from_pool`.
    test : callable
        Returns the p-value of a table, such as
        ``lambda t: fit_association(t, ...).table.loc[1, "p"]``. A refused model
        (`AssociationError`) counts as not significant.
    n_studies, alpha, seed
        Number of studies, level, seed of the draws.

    Returns
    -------
    pandas.DataFrame
        One row: estimate (power), ci_low, ci_high (Wilson), n_studies, n_refused.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from scipy.stats import pearsonr
    >>> from attunement.stats.association import simulate_power
    >>> def draw(rng):
    ...     x, noise = rng.normal(size=(2, 80))
    ...     return pd.DataFrame({"x": x, "y": 0.3 * x + noise})
    ...
    >>> table = simulate_power(draw, lambda t: pearsonr(t["x"], t["y"]).pvalue, n_studies=100)
    >>> print(table[["estimate", "n_studies", "n_refused"]].round(1))
       estimate  n_studies  n_refused
    0       0.8        100          0
    """
    p = np.full(n_studies, np.nan)
    for study in range(n_studies):
        table = draw(np.random.default_rng([seed, study]))
        try:
            p[study] = test(table)
        except AssociationError:
            continue
    n_significant = int((p < alpha).sum())
    interval = stats.binomtest(n_significant, n_studies).proportion_ci(method="wilson")
    return pd.DataFrame(
        [
            {
                "estimate": n_significant / n_studies,
                "ci_low": float(interval.low),
                "ci_high": float(interval.high),
                "n_studies": n_studies,
                "n_refused": int(np.isnan(p).sum()),
            }
        ]
    )


def draw_from_pool(
    pool: pd.DataFrame,
    *,
    n_dyads: int,
    n_sessions: int,
    r: float,
    truth: str = "truth",
    dyads_a_family: int = 1,
    family_share: float = 0.3,
) -> Callable[[np.random.Generator], pd.DataFrame]:
    """Return a `draw` for `simulate_power` out of scored simulated sessions.

    Simulate once, with `attunement.simulation.simulate_dyad` and `score_session`, some dozens of
    dyads with several sessions of the planned length each, with the truth that was planted; studies
    of any size are then drawn from them with replacement, which needs no further scoring.

    Parameters
    ----------
    pool : pandas.DataFrame
        dyad, one row a session, the scores, and the planted truth (one value a dyad).
    n_dyads, n_sessions : int
        Of a study; sessions are drawn without replacement within a dyad.
    r : float
        Correlation of the dyad's truth with its outcome.
    truth : str
        Column of the planted truth.
    dyads_a_family : int
        Partners of one infant; their outcomes share `family_share` of what the truth leaves.

    Returns
    -------
    callable
        Adds ``outcome`` to the drawn sessions, with new dyad, family and session ids.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import draw_from_pool
    >>> rng = np.random.default_rng(0)
    >>> pool = pd.DataFrame({"dyad": range(200), "truth": rng.normal(size=200)})
    >>> pool["mirroring"] = pool["truth"] + rng.normal(size=200)
    >>> draw = draw_from_pool(pool, n_dyads=30, n_sessions=1, r=0.4)
    >>> print(draw(rng)[["dyad", "family", "session"]].nunique().to_list())
    [30, 30, 30]
    """
    within(r, "r", -1, 1)
    counts = pool.groupby("dyad").size()
    if counts.min() < n_sessions:
        raise AssociationError(
            f"The pool has dyads with {counts.min()} sessions; {n_sessions} were asked for."
        )
    truths = pool.groupby("dyad")[truth].first()
    standard = (truths - truths.mean()) / truths.std(ddof=0)
    groups = {name: rows.index.to_numpy() for name, rows in pool.groupby("dyad")}
    names = standard.index.to_numpy()

    def draw(rng: np.random.Generator) -> pd.DataFrame:
        chosen = rng.choice(len(names), size=n_dyads)
        families = np.arange(n_dyads) // dyads_a_family
        shared = rng.normal(size=families.max() + 1)[families]
        noise = np.sqrt(family_share) * shared + np.sqrt(1 - family_share) * rng.normal(
            size=n_dyads
        )
        outcome = r * standard.to_numpy()[chosen] + np.sqrt(1 - r**2) * noise
        picked = np.concatenate(
            [rng.choice(groups[names[k]], size=n_sessions, replace=False) for k in chosen]
        )
        table = pool.loc[picked].reset_index(drop=True)
        new = np.repeat(np.arange(n_dyads), n_sessions)
        return table.assign(
            dyad=new.astype(str),
            family=families[new].astype(str),
            session=np.arange(len(new)).astype(str),
            outcome=outcome[new],
        )

    return draw
