"""attunement fit where little can be computed: every section says so in its place."""

import numpy as np
import pandas as pd
import pytest

from attunement.cli import main
from attunement.config import Config
from attunement.fitting import fit_study
from attunement.study import Study
from attunement.study.files import write_csv

KINDS = {
    "sensitivity": "continuous", "secure": "binary", "rating": "ordered", "type": "unordered",
    "smiles": "count", "calm_s": "time",
}  # fmt: skip


def scores(n):
    rng = np.random.default_rng(n)
    ids = [f"{k:03d}" for k in range(n)]
    return pd.DataFrame(
        {"dyad": ids, "session": ids, "family": ids, "mirroring": rng.normal(size=n),
         "age": rng.normal(size=n), "sensitivity": rng.normal(size=n),
         "secure": rng.integers(0, 2, n), "rating": rng.integers(1, 4, n),
         "type": rng.integers(0, 3, n), "smiles": rng.poisson(3, n),
         "calm_s": 0.1 + rng.exponential(5, n), "seen": rng.integers(0, 2, n)}
    )  # fmt: skip


def study_of(place, **settings):
    association = {
        "outcomes": list(KINDS), "kinds": KINDS, "predictors": ["mirroring"],
        "events": {"calm_s": "seen"}, "n_permutations": 19, "nan_policy": "omit", **settings,
    }  # fmt: skip
    return Study(place / "study.toml", (), pd.DataFrame(), Config(association=association))


def fit(table, place, **settings):
    (place / "out").mkdir()
    write_csv(table, place / "out" / "scores.csv")
    fitted = fit_study(study_of(place, **settings), place / "out")
    return fitted, (place / "out" / "association.html").read_text()


def every_model_has_its_place(fitted, page):
    assert sorted([*fitted.results, *fitted.refused]) == sorted((o, "mirroring") for o in KINDS)
    for outcome in KINDS:
        rows = fitted.table[fitted.table["outcome"] == outcome]
        assert len(rows) >= 1
        assert f"<h2>{outcome} and mirroring</h2>" in page
        if (outcome, "mirroring") in fitted.results:
            assert np.isfinite(rows[["estimate", "std_error", "ci_low", "p"]].to_numpy()).all()
        else:
            assert rows["note"].str.match(r"not fitted: .+\.$").all()
    for model in fitted.results:
        if KINDS[model[0]] == "continuous":
            assert (model in fitted.shapes) != (model in fitted.without_shape)
    assert page.count("Square and two lines: not computed.") == len(fitted.without_shape)


@pytest.mark.parametrize("n", range(1, 21))
def test_any_number_of_dyads_gives_a_page(n, tmp_path):
    fitted, page = fit(scores(n), tmp_path)
    every_model_has_its_place(fitted, page)
    model = ("sensitivity", "mirroring")
    assert (model in fitted.results) == (n >= 4)
    assert (model in fitted.shapes) == (n >= 16)
    if 6 <= n < 16:
        assert f"so 16 dyads at least; there are {n} dyads" in page
    if n >= 16:
        shape = fitted.shapes[model]
        assert shape.diagnostics["shape"] == "not shown"
        assert f"half of the {n} dyads are too few" in page
        assert shape.table["p_cross_fitted"].isna().all()
        assert np.isfinite(shape.table["p"]).all()


def constant_outcomes(t):
    return t.assign(**{name: t[name].iloc[0] for name in KINDS})


def one_dyad_apart(t):
    return t.assign(mirroring=(t.index == 0).astype(float))


def one_score(t):
    return t.assign(mirroring=0.5)


def no_score(t):
    return t.assign(mirroring=np.nan)


def no_outcomes(t):
    return t.assign(**dict.fromkeys(KINDS, np.nan))


def some_scores(t):
    return t.assign(mirroring=t["mirroring"].where(t.index % 3 > 0))


def one_family(t):
    return t.assign(family="f")


def two_families(t):
    return t.assign(family=[f"f{k % 2}" for k in t.index])


def two_values(t):
    return t.assign(mirroring=t.index % 2)


def separated(t):
    t = t.sort_values("mirroring", ignore_index=True)
    return t.assign(**{name: np.sort(t[name]) for name in ("secure", "rating", "type")})


def a_perfect_fit(t):
    return t.assign(sensitivity=2 * t["mirroring"])


