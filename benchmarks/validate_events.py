"""Check what docs/scoring.md says of events, answers and states, on simulated and coded dyads.

    python benchmarks/validate_events.py                  # about two minutes
    python benchmarks/validate_events.py --dyads 40       # smaller samples
    python benchmarks/validate_events.py --only coded     # the groups whose name holds the text

One line a property: what is required, what was found (with its Monte Carlo standard error where it
is a share), whether it passed. The coded sessions need ../shared beside the project.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from attunement.codes import codes_to_signals
from attunement.config import Config
from attunement.scoring.interaction import interactions
from attunement.simulation import simulate_dyad

CODES = Path(__file__).resolve().parents[2] / "shared/data/parent_infant_affect/codes_15hz.csv.gz"
Row = tuple[str, str, str, bool | None]


def score(signals: pd.DataFrame) -> dict[str, float]:
    """Return a session's scores of events and states, without its windows."""
    found = next(interactions(signals))
    return found.scores(found.trains, Config())


def smile_dyad(seed: int, *, answered: float, duration_s: float = 180.0) -> pd.DataFrame:
    """Simulate smiles of both partners; each of the infant's is answered with this probability.

    Smiles last 1.5 to 4 s and come every 6 to 14 s; the caregiver's own come at that pace too. An
    answer starts .3 to 1.5 s after the infant's smile.
    """
    rng = np.random.default_rng(seed)
    n = round(duration_s * 10)
    people = {"infant": np.zeros(n + 100), "caregiver": np.zeros(n + 100)}
    for person in people:
        at = int(rng.uniform(0, 100))
        while at < n:
            people[person][at : at + int(rng.uniform(15, 40))] = rng.uniform(1.2, 2.5)
            if person == "infant" and rng.random() < answered:
                start = at + int(rng.uniform(3, 16))
                people["caregiver"][start : start + int(rng.uniform(15, 40))] += 1.5
            at += int(rng.uniform(60, 140))
    noise = 0.1 * rng.standard_normal((2, n))
    parts = [
        pd.DataFrame(
            {"session": f"smiles-{seed}", "episode": "all", "time_s": np.arange(n) / 10,
             "person": person, "smile": series[:n] + noise[k],
             "valence": series[:n] + noise[k], "usable": True}
        )
        for k, (person, series) in enumerate(people.items())
    ]  # fmt: skip
    return pd.concat(parts)


def slow_dyad(seed: int, **settings: float) -> pd.DataFrame:
    """Simulate two AR(1) series in units of their own sd, as z are."""
    signals, _ = simulate_dyad(seed=seed, **settings)
    return signals.assign(
        valence=signals["valence"] / signals.groupby("person")["valence"].transform("std")
    )


def share(p: pd.Series) -> tuple[float, str]:
    hit = float((p.dropna() <= 0.05).mean())
    error = float(np.sqrt(hit * (1 - hit) / max(1, p.notna().sum())))
    return hit, f"{hit:.3f} ({error:.3f}), {p.notna().sum()} with p"


def independent(n: int) -> Iterator[Row]:
    """Count false positives where the partners have nothing in common."""
    cases = {
        "smiles at random, 180 s": lambda k: smile_dyad(k, answered=0.0),
        "smiles at random, 120 s": lambda k: smile_dyad(k, answered=0.0, duration_s=120.0),
        "AR(1), phi .97, 180 s": lambda k: slow_dyad(k),
        "AR(1), phi .97, 20 % missing": lambda k: slow_dyad(k, missing_share=0.2),
        "AR(1), phi .99, 120 s": lambda k: slow_dyad(k, duration_s=120.0, autocorrelation=0.99),
    }
    for name, make in cases.items():
        found = pd.DataFrame([score(make(seed)) for seed in range(n)])
        for column in ("contingency_p", "matched_share_p", "repair_rate_p"):
            hit, said = share(found[column])
            yield f"false positives, {column}: {name}", ".02 to .08", said, 0.02 <= hit <= 0.08


