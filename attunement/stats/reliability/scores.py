"""How reliable session scores are in a study: split halves, repeated sessions, minutes needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.cards import count
from attunement.errors import ReliabilityError
from attunement.stats.reliability.generalisability import (
    MIN_FAMILIES,
    MIN_SESSIONS,
    percentile_limits,
    share_rows,
)
from attunement.stats.reliability.repeated import Repeated, without
from attunement.stats.reliability.resampling import draw_counts
from attunement.stats.reliability.results import check_share, result_table
from attunement.stats.reliability.stability import stability_rows

Array = NDArray[np.float64]

WANTED = (0.70, 0.80)
_KEYS = ("session", "split", "half", "minutes")
_BASE_RATES = ("infant_positive", "caregiver_positive")
_SPLITS = {"interleaved": "split_half_interleaved", "first_second": "split_half_first_second"}


def reliability_of_scores(
    halves: pd.DataFrame,
    sessions: pd.DataFrame | None = None,
    *,
    scores: Sequence[str] | None = None,
    within: Sequence[str] = (),
    confidence: float = 0.95,
    n_resamples: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Estimate the reliability of every session score of a study.

    Parameters
    ----------
    halves : DataFrame
        From ``attunement.scoring.score_halves``, of all sessions of the study.
    sessions : DataFrame, optional
        One row a session: `session`, `dyad` and `family` where they repeat (a study's
        ``scores.csv`` is such a table), the columns named in `within`, and the scores of whole
        sessions, without which there are no shares of variance. Without it every session is a
        family of its own.
    scores : sequence of str, optional
        Which scores; by default all of `halves`.
    within : sequence of str
        Columns of `sessions`, such as age and partner, that stand for different kinds of session.
        Scores are centred within them: differences between kinds are no reliability.
    confidence : float
        Of the percentile intervals.
    n_resamples, seed : int
        Of the bootstrap that draws whole families.

    Returns
    -------
    DataFrame
        `score`, then one row a score and term, in the columns of every table of statistics
        (`estimate`, `std_error`, `ci_low`, `ci_high`, `n_sessions`, `n_families`, `n_left_out`,
        `reason`; statistic, df and p are missing) and `minutes`, the mean length of a session that
        the estimate refers to:

        - ``split_half_interleaved``, ``split_half_first_second``: 2 r / (1 + r), with r the
          correlation of the two halves over sessions (Spearman-Brown);
        - ``split_half_without_base_rates``: the same of interleaved blocks with the share of time
          that each partner is positive regressed out, since different base rates alone make halves
          agree;
        - ``minutes_for_this_occasion_.70``, ``..._.80``: length of a session that would tell that
          reliably what the dyad was like on the occasion, by the Spearman-Brown prophecy from the
          interleaved blocks. It says nothing of what lasts: that takes other occasions;
        - ``stability``: share of the variance of whole-session scores that a dyad has in every one
          of its sessions, the correlation of one session with another of the same dyad;
        - ``stability_of_2_sessions``, ``..._4_...``, ``..._8_...``: the same of the mean of so many
          sessions of a dyad, ``sessions_for_this_dyad_.70``: how many it takes to tell dyads apart
          that reliably. All four by Spearman-Brown from ``stability``;
        - ``share_family``, ``share_dyad``, ``share_session``, ``share_error``: of the variance of
          whole-session scores, where dyads or families have several sessions. Family and dyad from
          a nested analysis of variance, error = 1 - split_half_interleaved, session what is left:
          true differences from one session of a dyad to the next. Each may fall below 0.

        A term without an estimate has a reason. `n_left_out` counts the sessions of `sessions`
        (else of `halves`) that lack the score in either half or in the whole: a score that is
        withheld in a session has no part in its own reliability.

    Raises
    ------
    ReliabilityError
        Columns missing, a session or half doubled, a dyad in two families, or a score that is not
        there.

    Notes
    -----
    Sessions are taken as equally long. Base rates and kinds of session are regressed out once, not
    anew in every resample. Because no window crosses from block to block, halves hold somewhat
    fewer windows than half a session does; the estimates are to that extent low.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.reliability import reliability_of_scores
    >>> rng = np.random.default_rng(0)
    >>> trait, names = rng.normal(size=40), [f"s{k}" for k in range(40)]
    >>> parts = [
    ...     pd.DataFrame({"session": names, "split": "interleaved", "half": half, "minutes": 2.0,
    ...                   "infant_positive": 0.5, "caregiver_positive": 0.5,
    ...                   "mirroring": trait + rng.normal(size=40)})
    ...     for half in "ab"
    ... ]
    >>> table = reliability_of_scores(pd.concat(parts), n_resamples=99)
    >>> print(table.loc[0, "term"], round(float(table.loc[0, "estimate"]), 2))
    split_half_interleaved 0.6
    """
    confidence = check_share(confidence, "confidence")
    study = _Study.of(halves, sessions, within)
    named = [n for n in halves.columns if n not in (*_KEYS, *_BASE_RATES)]
    names = named if scores is None else list(scores)
    strange = [name for name in names if name not in named]
    if strange:
        raise ReliabilityError(
            f"The halves hold no score {strange[0]!r}.", f"They hold {', '.join(named)}."
        )
    counts = draw_counts(max(1, study.n_families), n_resamples, seed)
    counts = np.vstack([np.ones((1, counts.shape[1])), counts])
    rows: list[dict[str, Any]] = []
    for name in names:
        rows += _score_rows(study, name, counts, confidence)
    table = result_table(rows) if rows else result_table([{"term": ""}]).iloc[:0]
    if not rows:
        table["score"] = pd.Series(dtype="str")
    first = table.pop("score")
    table.insert(0, "score", first.astype("str"))
    return table


