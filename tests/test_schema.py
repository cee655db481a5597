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
