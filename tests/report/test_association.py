"""The figure of an association: points, line, names with units, N; once in a notebook."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from attunement.errors import AssociationError
from attunement.report import plot_association
from attunement.stats.association import fit_association, good_enough

N = 60
KINDS = ("continuous", "binary", "ordered", "unordered", "count", "time")


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(0)
    x = rng.normal(0.3, 0.2, N)
    eta = 3 * x + rng.logistic(size=N)
    ids = [f"d{k}" for k in range(N)]
    return pd.DataFrame(
        {
            "dyad": ids, "family": ids, "mirroring": x, "age": rng.normal(size=N),
            "group": rng.choice(["early", "late"], N),
            "continuous": 3 * x + rng.normal(size=N), "binary": (eta > 1).astype(int),
            "ordered": np.digitize(eta, [0, 1.5]),
            "unordered": np.array(["a", "b", "c"])[np.digitize(eta, [0, 1.5])],
            "count": rng.poisson(np.exp(2 * x)), "time": rng.exponential(size=N),
            "seen": (rng.random(N) < 0.7).astype(int),
        }
    )  # fmt: skip


def fit(scores, kind, predictors="mirroring", **options):
    if kind == "time":
        options["event"] = "seen"
    options = {"n_permutations": 0, "covariates": "age", **options}
    return fit_association(scores, outcome=kind, kind=kind, predictors=predictors, **options)


@pytest.mark.parametrize("predictor", ["mirroring", "group"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_figure_with_its_n(scores, kind, predictor):
    figure = plot_association(fit(scores, kind, predictor))
    first, last = figure.axes[0], figure.axes[-1]
    assert first.get_title(loc="left") == f"{kind} and {predictor}, N = 60 dyads"
    wanted = "mirroring (Fisher's z, chance 0)" if predictor == "mirroring" else "group"
    assert last.get_xlabel() == wanted
    drawn = sum(len(line.get_xdata()) for line in first.get_lines() if line.get_marker() == "o")
    assert drawn == N
    assert "Held at the mean: age." in " ".join(figure.get_supxlabel().split())


def test_groups_that_are_numbers_keep_their_dyads(scores):
    site = np.random.default_rng(1).choice([1.0, 2.0, 10.0], N)
    result = fit(
        scores.assign(site=site), "continuous", "site", kinds={"site": "categorical"}, covariates=()
    )
    drawn = result.drawing()
    assert drawn.groups == ("1", "2", "10")
    assert drawn.points["x"].value_counts().sort_index().tolist() == [
        int((site == value).sum()) for value in (1, 2, 10)
    ]
    means = scores["continuous"].groupby(site).mean()
    np.testing.assert_allclose(drawn.line["estimate"], means)


def test_the_line_is_the_model_at_the_mean_of_the_rest(scores):
    result = fit(scores, "continuous")
    line = result.drawing().line
    b = result.table.set_index("term")["estimate"]
    at_mean = b["intercept"] + b["mirroring"] * line["x"] + b["age"] * scores["age"].mean()
    np.testing.assert_allclose(line["estimate"], at_mean)
    # Where all columns are at their means the interval is that of the mean.
    middle = np.interp(scores["mirroring"].mean(), line["x"], line["ci_high"] - line["ci_low"])
    assert middle == pytest.approx((line["ci_high"] - line["ci_low"]).min(), rel=0.02)


def test_a_curve_bends_with_its_square(scores):
    result = fit(scores, "continuous", ["mirroring", "mirroring^2"], covariates=())
    line = result.drawing().line
    b = result.table.set_index("term")["estimate"]
    x = line["x"]
    curved = (x - scores["mirroring"].mean()) ** 2
    expected = b["intercept"] + b["mirroring"] * x + b["mirroring^2"] * curved
    np.testing.assert_allclose(line["estimate"], expected)


def test_fitted_probabilities_of_categories_sum_to_one(scores):
    for kind in ("ordered", "unordered"):
        shares = fit(scores, kind).drawing().shares
        np.testing.assert_allclose(shares.groupby("x")["estimate"].sum(), 1)
        by_level = shares.groupby("category")["estimate"].mean()
        observed = scores[kind].astype(str).value_counts(normalize=True)
        np.testing.assert_allclose(by_level, observed[by_level.index], atol=0.2)


def test_a_model_without_interval_has_no_band(scores):
    separated = scores.assign(count=scores["count"].where(scores["group"] == "early", 0))
    figure = plot_association(fit(separated, "count", "group", covariates=()))
    assert not figure.axes[0].collections
    assert "No band" in " ".join(figure.get_supxlabel().split())


def test_the_level_by_chance_is_marked_where_it_is_in_sight(scores):
    assert any(
        text.get_text() == "by chance"
        for text in plot_association(fit(scores, "continuous")).axes[0].texts
    )
    far = scores.assign(mirroring=scores["mirroring"] + 5)
    assert not plot_association(fit(far, "continuous")).axes[0].texts


def test_what_has_no_points_or_no_such_column_says_so(scores):
    shape = good_enough(scores, outcome="continuous", predictor="mirroring")
    with pytest.raises(AssociationError, match="holds no points"):
        plot_association(shape)
    with pytest.raises(AssociationError, match="'warmth' is no column"):
        plot_association(fit(scores, "continuous"), predictor="warmth")


def test_a_notebook_gets_one_picture_the_same_every_time_and_no_setting_changes(scores):
    before = dict(mpl.rcParams)
    result = fit(scores, "continuous")
    pictures = {plot_association(result)._repr_png_() for _ in range(2)}
    assert len(pictures) == 1
    assert pictures.pop().startswith(b"\x89PNG")
    assert result.plot()._repr_png_().startswith(b"\x89PNG")
    assert dict(mpl.rcParams) == before


def test_pyplot_does_not_know_of_it(scores):
    from matplotlib import _pylab_helpers

    open_before = list(_pylab_helpers.Gcf.figs)
    plot_association(fit(scores, "continuous"))
    assert list(_pylab_helpers.Gcf.figs) == open_before
