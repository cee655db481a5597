"""Ids that two tables write differently."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import TableError
from attunement.stats.association import join_outcomes
from attunement.stats.association.ids import alike, match_alike, near_ids


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("001", "1"),
        ("1", "1.0"),
        ("1", "1,0"),
        ("S01", "s-01"),
        ("S01", "s 1"),
        ("dyad_007", "Dyad 7"),
        ("\uff29\uff24\uff17", "id7"),
        ("p1-t2", "P01_T02"),
        ("0", "00"),
    ],
)
def test_spelling_does_not_tell_ids_apart(ours, theirs):
    assert match_alike([ours, "x9"], [theirs, "y8"]) == {theirs: ours}


@pytest.mark.parametrize(
    ("ours", "theirs"), [("12", "1-2"), ("1", "11"), ("10", "1"), ("m1", "f1"), ("s1a", "s1b")]
)
def test_what_ids_say_tells_them_apart(ours, theirs):
    assert alike(ours) != alike(theirs)
    assert match_alike([ours, "x9"], [theirs, "y8"]) == {}


def test_one_word_before_every_number_of_one_table_does_not_count():
    assert match_alike(["dyad_01", "dyad_12"], ["1", "12", "3"]) == {
        "1": "dyad_01",
        "12": "dyad_12",
    }
    assert match_alike(["1", "2"], ["P01", "P02"]) == {"P01": "1", "P02": "2"}
    assert match_alike(["m1", "f2"], ["1", "2"]) == {}, "the words differ"
    assert match_alike(["m1", "m2"], ["f1", "f2"]) == {}, "mothers are no fathers"


def test_an_id_that_could_mean_two_means_none():
    assert match_alike(["001", "1"], ["1.0"]) == {}
    assert match_alike(["001"], ["1", "01"]) == {}
    assert match_alike(["001"], ["001", "1"]) == {}, "taken by the one that is the same"


def test_alike_ids_are_joined_only_where_that_is_asked():
    scores = pd.DataFrame({"dyad": ["s-01", "s-02", "s-03"], "mirroring": [0.1, 0.2, 0.3]})
    outcomes = pd.DataFrame({"ID": ["S1", "S3", "S9"], "rating": [4, 6, 1]})
    with pytest.raises(TableError, match="ids_alike") as refused:
        join_outcomes(scores, outcomes, key="ID", scores_key="dyad")
    assert "'s-01'" in str(refused.value)
    joined = join_outcomes(scores, outcomes, key="ID", scores_key="dyad", ids_alike=True)
    np.testing.assert_array_equal(joined.table["rating"], [4, np.nan, 6])
    assert joined.table["dyad"].tolist() == ["s-01", "s-02", "s-03"]
    listed = joined.unmatched[["id", "found_in"]].to_numpy().tolist()
    assert listed == [["s-02", "scores"], ["S9", "outcomes"]]


def test_a_decimal_of_a_spreadsheet_is_hinted_at():
    scores = pd.DataFrame({"dyad": ["1", "b"], "mirroring": [0.1, 0.2]})
    outcomes = pd.DataFrame({"dyad": ["1.0", "b"], "rating": [4, 6]})
    unmatched = join_outcomes(scores, outcomes, key="dyad").unmatched.set_index("id")
    assert unmatched.loc["1.0", "hint"] == "written '1' in the other table?"


def test_ids_that_hold_the_other_tables_id_are_hinted_at_and_not_joined():
    scores = pd.DataFrame({"dyad": ["01_split", "02_cam", "03", "10_a"], "mirroring": [1, 2, 3, 4]})
    outcomes = pd.DataFrame({"dyad": ["01", "02", "03", "1"], "rating": [4, 6, 5, 2]})
    joined = join_outcomes(scores, outcomes, key="dyad", ids_alike=True)
    hints = joined.unmatched.set_index("id")["hint"]
    assert hints["02_cam"] == "meant: '02'?"
    assert hints["02"] == "meant: '02_cam'?"
    assert hints["01_split"] == "meant: '01' or '1'?"
    assert hints["10_a"] == "", "10 is not 1"
    assert joined.table["rating"].notna().sum() == 1


def test_neighbouring_numbers_are_no_hint():
    assert near_ids(["dyad-101", "s1"], ["dyad-102", "s10", "mother"]) == {}
    assert near_ids(["mother"], ["mother_02"]) == {}, "no number in common"
