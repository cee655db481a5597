"""Separation is found, named and met with a penalty; ordinary data are not accused of it."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from scipy.special import expit

from attunement.errors import AssociationError
from attunement.stats.association import bootstrap, fit_association
from attunement.stats.association.design import Design
from attunement.stats.association.firth import fit_firth, profile
from attunement.stats.association.likelihoods import likelihood
from attunement.stats.association.penalised import fit_penalised
from attunement.stats.association.profiles import profile_penalised
from attunement.stats.association.separation import find_separation

KINDS = ("binary", "ordered", "unordered", "count", "time")
N = 60


def design(kind, y, x, event=None):
    n = len(y)
    x = np.asarray(x, float).reshape(n, -1)
    names = tuple(f"x{k}" for k in range(x.shape[1]))
    levels = tuple(f"{v:g}" for v in np.unique(y)) if kind in KINDS[:3] else ()
    rows = np.arange(n)
    return Design(
        kind=kind, y=np.asarray(y, float), x=x, names=names, terms=names,
        roles=("predictor",) * len(names), levels=levels,
        event=np.ones(n) if event is None else np.asarray(event, float),
        offset=np.zeros(n), clusters=rows, partners=rows, dyads=rows,
    )  # fmt: skip


def table(y, **columns):
    rng = np.random.default_rng(9)
    ids = [f"d{k}" for k in range(len(y))]
    return pd.DataFrame(
        {"dyad": ids, "family": ids, "age": rng.normal(size=len(y)), "y": y}
    ).assign(**columns)


@pytest.fixture
def score():
    return np.random.default_rng(0).normal(size=N)


@pytest.fixture
def group():
    return np.where(np.arange(N) % 3 == 0, "late", "early")


# The condition of no separation, written as the dual program with every constraint in full.


def inequalities(kind, y, x, event):
    z, n_levels, k = np.column_stack([np.ones(len(y)), x]), len(np.unique(y)), x.shape[1]
    rows = []
    if kind == "binary":
        return (2 * y - 1)[:, None] * z, np.empty((0, k + 1))
    if kind == "count":
        return -z[y == 0], z[y > 0]
    for i in range(len(y)):
        if kind == "ordered":
            for cut in range(n_levels - 1):
                sign = 1 if y[i] <= cut else -1
                row = np.concatenate([np.zeros(n_levels - 1), -sign * x[i]])
                row[cut] = sign
                rows.append(row)
        elif kind == "unordered":
            for other in set(range(n_levels)) - {int(y[i])}:
                block = np.zeros((n_levels, k + 1))
                block[int(y[i])] += z[i]
                block[other] -= z[i]
                rows.append(block[1:].ravel())
        elif event[i]:
            rows += [x[i] - x[j] for j in range(len(y)) if y[j] >= y[i] and j != i]
    found = np.array(rows)
    return found, np.empty((0, found.shape[1]))


def is_separated(kind, y, x, event):
    """No weights of at least 1 balance the inequalities: Stiemke's lemma."""
    rows, equal = inequalities(kind, y, x, event)
    if not len(rows):
        return False
    balance = np.hstack([rows.T, equal.T])
    bounds = [(1, None)] * len(rows) + [(None, None)] * len(equal)
    answer = linprog(
        np.zeros(balance.shape[1]), A_eq=balance, b_eq=np.zeros(len(balance)), bounds=bounds
    )
    return answer.status == 2


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 2**32 - 1))
def test_the_program_agrees_with_its_dual(kind, seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(8, 26)), int(rng.integers(1, 3))
    x = rng.normal(size=(n, k))
    x[:, 0] = rng.integers(0, 2, n) if rng.random() < 0.5 else x[:, 0]
    eta = x @ rng.normal(size=k) * rng.choice([0, 1, 4, 20])
    event = np.ones(n)
    if kind == "binary":
        y = (eta + rng.logistic(size=n) > 0).astype(float)
    elif kind == "count":
        y = rng.poisson(np.exp(np.clip(eta - 1, -20, 3))).astype(float)
    elif kind == "time":
        y, event = np.round(rng.exponential(size=n) * np.exp(-eta), 2) + 0.01, rng.random(n) < 0.7
    else:
        y = np.digitize(eta + rng.logistic(size=n), [-1, 1]).astype(float)
    y_levels = np.unique(y)
    wanted = {"binary": 2, "ordered": 3, "unordered": 3}.get(kind, 1)
    full = np.linalg.matrix_rank(np.column_stack([np.ones(n), x])) == k + 1
    if len(y_levels) < wanted or not full or not np.any(event) or (kind == "count" and not y.any()):
        return
    found = find_separation(design(kind, y, x, event))
    assert (found is not None) == is_separated(kind, y, x, event)