def no_event(t):
    return t.assign(seen=0)


def a_word_among_events(t):
    return t.assign(seen=t["seen"].astype(str).where(t.index > 0, "unknown"))


SITUATIONS = (
    constant_outcomes, one_dyad_apart, one_score, no_score, no_outcomes, some_scores, one_family,
    two_families, two_values, separated, a_perfect_fit, no_event, a_word_among_events,
)  # fmt: skip


@pytest.mark.parametrize("n", [7, 18])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_cannot_be_fitted_says_so(situation, n, tmp_path):
    every_model_has_its_place(*fit(situation(scores(n)), tmp_path))


@pytest.mark.parametrize("n", [3, 9, 20])
def test_covariates_that_say_the_same(n, tmp_path):
    table = scores(n).assign(twice=lambda t: 2 * t["age"] + 1)
    fitted, page = fit(table, tmp_path, covariates=["age", "twice"])
    every_model_has_its_place(fitted, page)
    assert not fitted.results


def test_reasons_name_what_is_needed_and_what_is_there(tmp_path):
    for k, (situation, reason) in enumerate(
        [
            (no_score, "None of the 18 rows has a value in every column of the model"),
            (one_family, "need at least 2 families; there is 1"),
            (
                a_word_among_events,
                "row 2 (dyad '000'), column seen: found 'unknown', expected a number.",
            ),
            (no_event, "No time ended in an event"),
        ]
    ):
        place = tmp_path / str(k)
        place.mkdir()
        _, page = fit(situation(scores(18)), place)
        assert reason in page.replace("&#x27;", "'")


def test_ids_without_a_partner_are_the_cause_of_too_few_rows(tmp_path, monkeypatch, capsys):
    ids = ["01_split", "02_cam", "03_baby", "04", "05_a", "06"]
    run = pd.DataFrame({"dyad": ids, "session": ids, "mirroring": [0.1, 0.5, 0.3, 0.9, 0.2, 0.4]})
    (tmp_path / "out").mkdir()
    write_csv(run, tmp_path / "out" / "scores.csv")
    coded = pd.DataFrame({"dyad": [f"0{k}" for k in range(1, 7)], "warmth": [3, 5, 4, 6, 2, 1]})
    coded.to_csv(tmp_path / "coded.csv", index=False)
    (tmp_path / "video.mp4").write_text("x")
    manifest = pd.DataFrame({"session": ids, "dyad": "", "layout": "one_frame"})
    manifest.assign(video="video.mp4").to_csv(tmp_path / "sessions.csv", index=False)
    (tmp_path / "study.toml").write_text(
        '[association]\noutcomes_file = "coded.csv"\noutcomes = ["warmth"]\n'
        'kinds = {warmth = "continuous"}\npredictors = ["mirroring"]\nnan_policy = "omit"\n'
    )
    arguments = ["fit", str(tmp_path / "study.toml"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["attunement", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    printed = capsys.readouterr()
    assert (
        "4 of 6 dyads of scores.csv have no row in coded.csv: 01_split, 02_cam, 03_baby, 05_a; of "
        "coded.csv 01, 02, 03, 05 are not among the scores. Fill the column dyad of the manifest "
        "with the ids of coded.csv, and run."
    ) in printed.out
    assert "Use fewer predictors" not in printed.out
    assert "meant: '02'?" in printed.err
    assert "alike" not in printed.err, "that would not join them"


def test_a_constant_count_has_no_p(tmp_path):
    fitted, _ = fit(constant_outcomes(scores(18)), tmp_path)
    assert fitted.table["p"].isna().all()
    assert fitted.table.get("p_permutation", pd.Series(dtype=float)).isna().all()


def test_the_command_says_what_was_not_fitted(tmp_path, monkeypatch, capsys):
    (tmp_path / "out").mkdir()
    write_csv(no_event(scores(18)), tmp_path / "out" / "scores.csv")
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "sessions.csv").write_text("session\n")
    monkeypatch.setattr("attunement.study.read_study", lambda _: study_of(tmp_path))
    arguments = ["fit", str(tmp_path / "study.toml"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["attunement", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = capsys.readouterr()
    assert not stopped.value.code
    assert "association.html" in printed.out
    assert "Not fitted: calm_s and mirroring. No time ended in an event" in printed.out