@dataclass(frozen=True)
class _Study:
    sessions: pd.DataFrame  # index session; family, dyad (numbers), whole-session scores
    halves: dict[tuple[str, str], pd.DataFrame]  # by split and half, on the same index
    kinds: Array  # (n, k) indicators of the kinds of session
    n_families: int

    @classmethod
    def of(
        cls, halves: pd.DataFrame, sessions: pd.DataFrame | None, within: Sequence[str]
    ) -> "_Study":
        lacking = [name for name in _KEYS if name not in halves.columns]
        if lacking:
            raise ReliabilityError(
                f"A table of halves must have the column {lacking[0]}.",
                "Make it with attunement.scoring.score_halves.",
            )
        twice = halves.duplicated(["session", "split", "half"])
        if twice.any():
            row = halves[twice].iloc[0]
            raise ReliabilityError(
                f"Session {row['session']!r} has half {row['half']!r} of the split "
                f"{row['split']!r} twice."
            )
        if sessions is None:
            sessions = pd.DataFrame({"session": halves["session"].unique()})
        lacking = [name for name in ("session", *within) if name not in sessions.columns]
        if lacking:
            raise ReliabilityError(f"The table of sessions lacks the column {lacking[0]!r}.")
        ids = sessions["session"].astype("str")
        if ids.duplicated().any():
            raise ReliabilityError(f"Session {ids[ids.duplicated()].iloc[0]!r} is there twice.")
        table = sessions.set_axis(ids.to_numpy(), axis="index")
        dyad = (table["dyad"] if "dyad" in table else table["session"]).astype("str")
        family = table.get("family", dyad).astype("str")
        homes = pd.DataFrame({"dyad": dyad, "family": family}).drop_duplicates()
        if homes["dyad"].duplicated().any():
            name = homes.loc[homes["dyad"].duplicated(), "dyad"].iloc[0]
            raise ReliabilityError(f"The dyad {name!r} is in two families.")
        kinds = np.ones((len(table), 1))
        if within and len(table):
            kind = table[list(within)].astype("str").agg("|".join, axis="columns")
            kinds = pd.get_dummies(kind).to_numpy(float)
        by_half = {
            (str(split), str(half)): part.set_axis(part["session"].astype("str"), axis="index")
            .reindex(table.index)
            for (split, half), part in halves.groupby(["split", "half"])
        }  # fmt: skip
        return cls(
            table.assign(_family=pd.factorize(family)[0], _dyad=pd.factorize(dyad)[0]),
            by_half,
            kinds,
            int(family.nunique()),
        )

    def half(self, split: str, half: str, name: str) -> Array:
        part = self.halves.get((split, half))
        if part is None:
            return np.full(len(self.sessions), np.nan)
        return part[name].to_numpy(float)


