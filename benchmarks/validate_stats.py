"""Simulated studies with known truth: false positives, coverage and power of the stats layer.

Run ``nice python benchmarks/validate_stats.py --studies 1000`` (over an hour of one core);
``--only "continuous;binary"`` picks parts. Prints one row a part; `docs/association.md` holds
the figures.
"""

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.special import expit

from attunement.errors import AssociationError
from attunement.stats.association import cross_validate, fit_association, good_enough

FAMILIES = 60
Study = tuple[pd.DataFrame, dict[str, object], float]


def base(rng: np.random.Generator, families: int, dyads: int, sessions: int) -> pd.DataFrame:
    """Ids of families with `dyads` partners, each seen `sessions` times, and their effects."""
    family = np.repeat(np.arange(families), dyads * sessions)
    dyad = np.repeat(np.arange(families * dyads), sessions)
    table = pd.DataFrame({"family": family, "dyad": dyad, "session": np.arange(len(dyad))})
    table["mirroring"] = (
        0.6 * rng.normal(size=families)[family]
        + 0.5 * rng.normal(size=families * dyads)[dyad]
        + 0.6 * rng.normal(size=len(dyad))
    )
    table["shared"] = 0.6 * rng.normal(size=families)[family]
    return table


def one_row(kind: str, slope: float) -> Callable[[np.random.Generator], Study]:
    """One dyad a family; a covariate that is correlated with the score."""

    def draw(rng: np.random.Generator) -> Study:
        table = base(rng, FAMILIES, 1, 1)
        n = len(table)
        table["rate"] = 0.4 * table["mirroring"] + rng.normal(size=n)
        eta = slope * table["mirroring"].to_numpy() + 0.3 * table["rate"].to_numpy()
        options: dict[str, object] = {"covariates": "rate"}
        if kind == "continuous":
            # Spread grows with the score, so that plain standard errors would be wrong.
            table["y"] = eta + rng.normal(size=n) * (0.6 + 0.4 * np.abs(table["mirroring"]))
        elif kind == "binary":
            table["y"] = (rng.random(n) < expit(eta - 0.4)).astype(int)
        elif kind == "ordered":
            table["y"] = np.digitize(eta + rng.logistic(size=n), [-1.0, 0.0, 1.0])
        elif kind == "unordered":
            # The slope sets b against a; c is like a.
            utility = np.column_stack([np.zeros(n), eta, 0.2 * np.ones(n)])
            table["y"] = np.argmax(utility + rng.gumbel(size=(n, 3)), axis=1)
            table["y"] = table["y"].map({0: "a", 1: "b", 2: "c"})
        elif kind == "count":
            table["y"] = rng.poisson(np.exp(1 + eta) * rng.gamma(2, 0.5, size=n))
        else:
            times = rng.exponential(np.exp(-eta))
            stop = rng.exponential(2.0, size=n)
            table["y"], table["seen"] = np.minimum(times, stop), (times <= stop).astype(int)
            options["event"] = "seen"
        return table, {"kind": kind, **options}, slope

    return draw


def clustered(
    families: int, repeated: str, sessions: int, slope: float, *, kind: str = "continuous"
) -> Callable[[np.random.Generator], Study]:
    """Three partners a family, outcome and score both alike within families."""

    def draw(rng: np.random.Generator) -> Study:
        table = base(rng, families, 3, sessions)
        own = rng.normal(size=families * 3)[table["dyad"]]
        noise = 0.5 * rng.normal(size=len(table)) if repeated != "mean" else 0
        eta = slope * table["mirroring"] + table["shared"] + own + noise
        if kind == "binary":
            latent = slope * table["mirroring"] + 1.5 * table["shared"]
            table["y"] = (rng.random(len(table)) < expit(latent)).astype(int)
        else:
            table["y"] = eta
        return table, {"kind": kind, "repeated": repeated}, slope

    return draw


def parts() -> dict[str, Callable[[np.random.Generator], Study]]:
    """Every simulated design by name; the slope 0 gives false positives, all give coverage."""
    found = {}
    for kind in ("continuous", "binary", "ordered", "unordered", "count", "time"):
        found[kind] = one_row(kind, 0.0)
    found["continuous, slope .4"] = one_row("continuous", 0.4)
    found["binary, slope .6"] = one_row("binary", 0.6)
    found["dyads in families"] = clustered(60, "mean", 1, 0.0)
    found["dyads in 20 families"] = clustered(20, "mean", 1, 0.0)
    found["binary, dyads in families"] = clustered(60, "mean", 1, 0.0, kind="binary")
    found["sessions clustered"] = clustered(60, "cluster", 2, 0.0)
    found["mixed"] = clustered(60, "mixed", 2, 0.0)
    return found


def judge(
    draw: Callable[[np.random.Generator], Study], *, studies: int, permutations: int, seed: int
) -> dict[str, float]:
    """Return the share of studies with p below .05, and with the truth inside the interval."""
    results = np.array(list(_outcomes(draw, studies, permutations, seed)))
    wald, permuted, inside = results[:, 0], results[:, 1], results[:, 2]
    used = np.isfinite(wald)
    return {
        "studies": int(used.sum()),
        "refused": int((~used).sum()),
        "p_below_05": float((wald[used] < 0.05).mean()),
        "permutation_below_05": float((permuted[used] < 0.05).mean()),
        "coverage": float(inside[used].mean()),
    }