@pytest.mark.parametrize("kind", KINDS)
def test_ordinary_data_are_not_accused(kind):
    rng = np.random.default_rng(3)
    for _ in range(60):
        x = np.column_stack([rng.normal(size=N), rng.random(N) < 0.4])
        eta = x[:, 0] + rng.logistic(size=N)
        y = {
            "binary": eta > 0, "ordered": np.digitize(eta, [-1, 1]),
            "unordered": rng.integers(0, 3, N), "count": rng.poisson(1, N),
            "time": rng.exponential(size=N),
        }[kind]  # fmt: skip
        assert find_separation(design(kind, np.asarray(y, float), x, rng.random(N) < 0.7)) is None


# What is given instead.


@pytest.mark.parametrize("kind", ["ordered", "unordered"])
def test_with_two_categories_the_penalty_is_firths(kind, score):
    x = np.column_stack([score, np.random.default_rng(1).normal(size=N)])
    y = (score > 0).astype(float)
    of_two = fit_firth(y, np.column_stack([np.ones(N), x]))
    model = likelihood(design(kind, y, x))
    fit = fit_penalised(model)
    place = 0 if kind == "ordered" else 1
    np.testing.assert_allclose((model.reported @ fit.params)[place:], of_two.beta[1:], rtol=1e-4)
    expected = profile(y, np.column_stack([np.ones(N), x]), of_two, 1, alpha=0.05)
    found = profile_penalised(model, fit, place, spread=5.0, alpha=0.05)
    np.testing.assert_allclose(found[:4], expected, rtol=1e-3)


def test_counts_of_groups_get_half_a_count_more(group):
    counts = np.where(group == "late", 0, np.arange(N) % 4).astype(float)
    late = group == "late"
    model = likelihood(design("count", counts, late))
    intercept, slope = model.reported @ fit_penalised(model).params
    assert np.exp(intercept) == pytest.approx((counts[~late].sum() + 0.5) / (~late).sum(), rel=1e-5)
    assert np.exp(intercept + slope) == pytest.approx(0.5 / late.sum(), rel=1e-5)


def separated_by_score(kind, score):
    y = np.digitize(score, [-0.8, 0.3])
    return table(np.array(["a", "b", "c"])[y] if kind == "unordered" else y, mirroring=score)


@pytest.mark.parametrize("kind", ["ordered", "unordered"])
def test_a_score_that_separates_is_named_with_its_categories(kind, score):
    result = fit_association(
        separated_by_score(kind, score), outcome="y", kind=kind, predictors="mirroring",
        covariates="age", n_permutations=99,
    )  # fmt: skip
    rows = result.table[result.table["role"] == "predictor"]
    assert np.isfinite(rows[["estimate", "ci_low", "ci_high", "p"]].to_numpy()).all()
    assert (rows["ci_low"] > 0).all()
    assert (rows["p_permutation"] == 0.01).all()
    assert rows["note"].str.startswith("penalised likelihood: separated by mirroring").all()
    warning = result.diagnostics["warnings"][0]
    assert warning.startswith("Separation (complete): mirroring tells categories of y apart (")
    first = "a" if kind == "unordered" else "0"
    low, high = score[score < -0.8].min(), score[score < -0.8].max()
    assert f"({first} at {low:.2f} to {high:.2f}, ".replace("-", "\u2212") in warning
    assert warning in result.notes
    assert "converge" not in result.text


def test_a_group_without_a_category_is_named(group):
    rng = np.random.default_rng(2)
    y = np.where(group == "late", 2, rng.integers(0, 3, N))
    result = fit_association(
        table(y, group=group), outcome="y", kind="ordered", predictors="group", n_permutations=0
    )
    row = result.table.iloc[0]
    assert 0 < row["estimate"] < 10  # maximum likelihood stops at 16 and more, with p near 1
    assert row["p"] < 0.001
    warning = result.diagnostics["warnings"][0]
    assert "(quasi-complete): none of the 20 dyads with group late has y 0 or 1. " in warning


def test_a_group_without_events_is_named(group):
    rng = np.random.default_rng(2)
    data = table(rng.exponential(size=N), group=group, seen=(group == "early").astype(int))
    result = fit_association(
        data, outcome="y", kind="time", predictors="group", event="seen", n_permutations=0
    )
    assert "none of the 20 dyads with group late has an event" in result.notes[0]
    assert np.isfinite(result.table[["estimate", "ci_low", "ci_high"]].to_numpy()).all()


def test_families_that_agree_give_no_false_precision(group):
    """A jackknife of estimates that rest on a penalty has hardly any spread."""
    rng = np.random.default_rng(2)
    counts = np.where(group == "late", 0, rng.poisson(2, N))
    result = fit_association(
        table(counts, group=group), outcome="y", kind="count", predictors="group",
        n_permutations=99,
    )  # fmt: skip
    intercept, slope = result.table.to_dict("records")
    assert np.isfinite(intercept["std_error"])
    assert np.isnan([slope[name] for name in ("std_error", "ci_low", "ci_high", "p")]).all()
    assert slope["p_permutation"] == 0.01
    assert "no interval and no p" in result.text
    assert any("do not tell how far an estimate varies" in note for note in result.notes)