def _score_rows(study: _Study, name: str, counts: Array, confidence: float) -> list[dict[str, Any]]:
    rows = []
    reliability: dict[str, Array] = {}
    for split, term in _SPLITS.items():
        estimates, row = _split_half(study, name, split, term, counts, base_rates=False)
        reliability[split] = estimates
        rows.append(row | percentile_limits(estimates, confidence, row))
    term = "split_half_without_base_rates"
    estimates, row = _split_half(study, name, "interleaved", term, counts, base_rates=True)
    rows.append(row | percentile_limits(estimates, confidence, row))
    whole = reliability["interleaved"]
    shared = {k: v for k, v in rows[0].items() if k.startswith("n_") or k in ("score", "minutes")}
    rows += [_minutes(whole, wanted, rows[0], shared, confidence) for wanted in WANTED]
    if name in study.sessions.columns:
        family = study.sessions["_family"].to_numpy(np.int64)
        dyad = study.sessions["_dyad"].to_numpy(np.int64)
        score = study.sessions[name].to_numpy(float)
        sessions = Repeated(score, family, dyad, study.kinds, counts)
        shares = share_rows(sessions, whole, confidence)
        lasting = stability_rows(sessions, confidence)
        rows += [{"score": name, "minutes": np.nan, **row} for row in (*lasting, *shares)]
    return rows


def _split_half(
    study: _Study, name: str, split: str, term: str, counts: Array, *, base_rates: bool
) -> tuple[Array, dict[str, Any]]:
    """Return 2 r / (1 + r), as observed and resampled, and the row without its figures."""
    a, b = study.half(split, "a", name), study.half(split, "b", name)
    minutes = study.half(split, "a", "minutes") + study.half(split, "b", "minutes")
    known = np.isfinite(a) & np.isfinite(b)
    if name in study.sessions.columns:
        known &= np.isfinite(study.sessions[name].to_numpy(float))
    held = study.kinds
    if base_rates:
        rates = [
            (study.half(split, "a", rate) + study.half(split, "b", rate)) / 2
            for rate in _BASE_RATES
        ]
        known &= np.isfinite(rates).all(0)
        held = np.column_stack([held, *rates])
    row: dict[str, Any] = {
        "score": name,
        "term": term,
        "minutes": float(minutes[known].mean()) if known.any() else np.nan,
        "n_sessions": int(known.sum()),
        "n_families": int(study.sessions["_family"][known].nunique()),
        "n_left_out": int((~known).sum()),
    }  # fmt: skip
    none = np.full(len(counts), np.nan)
    if row["n_sessions"] < MIN_SESSIONS or row["n_families"] < MIN_FAMILIES:
        row["reason"] = (
            f"{count(row['n_sessions'], 'session')} of "
            f"{count(row['n_families'], 'family', 'families')} with both halves; "
            f"at least {MIN_SESSIONS} sessions of {MIN_FAMILIES} families are needed"
        )
        return none, row
    a, b = without(a[known], held[known]), without(b[known], held[known])
    weights = counts[:, study.sessions["_family"].to_numpy()[known]]
    r = _correlation(a, b, weights)
    if not np.isfinite(r[0]):
        return none, row | {"reason": "the score does not vary over sessions"}
    with np.errstate(divide="ignore", invalid="ignore"):
        # Below r = -1/3 the formula leaves the range of a correlation.
        return np.maximum(2 * r / (1 + r), -1.0), row


def _correlation(a: Array, b: Array, weights: Array) -> Array:
    """Return the correlation under each row of weights."""
    total = weights.sum(1)
    mean_a, mean_b = weights @ a / total, weights @ b / total
    var_a, var_b = weights @ a**2 / total - mean_a**2, weights @ b**2 / total - mean_b**2
    both = weights @ (a * b) / total - mean_a * mean_b
    floor_a, floor_b = 1e-12 * (a @ a) / len(a), 1e-12 * (b @ b) / len(b)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = both / np.sqrt(var_a * var_b)
    return np.where((var_a > floor_a) & (var_b > floor_b), r, np.nan)


def _minutes(
    whole: Array,
    wanted: float,
    split_row: dict[str, Any],
    shared: dict[str, Any],
    confidence: float,
) -> dict[str, Any]:
    row = {**shared, "term": f"minutes_for_this_occasion_{_short(wanted)}"}
    if not np.isfinite(whole[0]):
        return row | {"reason": split_row.get("reason", "")}
    figures = percentile_limits(whole, confidence, row)

    def needed(reliability: float) -> float:
        if not reliability > 0:
            return np.nan
        longer = wanted * (1 - reliability) / (reliability * (1 - wanted))
        return float(split_row["minutes"]) * longer

    row |= {
        "estimate": needed(whole[0]),
        "ci_low": needed(figures.get("ci_high", np.nan)),
        "ci_high": needed(figures.get("ci_low", np.nan)),
    }
    if not whole[0] > 0:
        row["reason"] = "no length would do: the halves do not agree"
    elif not figures.get("ci_low", np.nan) > 0:
        row["reason"] = "no upper limit: the interval of the reliability reaches 0"
    return row


def _short(value: float) -> str:
    return f"{value:.2f}".lstrip("0")
