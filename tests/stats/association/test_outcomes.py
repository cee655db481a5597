"""Outcomes are joined by ids as text; what does not match is listed."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import AssociationError, TableError
from attunement.stats.association import adjust_p, clean_outcomes, join_outcomes


@pytest.fixture
def scores():
    return pd.DataFrame({"dyad": ["007", "8", "9"], "mirroring": [0.1, 0.2, 0.3]})


def test_ids_are_text_and_rows_keep_their_order(scores):
    outcomes = pd.DataFrame({"dyad": [9.0, 8.0], "rating": [3, 5]})
    joined = join_outcomes(scores, outcomes, key="dyad")
    assert joined.table["dyad"].tolist() == ["007", "8", "9"]
    np.testing.assert_array_equal(joined.table["rating"], [np.nan, 5, 3])
    assert joined.unmatched.values.tolist() == [["007", "scores", ""]]  # noqa: PD011


def test_lost_zeros_are_listed_and_never_matched(scores):
    outcomes = pd.DataFrame({"dyad": [7, 8], "rating": [1, 2]})
    joined = join_outcomes(scores, outcomes, key="dyad")
    assert np.isnan(joined.table["rating"][0])
    listed = joined.unmatched.set_index("id")
    assert listed.loc["7", "found_in"] == "outcomes"
    assert "'007'" in listed.loc["7", "hint"]
    assert listed.loc["007", "found_in"] == "scores"


def test_repeated_missing_and_foreign_ids_are_errors(scores):
    with pytest.raises(TableError, match="more than once"):
        join_outcomes(scores, pd.DataFrame({"dyad": ["8", "8"], "r": [1, 2]}), key="dyad")
    with pytest.raises(TableError, match="have no dyad"):
        join_outcomes(scores, pd.DataFrame({"dyad": ["8", None], "r": [1, 2]}), key="dyad")
    with pytest.raises(TableError, match="No dyad of the outcomes"):
        join_outcomes(scores, pd.DataFrame({"dyad": ["x"], "r": [1]}), key="dyad")
    with pytest.raises(TableError, match="in the scores and in the outcomes"):
        join_outcomes(scores, pd.DataFrame({"dyad": ["8"], "mirroring": [1]}), key="dyad")
    with pytest.raises(TableError, match="no column 'family'"):
        join_outcomes(scores, pd.DataFrame({"family": ["8"], "r": [1]}), key="family")


def test_missing_codes_however_written():
    table = pd.DataFrame({"id": ["-99", "2", "3"], "a": ["-99", "-99.0", "4"], "b": [999, 1, 2]})
    cleaned = clean_outcomes(table, missing_values=[-99, 999, "n/a"], keep=["id"])
    assert cleaned["id"].tolist() == ["-99", "2", "3"]
    np.testing.assert_array_equal(cleaned["a"], [np.nan, np.nan, 4])
    np.testing.assert_array_equal(cleaned["b"], [np.nan, 1, 2])
    text = clean_outcomes(pd.DataFrame({"c": ["n/a", "secure", ""]}), missing_values=["n/a"])
    assert text["c"].isna().tolist() == [True, False, True]


def test_labels_name_every_code():
    table = pd.DataFrame({"attachment": [1.0, 2.0, np.nan, 1.0]})
    names = {"attachment": {"1": "secure", "2": "avoidant"}}
    assert clean_outcomes(table, labels=names)["attachment"].tolist()[:2] == ["secure", "avoidant"]
    with pytest.raises(TableError, match="'2', which labels does not name"):
        clean_outcomes(table, labels={"attachment": {"1": "secure"}})
    with pytest.raises(TableError, match="no column"):
        clean_outcomes(table, labels={"attachement": {}})


def test_benjamini_and_hochbergs_own_example():
    p = [.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719,
         .6528, .7590, 1.0]  # fmt: skip
    exploratory = adjust_p(p, [False] * 15)
    assert (exploratory["p_adjusted"] <= 0.05).sum() == 4
    primary = adjust_p(p, [True] * 15)
    assert (primary["p_adjusted"] <= 0.05).sum() == 3


def test_primaries_and_the_rest_are_families_of_their_own():
    found = adjust_p([0.01, 0.02, 0.04, 0.03], [True, True, False, False])
    assert found["p_adjusted"].tolist() == pytest.approx([0.02, 0.02, 0.04, 0.04])
    assert found["adjustment"].str.startswith("Holm").tolist() == [True, True, False, False]


def test_a_refused_model_counts_as_a_test():
    found = adjust_p([0.02, np.nan], [True, True])
    assert found["p_adjusted"][0] == pytest.approx(0.04)
    assert np.isnan(found["p_adjusted"][1])
    with pytest.raises(AssociationError, match="outside 0 to 1"):
        adjust_p([1.2], [True])


def test_whole_numbers_that_are_none_of_text_are_no_thousands():
    column = pd.Series([1.154, 2.0, 3.251, "NA"], dtype=object)
    read = clean_outcomes(pd.DataFrame({"a": column}))["a"]
    assert read.tolist()[:3] == [1.154, 2, 3.251]
    assert np.isnan(read[3])