def planted(n: int) -> Iterator[Row]:
    """Count what is found where answers or coupling were planted."""
    for probability in (0.25, 0.5, 0.75):
        found = pd.DataFrame([score(smile_dyad(k, answered=probability)) for k in range(n // 2)])
        _, said = share(found["contingency_p"])
        excess, error = found["contingency"].mean(), found["contingency"].sem()
        yield (
            f"planted answers to {probability:.0%} of smiles, 180 s: contingency; p <= .05",
            "reported",
            f"{excess:.3f} ({error:.3f}); {said}",
            None,
        )
    found = pd.DataFrame([score(slow_dyad(k, mirroring=0.4)) for k in range(n // 2)])
    for column in ("contingency_p", "matched_share_p", "repair_rate_p"):
        yield f"simulation A, coupled, 180 s: {column}", "reported", share(found[column])[1], None


def coded_signals() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the signals of the coded sessions, and who is in each."""
    codes = pd.read_csv(CODES)
    parts = [
        pd.DataFrame({"session": codes["Observation"], "person": person, "time_s": codes["t_s"],
                      "code": codes[f"{name}_aff"], "intensity": codes[f"{name}_aff_int"]})
        for person, name in (("infant", "child"), ("caregiver", "adult"))
    ]  # fmt: skip
    return (
        codes_to_signals(pd.concat(parts)),
        codes.groupby("Observation")[["ID", "age_months", "partner"]].first(),
    )


def pseudo(tables: dict[str, pd.DataFrame], who: pd.DataFrame, seed: int) -> Iterator[pd.DataFrame]:
    """Yield every infant beside a random adult of the same role and age from another family."""
    rng = np.random.default_rng(seed)
    for session, row in who.iterrows():
        same = (who["age_months"] == row["age_months"]) & (who["partner"] == row["partner"])
        others = who.index[same & (who["ID"] != row["ID"])]
        other = tables[str(others[rng.integers(len(others))])]
        own = tables[str(session)]
        infant = own[own["person"] == "infant"].sort_values("time_s")
        adult = other[other["person"] == "caregiver"].sort_values("time_s")
        n = min(len(infant), len(adult))
        infant, adult = infant.iloc[:n], adult.iloc[:n]
        adult = adult.assign(session=session, time_s=infant["time_s"].to_numpy())
        yield pd.concat([infant, adult])


def coded(n: int) -> Iterator[Row]:  # noqa: ARG001
    """Compare the coded sessions with pseudo pairs of them."""
    if not CODES.is_file():
        yield "coded sessions", "../shared", "not here", None
        return
    signals, who = coded_signals()
    tables = {str(session): rows for session, rows in signals.groupby("session")}
    found, smiles = [], []
    for told in interactions(signals):
        found.append(told.scores(told.trains, Config()))
        smiles.append(told.events[told.events["channel"] == "smile"])
    real = pd.DataFrame(found, index=list(tables)).join(who)
    continuing = pd.concat(smiles)["continuing"]
    yield (
        "coded, infant positive onsets that find the adult positive", ".84 (prototype)",
        f"{continuing.mean():.3f} of {continuing.notna().sum()}", None,
    )  # fmt: skip
    for column in ("contingency_smile", "contingency", "matched_share_excess"):
        values = (
            real["matched_share"] - real["matched_share_expected"]
            if column == "matched_share_excess"
            else real[column]
        )
        family = values.groupby(real["ID"]).mean().dropna()
        needed = ".105 (SE .015) (prototype)" if column == "contingency_smile" else "reported"
        yield (
            f"coded, {column}, mean of families", needed,
            f"{family.mean():.3f} (SE {family.sem():.3f}), {len(family)} families, "
            f"{values.notna().sum()} sessions", None,
        )  # fmt: skip
    draws = [
        pd.DataFrame([score(table) for table in pseudo(tables, who, seed)]) for seed in range(2)
    ]
    for column in ("contingency_p", "contingency_smile_p", "matched_share_p", "repair_rate_p"):
        yield f"coded, real pairs: {column}", "reported", share(real[column])[1], None
        for seed, drawn in enumerate(draws):
            hit, said = share(drawn[column])
            yield f"coded, pseudo pairs, draw {seed}: {column}", "<= .08", said, hit <= 0.08


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dyads", type=int, default=200)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print("| property | required | found | passed |\n| --- | --- | --- | --- |")
    for group in (independent, planted, coded):
        if options.only in group.__name__:
            for title, needed, found, passed in group(options.dyads):
                said = {True: "yes", False: "NO", None: "-"}[passed]
                print(f"| {title} | {needed} | {found} | {said} |", flush=True)


if __name__ == "__main__":
    main()