def test_a_bootstrap_gives_no_false_precision_either(group):
    rng = np.random.default_rng(2)
    y = np.where(group == "late", 2, rng.integers(0, 3, N))
    result = fit_association(
        table(y, group=group), outcome="y", kind="ordered", predictors=["group", "age"],
        n_permutations=0,
    )  # fmt: skip
    assert result.diagnostics["separated"] == ("group[late]",)
    apart, age = bootstrap(result, n=20).to_dict("records")
    assert np.isnan([apart[name] for name in ("std_error", "ci_low", "ci_high")]).all()
    assert np.isfinite([age[name] for name in ("std_error", "ci_low", "ci_high")]).all()


def test_a_fit_that_rests_on_one_family_says_which_separation_it_holds_off(group):
    rng = np.random.default_rng(2)
    counts = np.where(group == "late", 0, rng.poisson(2, N))
    counts[np.flatnonzero(group == "late")[0]] = 1
    with pytest.raises(AssociationError, match=r"rests on that family .*19 dyads with group late"):
        fit_association(table(counts, group=group), outcome="y", kind="count", predictors="group")


def test_a_steep_slope_that_just_overlaps_is_no_failure():
    rng = np.random.default_rng([1, 4])
    x = rng.normal(size=20)
    y = np.digitize(6 * x + rng.logistic(size=20), [-1.0, 1.0])
    assert find_separation(design("ordered", y, x)) is None
    result = fit_association(
        table(y, mirroring=x), outcome="y", kind="ordered", predictors="mirroring",
        n_permutations=0,
    )  # fmt: skip
    row = result.table.iloc[0]
    assert 0 < row["ci_low"] < 6 < row["ci_high"]
    assert any("nearly separate" in note for note in result.notes)
    assert result.diagnostics["separated"] == ()


def test_two_columns_that_separate_only_together_are_both_named():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(N, 2))
    y = np.digitize(x.sum(1), [-0.5, 0.5])
    result = fit_association(
        table(y, one=x[:, 0], two=x[:, 1]), outcome="y", kind="ordered",
        predictors=["one", "two"], n_permutations=0,
    )  # fmt: skip
    assert "one and two together tell categories of y apart" in result.notes[0]


def test_without_the_penalty_separation_is_an_error_that_names_it(score):
    for kind in ("ordered", "unordered"):
        with pytest.raises(AssociationError, match="mirroring tells categories of y apart"):
            fit_association(
                separated_by_score(kind, score), outcome="y", kind=kind, predictors="mirroring",
                firth=False,
            )  # fmt: skip


# Few cases without separation.


def test_a_category_with_a_single_case_carries_a_note(score):
    y = np.array(["a", "b"])[np.random.default_rng(1).integers(0, 2, N)].astype(object)
    y[7] = "c"
    result = fit_association(
        table(y, mirroring=score), outcome="y", kind="unordered", predictors="mirroring",
        n_permutations=0,
    )  # fmt: skip
    notes = result.table.set_index("term")["note"]
    assert notes["mirroring [c vs a]"] == "c has 1 case"
    assert notes["mirroring [b vs a]"] == ""
    assert any("category c of y has a single dyad" in w for w in result.diagnostics["warnings"])


def test_sparse_cells_are_counted():
    rng = np.random.default_rng(1)
    group = np.where(np.arange(N) < 6, "late", "early")
    y = rng.integers(0, 3, N)
    y[:6] = [0, 0, 0, 1, 1, 2]
    result = fit_association(
        table(y, group=group), outcome="y", kind="ordered", predictors="group", n_permutations=0
    )
    cells = next(w for w in result.diagnostics["warnings"] if w.startswith("Cells of y by group"))
    assert "late and 0: 3, late and 1: 2, late and 2: 1" in cells
    assert "early" not in cells


@pytest.mark.parametrize("kind", KINDS)
def test_enough_cases_carry_no_warning(kind):
    rng = np.random.default_rng(4)
    x, group = rng.normal(size=200), np.array(["u", "v"])[np.arange(200) % 2]
    y = {
        "binary": rng.integers(0, 2, 200), "ordered": rng.integers(0, 3, 200),
        "unordered": np.array(["a", "b", "c"])[rng.integers(0, 3, 200)],
        "count": rng.poisson(2, 200), "time": rng.exponential(size=200),
    }[kind]  # fmt: skip
    event = {"event": "seen"} if kind == "time" else {}
    result = fit_association(
        table(y, mirroring=x, group=group, seen=1), outcome="y", kind=kind,
        predictors=["mirroring", "group"], n_permutations=0, **event,
    )  # fmt: skip
    assert result.diagnostics["warnings"] == ()
    assert not result.diagnostics["penalised"]
    assert (result.table["note"] == "").all()


