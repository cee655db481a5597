"""Ask of 289 coded sessions whether adults answer infants, and whether they differ in it.

58 infants at 4 and 8 months, two minutes each with mother, father and a stranger, facial affect
coded by people 15 times a second (Zaharieva et al., CC BY 4.0). The data lie in
../shared/data/parent_infant_affect beside the project and are not part of the package. Run it with:
python examples/parent_infant_affect.py --out somewhere

Chance is met twice: every score is an excess over circular shifts within its session, and stands
beside the same score of pseudo pairs (each infant with another family's adult of the same role and
age). The family is the unit throughout.
"""

import argparse
import time
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import ttest_1samp
from statsmodels.stats.multitest import multipletests

import attunement
from attunement.scoring import score_halves, score_session
from attunement.scoring.chance.pseudo_dyads import pseudo_dyads
from attunement.stats.reliability import reliability_of_scores, reliability_sentence
from attunement.workers import open_pool

DATA = Path(__file__).resolve().parents[2] / "shared/data/parent_infant_affect"
PARTNERS = {0: "mother", 1: "father", 2: "stranger"}
# Answers to positive onsets; following of affect; shared level of affect.
SCORES = ("contingency_smile", "mirroring", "congruence")


def read_codes() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the codes as `codes_to_signals` takes them, and one row a session."""
    raw = pd.read_csv(DATA / "codes_15hz.csv.gz")
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
    sessions = (
        raw.groupby("Observation", sort=False)
        .agg(family=("ID", "first"), age=("age_months", "first"), partner=("partner", "first"))
        .rename_axis("session")
        .reset_index()
    )
    sessions["partner"] = sessions["partner"].map(PARTNERS)
    sessions["family"] = sessions["family"].astype("str")
    sessions["dyad"] = sessions["family"] + "-" + sessions["partner"]
    return pd.concat(people, ignore_index=True), sessions


def score(signals: pd.DataFrame) -> pd.DataFrame:
    return score_session(signals).by_session


def in_workers(work, signals: pd.DataFrame, workers: int) -> pd.DataFrame:
    tables: Iterable[pd.DataFrame]
    with open_pool(workers) as pool:
        tables = pool.map(work, [one for _, one in signals.groupby("session", sort=False)])
        return pd.concat(list(tables), ignore_index=True)


def estimate(values: pd.Series, families: pd.Series) -> dict[str, object]:
    """Return mean and interval over families, each of them the mean of what it has."""
    own = values.groupby(families).mean().dropna()
    if len(own) < 2:
        return {"estimate": np.nan, "n_families": len(own)}
    test = ttest_1samp(own, 0)
    low, high = test.confidence_interval()
    return {"estimate": own.mean(), "ci_low": low, "ci_high": high, "statistic": test.statistic,
            "p": test.pvalue, "n_families": len(own)}  # fmt: skip


def against_pseudo(table: pd.DataFrame) -> pd.DataFrame:
    """Return, by score, real pairs, pseudo pairs, and what they differ by."""
    rows = []
    for name in SCORES:
        real, pseudo = table[name], table[f"{name}_pseudo"]
        for pairs, values in (("real", real), ("pseudo", pseudo), ("difference", real - pseudo)):
            n = int(values.notna().sum())
            rows.append({"score": name, "pairs": pairs, **estimate(values, table["family"]),
                         "n_sessions": n, "n_left_out": len(table) - n})  # fmt: skip
    return pd.DataFrame(rows)


def between_partners(table: pd.DataFrame) -> pd.DataFrame:
    """Return, by score and age, the difference of two partners of an infant, real - pseudo."""
    rows = []
    for name in SCORES:
        for age, part in table.groupby("age"):
            value = part[name] - part[f"{name}_pseudo"]
            by_partner = value.groupby([part["family"], part["partner"]]).mean().unstack()  # noqa: PD010
            for first, second in combinations(PARTNERS.values(), 2):
                difference = (by_partner[first] - by_partner[second]).dropna()
                row = estimate(difference, pd.Series(difference.index, difference.index))
                rows.append({"score": name, "age": age, "difference": f"{first} - {second}", **row,
                             "n_left_out": len(by_partner) - len(difference)})  # fmt: skip
    found = pd.DataFrame(rows)
    return found.assign(p_holm=multipletests(found["p"], method="holm")[1])


def main(out: Path, workers: int) -> None:
    if not DATA.is_dir():
        print("This example needs ../shared/data/parent_infant_affect, which is not here.")
        return
    out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    codes, sessions = read_codes()
    signals = attunement.codes_to_signals(codes)
    scores = in_workers(score, signals, workers)
    print(f"{len(scores)} sessions of {sessions['family'].nunique()} families scored from codes in "
          f"{time.perf_counter() - started:.0f} s with {workers} workers.")  # fmt: skip

    keys = sessions.set_index("session")
    strata = {session: (row.age, row.partner) for session, row in keys.iterrows()}
    paired, pairs = pseudo_dyads(signals, families=keys["family"].to_dict(), strata=strata)
    pseudo = in_workers(score, paired, workers).merge(pairs, on="session")
    table = sessions.merge(scores.drop(columns="dyad"), on="session")
    pseudo = pseudo.assign(session=pseudo["infant_session"])
    pseudo = pseudo[["session", "mirroring_p", *SCORES]]
    table = table.merge(pseudo, on="session", how="left", suffixes=("", "_pseudo"))
    table.to_csv(out / "scores.csv", index=False)
    for kind, column in (("real", "mirroring_p"), ("pseudo", "mirroring_p_pseudo")):
        known = table[column].dropna()
        print(f"mirroring at p <= .05 in {kind} pairs: {(known <= 0.05).mean():.3f} "
              f"of {len(known)}, {len(table) - len(known)} left out")  # fmt: skip

    overall, contrasts = against_pseudo(table), between_partners(table)
    overall.to_csv(out / "against_chance.csv", index=False)
    contrasts.to_csv(out / "between_partners.csv", index=False)
    print("\nDo adults answer? Excess over shifts, mean over families:")
    print(overall.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    cells = table.groupby(["age", "partner"])[[*SCORES]].agg(["mean", "count"]).round(3)
    print("\nBy age and partner:")
    print(cells.to_string())
    print("\nDo partners of the same infant differ (real - pseudo)?")
    print(contrasts.to_string(index=False, float_format=lambda value: f"{value:.3g}"))

    halves = in_workers(score_halves, signals, workers)
    reliability = reliability_of_scores(halves, table, scores=SCORES, within=["age", "partner"])
    reliability.to_csv(out / "reliability.csv", index=False)
    columns = ["score", "term", "estimate", "ci_low", "ci_high", "n_sessions", "n_families",
               "n_left_out", "reason"]  # fmt: skip
    print("\nHow reliable is a session's score?")
    print(reliability[columns].to_string(index=False, float_format=lambda value: f"{value:.2f}"))

    print("\nAnswer:")
    for name in SCORES:
        row = overall[(overall["score"] == name) & (overall["pairs"] == "difference")].iloc[0]
        verdict = "above" if row["ci_low"] > 0 else "not told apart from"
        print(
            f"- {name}: {verdict} pseudo pairs ({row['estimate']:+.3f} [{row['ci_low']:+.3f}, "
            f"{row['ci_high']:+.3f}]; {row['n_families']} families, {row['n_sessions']} sessions, "
            f"{row['n_left_out']} left out)."
        )
    clear = contrasts[contrasts["p_holm"] <= 0.05]
    print(f"- {len(clear)} of {len(contrasts)} differences between partners hold after Holm's "
          "correction" + (":" if len(clear) else "."))  # fmt: skip
    for row in clear.itertuples():
        print(f"  {row.score}, {row.age} months, {row.difference}: {row.estimate:+.3f} "
              f"[{row.ci_low:+.3f}, {row.ci_high:+.3f}], {row.n_families} families")  # fmt: skip
    print(f"- {reliability_sentence(reliability)}")
    print(f"All of it took {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("parent-infant-affect"))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    main(options.out, options.workers)
