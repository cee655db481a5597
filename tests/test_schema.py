"""Tables are brought to their declared columns, or refused in words."""

import pandas as pd
import pytest

from attunement import schema
from attunement.errors import TableError


def test_an_empty_table_has_the_declared_columns_and_types():
    table = schema.empty(schema.EVENTS)
    assert list(table.columns) == list(schema.EVENTS)
    assert str(table["event"].dtype) == "int64"
    assert str(table["onset_s"].dtype) == "float64"


def test_conform_orders_adds_missing_and_keeps_further_columns():
    table = schema.conform(
        pd.DataFrame({"further": [1], "reason": ["x"], "session": ["a"]}), schema.FAILURES
    )
    assert list(table.columns) == [*schema.FAILURES, "further"]
    assert table["advice"].tolist() == [""]


def test_conform_names_every_column_that_does_not_fit():
    table = pd.DataFrame({"event": ["one"], "onset_s": ["noon"]})
    with pytest.raises(TableError, match=r"'event'.*'onset_s'"):
        schema.conform(table, schema.EVENTS)


def test_require_lists_what_is_missing_and_what_was_found():
    with pytest.raises(TableError, match=r"missing: b, c\. Found: a\."):
        schema.require(pd.DataFrame({"a": [1]}), ["a", "b", "c"], what="The table")


@pytest.mark.parametrize(
    ("values", "expected"),
    [(None, None), ([], None), ([None, None], None), ([0.0, 0.0], 0.0), ([0.2], 0.2)],
)
def test_the_clock_of_a_table_is_one_number_or_not_known(values, expected):
    column = None if values is None else pd.Series(values, dtype="float64")
    found = schema.clock_uncertainty_s(column, where="the table")
    assert found == expected or (expected is None and found != found)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0.0, 0.2], "alike in all rows"),
        ([0.0, None], "alike in all rows"),
        ([-0.1], "from 0 on; found -0.1"),
        ([float("inf")], "from 0 on; found inf"),
        (["soon"], "not numeric"),
    ],
)
def test_a_clock_that_is_no_one_number_is_refused(values, said):
    with pytest.raises(TableError, match=f"'clock_uncertainty_s' of the table.*{said}"):
        schema.clock_uncertainty_s(pd.Series(values), where="the table")
