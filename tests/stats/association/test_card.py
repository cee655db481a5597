"""What a fitted model and joined tables show of themselves."""

import numpy as np
import pandas as pd
import pytest

from attunement.stats.association import cross_validate, fit_association, join_outcomes

OUTCOME = "sensi<b>tivity"


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ids = [f"d{k}" for k in range(40)]
    table = pd.DataFrame({"dyad": ids, "session": ids, "family": ids})
    table["mirroring"] = rng.normal(size=40)
    table[OUTCOME] = table["mirroring"] + rng.normal(size=40)
    table["secure"] = rng.integers(0, 2, 40)
    table.loc[3, OUTCOME] = np.nan
    return table


@pytest.fixture(scope="module")
def result(scores):
    return fit_association(
        scores, outcome=OUTCOME, kind="continuous", predictors="mirroring", nan_policy="omit",
        n_permutations=0,
    )  # fmt: skip


def test_a_result_says_who_was_analysed_and_what_came_out(result):
    shown = repr(result).splitlines()
    row = result.table.set_index("term").loc["mirroring"]
    assert shown[0] == f"{OUTCOME} (continuous): linear regression"
    assert shown[1] == "  analysed   39 dyads, 39 families, 39 sessions; linear regression"
    assert shown[2] == f"  left out   1 session: no {OUTCOME} 1"
    assert shown[3].startswith(f"  mirroring  {row['estimate']:.2f} [{row['ci_low']:.2f}, ")
    assert len(shown) == 4


def test_the_html_of_a_result_has_its_table_and_no_tag_of_its_own(result):
    page = result._repr_html_()
    assert "<td>mirroring</td>" in page
    assert "<b>" not in page
    assert "sensi&lt;b&gt;tivity" in page


def test_a_prediction_shows_its_area_under_the_curve(scores):
    kept = scores.rename(columns={OUTCOME: "sensitivity"})
    found = cross_validate(kept, outcome="secure", predictors="mirroring", n_bootstrap=20)
    assert any(
        line.strip().startswith(str(found.table["term"][0])) for line in repr(found).split("\n")
    )


def test_joined_tables_say_which_ids_are_in_one_only(scores):
    outcomes = pd.DataFrame({"dyad": [f"d{k}" for k in range(39)] + ["D39"], "rating": 1.0})
    joined = join_outcomes(scores[["dyad", "mirroring"]], outcomes, key="dyad")
    assert repr(joined).splitlines()[:3] == [
        "Scores joined with outcomes: 40 rows, 3 columns",
        "  unmatched  scores 1, outcomes 1",
        "  ids        d39 (scores), D39 (outcomes)",
    ]