def _outcomes(
    draw: Callable[[np.random.Generator], Study], studies: int, permutations: int, seed: int
) -> Iterator[tuple[float, float, float]]:
    for study in range(studies):
        table, options, slope = draw(np.random.default_rng([seed, study]))
        try:
            result = fit_association(
                table,
                outcome="y",
                predictors="mirroring",
                n_permutations=permutations,
                seed=study,
                **options,  # type: ignore[arg-type]
            )
        except AssociationError:
            yield np.nan, np.nan, np.nan
            continue
        row = result.table[result.table["role"] == "predictor"].iloc[0]
        yield row["p"], row["p_permutation"], float(row["ci_low"] <= slope <= row["ci_high"])


def judge_midrange(n_dyads: int, *, studies: int, seed: int) -> dict[str, float]:
    """Return how often a square and two lines find a best middle where the truth levels off."""
    square = lines = 0
    for study in range(studies):
        rng = np.random.default_rng([seed, n_dyads, study])
        x = rng.normal(size=n_dyads)
        y = 1 - np.exp(-1.2 * np.maximum(x + 2, 0)) + 0.5 * rng.normal(size=n_dyads)
        table = pd.DataFrame({"dyad": np.arange(n_dyads), "mirroring": x, "y": y})
        result = good_enough(table, outcome="y", predictor="mirroring")
        first = result.table.iloc[0]
        square += bool(first["p"] < 0.05 and first["estimate"] < 0)
        lines += result.diagnostics["shape"] != "not shown"
    return {"square": square / studies, "two_lines": lines / studies}


def judge_prediction(slope: float, *, studies: int, seed: int) -> dict[str, float]:
    """Return how often the interval of the AUC holds what the procedure finds on average.

    One dyad in each of 100 families, two scores of which the second predicts nothing. Without a
    slope the truth is .5; with one it is the mean of the estimates, which depends on how many
    families are learnt from and has no closed form.
    """
    found = []
    for study in range(studies):
        rng = np.random.default_rng([seed, study])
        table = pd.DataFrame(rng.normal(size=(100, 2)), columns=["mirroring", "markedness"])
        table["dyad"] = table["family"] = np.arange(100)
        table["session"] = np.arange(100)
        table["y"] = (rng.random(100) < expit(slope * table["mirroring"] - 0.4)).astype(int)
        result = cross_validate(
            table, outcome="y", predictors=["mirroring", "markedness"], kinds={"y": "binary"},
            n_repeats=2, n_bootstrap=100, seed=study,
        )  # fmt: skip
        found.append(result.table.iloc[0][["estimate", "ci_low", "ci_high"]].astype(float))
    table = pd.DataFrame(found)
    truth = table["estimate"].mean() if slope else 0.5
    return {
        "studies": studies,
        "mean_auc": table["estimate"].mean(),
        "coverage": table["ci_low"].le(truth).mul(table["ci_high"].ge(truth)).mean(),
        "width": (table["ci_high"] - table["ci_low"]).mean(),
    }


def judge_separated(kind: str, *, studies: int, seed: int) -> dict[str, float]:
    """Return how often the penalised interval holds a log odds ratio of 6 an SD.

    20 dyads and three categories, of which the steep score often separates some; only studies that
    it separated count. Of an unordered outcome the second category is compared with the first.
    """
    inside = []
    for study in range(studies):
        rng = np.random.default_rng([seed, study])
        x = rng.normal(size=20)
        if kind == "ordered":
            y = np.digitize(6 * x + rng.logistic(size=20), [-1.0, 1.0])
        else:
            y = np.argmax(np.outer(x, [0, 6, -3]) + rng.gumbel(size=(20, 3)), axis=1)
        if len(np.unique(y)) < 3:
            continue
        table = pd.DataFrame({"dyad": np.arange(20), "mirroring": x, "y": y})
        fitted = fit_association(
            table, outcome="y", kind=kind, predictors="mirroring", n_permutations=0
        )
        if fitted.diagnostics["penalised"]:
            row = fitted.table[fitted.table["role"] == "predictor"].iloc[0]
            inside.append(row["ci_low"] <= 6 <= row["ci_high"])
    return {"studies": studies, "separated": len(inside), "coverage": float(np.mean(inside))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--permutations", type=int, default=499)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    chosen = parts()
    predictions = {"prediction, no signal": 0.0, "prediction, slope .8": 0.8}
    separated = [f"{kind}, separated" for kind in ("ordered", "unordered")]
    if options.only:
        wanted = options.only.split(";")
        predictions = {name: slope for name, slope in predictions.items() if name in wanted}
        separated = [name for name in separated if name in wanted]
        chosen = {name: chosen[name] for name in wanted if name in chosen}
    if not options.only:
        for n_dyads in (60, 134, 300):
            found = judge_midrange(n_dyads, studies=options.studies // 4, seed=options.seed)
            print(f"levelling off, {n_dyads} dyads: {found}", flush=True)
    for name, draw in chosen.items():
        start = time.process_time()
        found = judge(
            draw, studies=options.studies, permutations=options.permutations, seed=options.seed
        )
        shown = "  ".join(f"{key} {value:.4g}" for key, value in found.items())
        print(f"{name}: {shown}  ({time.process_time() - start:.0f} s)", flush=True)
    for name, slope in predictions.items():
        found = judge_prediction(slope, studies=options.studies // 5, seed=options.seed)
        print(f"{name}: {found}", flush=True)
    for name in separated:
        found = judge_separated(
            name.partition(",")[0], studies=options.studies // 5, seed=options.seed
        )
        print(f"{name}: {found}", flush=True)


if __name__ == "__main__":
    main()