# The profile of the penalised likelihood, against the likelihood written plainly.


def plain_ordered(y, x, params, n_cuts):
    """Half the log-determinant and the log-likelihood of proportional odds, as in a textbook."""
    cuts = params[0] + np.concatenate([[0.0], np.cumsum(np.exp(np.minimum(params[1:n_cuts], 30)))])
    z = cuts[None, :] - (x @ params[n_cuts:])[:, None]
    edges = np.column_stack([np.full(len(y), -np.inf), z, np.full(len(y), np.inf)])
    low, high = edges[:, :-1], edges[:, 1:]
    p = np.where(low > 0, expit(-low) - expit(-high), expit(high) - expit(low))
    p = np.maximum(p, 1e-290)
    dense = expit(edges) * expit(-edges)
    information = 0.0
    for j in range(n_cuts + 1):
        slope = np.zeros((len(y), len(params)))
        if j < n_cuts:
            slope[:, j] += dense[:, j + 1]
        if j > 0:
            slope[:, j - 1] -= dense[:, j]
        slope[:, n_cuts:] = -x * (dense[:, j + 1] - dense[:, j])[:, None]
        information = information + (slope / p[:, [j]]).T @ slope
    sign, log_det = np.linalg.slogdet(information)
    return np.log(p[range(len(y)), y.astype(int)]).sum() + log_det / 2 if sign > 0 else -1e8


def plain_maximum(y, x, held):
    """The best of Nelder and Mead's searches from starts of every size."""
    best = -np.inf
    between = [(x[y == k, 0].max() + x[y == k + 1, 0].min()) / 2 for k in range(2)]
    for size, beside in itertools.product((5.0, 10.0, 20.0), (0.0, 3.0)):
        gap = np.log(size * (between[1] - between[0]))
        begin = np.array([size * between[0], gap, size, beside])
        keep = [k for k in range(4) if k != held]

        def cost(free, keep=keep):
            params = np.zeros(4)
            params[keep] = free
            return -plain_ordered(y, x, params, 2)

        free = begin[keep]
        for _ in range(3):
            options = {"maxiter": 4000, "maxfev": 4000, "xatol": 1e-6, "fatol": 1e-9}
            done = minimize(cost, free, method="Nelder-Mead", options=options)
            done = min(minimize(cost, done.x, method="BFGS"), done, key=lambda each: each.fun)
            free = done.x
        best = max(best, -done.fun)
    return best


def of_noise_beside_a_score_that_separates():
    x = np.array(
        [-2.711996, -1.974356, -1.512227, -1.376742, -1.331244, -1.070185, -0.978571, -0.846749,
         -0.552739, -0.501444, -0.416591, -0.282131, -0.197057, -0.174192, -0.144809, -0.042873,
         0.041014, 0.303409, 0.321707, 0.415285]
    )  # fmt: skip
    group = np.array([letter == "b" for letter in "bbaabaaaaaaaaaaabaaa"])
    return np.repeat([0.0, 1.0, 2.0], [7, 6, 7]), np.column_stack([x, group])


def test_noise_beside_a_score_that_separates_has_the_p_of_the_plain_likelihood():
    y, x = of_noise_beside_a_score_that_separates()
    data = table(y, mirroring=x[:, 0], group=np.where(x[:, 1] == 1, "b", "a"))
    expected = 2 * (plain_maximum(y, x, None) - plain_maximum(y, x, 3))
    assert expected == pytest.approx(0.082, abs=1e-3)
    for order in (["mirroring", "group"], ["group", "mirroring"]):
        result = fit_association(
            data, outcome="y", kind="ordered", predictors=order, n_permutations=0
        )
        row = result.table.set_index("term").loc["group[b]"]
        assert row["statistic"] ** 2 == pytest.approx(expected, abs=1e-3)
        assert row["p"] == pytest.approx(0.774, abs=2e-3)
        assert not row["ci_low"] > 0
        assert not row["ci_high"] < 0


def test_one_exchange_short_of_separation_walds_p_is_not_to_be_trusted():
    rng = np.random.default_rng(17)
    x = np.sort(rng.normal(size=30))
    y = np.repeat([1, 2, 3], 10)
    y[[9, 10]] = y[[10, 9]]
    result = fit_association(
        table(y, mirroring=x), outcome="y", kind="ordered", predictors="mirroring",
        n_permutations=0, firth=False,
    )  # fmt: skip
    assert "Wald's p is not to be trusted" in result.table["note"][0]
    assert any("nearly separate y" in warning for warning in result.diagnostics["warnings"])
