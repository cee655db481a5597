"""How many dyads, how many minutes each: the power of a study, from simulated sessions.

A session is simulated with a mirroring of its dyad's own and scored as a recorded one is, so that
what short sessions cost in precision is measured and not assumed.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from attunement.config import Config
from attunement.errors import AssociationError

_MOST_MIRRORING = 0.9
# Of the true differences on one occasion, the share that is there months later too: stability over
# split halves of `temporal_attunement` in 289 coded sessions, .12 / .46 (docs/two_minutes.md).
LASTING = 0.25


def simulate_pool(
    *,
    minutes: float,
    n_dyads: int = 60,
    n_sessions: int = 1,
    mean: float = 0.4,
    sd: float = 0.2,
    lasting: float = 1.0,
    seed: int = 0,
    config: Config | None = None,
) -> pd.DataFrame:
    """Simulate and score sessions of dyads that mirror more or less.

    Parameters
    ----------
    minutes : float
        Length of a session.
    n_dyads, n_sessions : int
        Dyads of the pool, sessions of each.
    mean, sd : float
        Of the mirroring of sessions as it is planted (normal, cut to 0 ... 0.9).
    lasting : float
        Share of its variance that is the dyad's in every session; the rest is each occasion's.
    seed : int
        Of everything that is drawn.
    config : Config, optional
        Section ``scoring`` is used.

    Returns
    -------
    pandas.DataFrame
        One row a session: dyad, session, truth (the planted mirroring), trait (what of it is the
        dyad's in every session), and the columns of ``scores.csv``.

    Examples
    --------
    >>> from attunement.fitting import simulate_pool
    >>> pool = simulate_pool(minutes=0.5, n_dyads=2)
    >>> print(pool[["dyad", "truth", "mirroring"]].round(2))
        dyad  truth  mirroring
    0  d0000   0.42       0.19
    1  d0001   0.20       0.42
    """
    from attunement.scoring import score_session
    from attunement.simulation import simulate_dyad
    from attunement.stats.association.occasion import within

    config = config or Config()
    rng = np.random.default_rng([seed, 1])
    within(lasting, "lasting", 0, 1)
    traits = rng.normal(mean, np.sqrt(lasting) * sd, n_dyads)
    occasions = rng.normal(0, np.sqrt(1 - lasting) * sd, (n_dyads, n_sessions))
    rows = []
    for k, trait in enumerate(traits):
        for number in range(n_sessions):
            truth = np.clip(trait + occasions[k, number], 0, _MOST_MIRRORING)
            signals, _ = simulate_dyad(
                duration_s=minutes * 60,
                sampling_hz=config.signals.sampling_hz,
                mirroring=float(truth),
                seed=seed * 1_000_003 + k * n_sessions + number,
            )
            scores = score_session(signals, config).by_session
            rows.append(
                scores.assign(
                    dyad=f"d{k:04d}",
                    session=f"d{k:04d}_{number}",
                    truth=float(truth),
                    trait=float(np.clip(trait, 0, _MOST_MIRRORING)),
                )
            )
    return pd.concat(rows, ignore_index=True)


def plan_study(
    *,
    r: float,
    reliability_of: str = "",
    n_dyads: Sequence[int] = (40, 80, 120, 160),
    minutes: Sequence[float] = (3, 5, 10),
    n_sessions: int = 1,
    lasting: float = LASTING,
    predictor: str = "temporal_attunement",
    n_studies: int = 200,
    n_pool: int = 60,
    alpha: float = 0.05,
    seed: int = 0,
    config: Config | None = None,
) -> pd.DataFrame:
    """Return the power of every number of dyads with every length of session.

    For each length `n_pool` dyads are simulated and scored (`simulate_pool`), which takes nearly
    all the time; studies are then drawn from them with replacement, an outcome that correlates
    `r` with the planted mirroring is added (with what the dyad is like on every occasion, or on
    those that were recorded), and the association is fitted as `fit_association`
    does by default (dyad means, HC3).

    Parameters
    ----------
    r : float
        Correlation of the outcome with the dyad's true mirroring; what is seen is weaker, the
        more so the shorter the sessions.
    reliability_of : {"occasion", "trait"}
        Which true mirroring, which has to be said: that of the occasions that are recorded, as for
        an outcome of the same day, or the dyad's trait, as for one of another day, which a single
        session tells less well however long it is.
    n_dyads : sequence of int
        Numbers of dyads to compare.
    minutes : sequence of float
        Lengths of a session to compare.
    n_sessions : int
        Sessions of each dyad: of a trait, each on another occasion; else all on one.
    lasting : float
        For a trait, the share of the true differences of one occasion that the dyad has on every
        other, by default as in 289 coded sessions.
    predictor : str
        Column of the scores.
    n_studies : int
        Studies drawn for each cell.
    n_pool : int
        Dyads simulated for each length.
    alpha : float
        Level of the test.
    seed : int
        Of everything that is drawn.
    config : Config, optional
        Section ``scoring`` is used.

    Returns
    -------
    pandas.DataFrame
        One row a cell: minutes, n_sessions, n_dyads, reliability_of, r_with_truth (correlation of
        the dyad's mean score, in the pool, with what was planted for it), n_pool_scored (dyads of
        the pool with a score), then estimate (power), ci_low, ci_high, n_studies and n_refused of
        `attunement.stats.association.simulate_power`.

    Raises
    ------
    AssociationError
        When it is not said which truth is meant, the scores have no such column, or too few
        simulated sessions can be scored.

    Examples
    --------
    >>> from attunement.fitting import plan_study
    >>> table = plan_study(
    ...     r=0.4, reliability_of="occasion", n_dyads=(30,), minutes=(1,), n_studies=5, n_pool=4
    ... )
    >>> print(table[["minutes", "n_dyads", "n_studies"]])
       minutes  n_dyads  n_studies
    0      1.0       30        5.0
    """
    from attunement.stats.association import draw_from_pool, fit_association, simulate_power
    from attunement.stats.association.occasion import OCCASION, asked

    of = asked(reliability_of)
    truth = "truth" if of == OCCASION else "trait"

    def p_value(table: pd.DataFrame) -> float:
        fitted = fit_association(
            table,
            outcome="outcome",
            kind="continuous",
            predictors=(predictor,),
            n_permutations=0,
        )
        return float(fitted.table.set_index("term").loc[predictor, "p"])

    rows = []
    for length in minutes:
        pool = simulate_pool(
            minutes=length,
            n_dyads=n_pool,
            n_sessions=n_sessions,
            lasting=1.0 if of == OCCASION else lasting,
            seed=seed,
            config=config,
        )
        if predictor not in pool:
            raise AssociationError(
                f"The scores have no column {predictor!r}.", "Name one of docs/scoring.md."
            )
        whole = pool.groupby("dyad")[predictor].transform(lambda scores: scores.notna().all())
        scored = pool[whole].reset_index(drop=True)
        means = scored.groupby("dyad")[[predictor, truth]].mean()
        if len(means) < 3:
            raise AssociationError(
                f"Of {n_pool} simulated dyads with {length:g} minutes, {len(means)} can be scored.",
                "Ask for longer sessions.",
            )
        for n in n_dyads:
            draw = draw_from_pool(scored, n_dyads=n, n_sessions=n_sessions, r=r, truth=truth)
            power = simulate_power(draw, p_value, n_studies=n_studies, alpha=alpha, seed=seed)
            cell = {
                "minutes": float(length),
                "n_sessions": n_sessions,
                "n_dyads": n,
                "reliability_of": of,
                "r_with_truth": float(means[predictor].corr(means[truth])),
                "n_pool_scored": len(means),
            }
            rows.append({**cell, **power.iloc[0].to_dict()})
    return pd.DataFrame(rows)
