"""The properties that real coded sessions decide: pseudo pairs, and how reliable scores are."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import attunement
from attunement.codes import codes_to_signals
from attunement.scoring import score_halves, score_session
from attunement.scoring.chance.pseudo_dyads import pseudo_dyads
from attunement.stats.reliability import reliability_of_scores
from attunement.validation.missing import withheld
from attunement.validation.properties import Row, figure_row, share_row
from attunement.workers import open_pool

# Beside the project, as its developers have it; not part of the package.
DEFAULT = Path("shared/data/parent_infant_affect/codes_15hz.csv.gz")
BOUNDS = {"real": (0.43, 1.0), "pseudo": (0.03, 0.07)}
N_SESSIONS = 289


def find_codes() -> Path | None:
    """Return the coded sessions that lie beside the project, if they do."""
    path = Path(attunement.__file__).resolve().parents[2] / DEFAULT
    return path if path.is_file() else None


def read_coded(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return signals and one row a session (session, dyad, family, age, partner)."""
    raw = pd.read_csv(path)
    people = [
        pd.DataFrame(
            {
                "session": raw["Observation"],
                "person": person,
                "time_s": raw["t_s"],
                "code": raw[f"{prefix}_aff"],
                "intensity": raw[f"{prefix}_aff_int"],
            }
        )
        for person, prefix in (("infant", "child"), ("caregiver", "adult"))
    ]
    grouped = raw.groupby("Observation", sort=False)
    sessions = grouped.agg(
        family=("ID", "first"), age=("age_months", "first"), partner=("partner", "first")
    )
    sessions = sessions.rename_axis("session").reset_index()
    sessions["family"] = sessions["family"].astype("str")
    sessions["dyad"] = sessions["family"] + "-" + sessions["partner"].astype("str")
    return codes_to_signals(pd.concat(people, ignore_index=True)), sessions


def coded(path: Path | None, *, workers: int, n_draws: int) -> Iterator[Row]:
    """Score real and pseudo pairs, and the halves of the real ones.

    Parameters
    ----------
    path : Path, optional
        The codes; without them one row says so.
    workers : int
        Worker processes.
    n_draws : int
        Other adults that each infant is paired with.
    """
    if path is None:
        yield figure_row(
            "coded sessions", np.nan, required="../shared", good=None, n=0, note="data not here"
        )
        return
    signals, sessions = read_coded(path)
    keys = sessions.set_index("session")
    strata = {session: (row.age, row.partner) for session, row in keys.iterrows()}
    family = keys["family"].to_dict()
    pseudo, pairs = pseudo_dyads(signals, families=family, strata=strata, n_draws=n_draws)
    with open_pool(workers) as pool:
        for name, table in (("real", signals), ("pseudo", pseudo)):
            parts = [one for _, one in table.groupby("session", sort=False)]
            scores_of_pairs = pd.concat(list(pool.map(_scores, parts)), ignore_index=True)
            if name == "real":
                scores = scores_of_pairs
                yield figure_row(
                    "coded sessions, mirroring withheld since gaps go with affect",
                    float(withheld(scores).mean()), required="reported", good=None, n=len(scores),
                    note=f"{int(scores['gaps_affect_p'].notna().sum())} with gaps enough to tell",
                )  # fmt: skip
            for p in ("mirroring_p", "mirroring_mean_p", "mirroring_without_slow_p"):
                yield share_row(
                    f"coded sessions, {name} pairs, {p} <= .05", scores_of_pairs[p],
                    bounds=BOUNDS[name] if p == "mirroring_p" else None, wanted=N_SESSIONS - 30,
                    note="" if name == "real" else f"{n_draws} draws of a partner",
                )  # fmt: skip
            if name == "pseudo":
                by_draw = scores_of_pairs.merge(pairs, on="session").groupby("draw")["mirroring_p"]
                for draw, p in by_draw:
                    yield share_row(f"... draw {draw}", p, bounds=None, wanted=N_SESSIONS)
        parts = [one for _, one in signals.groupby("session", sort=False)]
        halves = pd.concat(list(pool.map(score_halves, parts)), ignore_index=True)
    table = sessions.merge(scores.drop(columns="dyad"), on="session")
    reliability = reliability_of_scores(halves, table, within=["age", "partner"], n_resamples=999)
    for row in reliability[reliability["term"] == "split_half_interleaved"].itertuples():
        if np.isfinite(row.estimate):
            yield Row(
                f"split halves, 2 min, coded sessions: {row.score}", "reported", row.estimate,
                row.ci_low, row.ci_high, int(row.n_sessions), "-",
                f"{row.n_left_out} left out" if row.n_left_out else "",
            )  # fmt: skip


def _scores(signals: pd.DataFrame) -> pd.DataFrame:
    return score_session(signals).by_session
