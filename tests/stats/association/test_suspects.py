"""Undeclared codes of missing values: found where they stand apart, and nowhere else."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attunement.stats.association import declare_line, suspect_codes

ORDINARY = {
    "z": lambda rng, n: rng.normal(size=n),
    "rating of 1 to 5": lambda rng, n: rng.integers(1, 6, n),
    "rating of 1 to 7": lambda rng, n: rng.integers(1, 8, n),
    "rating of 1 to 9": lambda rng, n: np.clip(rng.normal(5, 2, n).round(), 1, 9),
    "rating of 0 to 10": lambda rng, n: np.clip(rng.normal(3, 2.5, n).round(), 0, 10),
    "two values": lambda rng, n: rng.integers(0, 2, n),
    "a rare event": lambda rng, n: (rng.random(n) < 0.05).astype(int),
    "-1, 0 and 1": lambda rng, n: rng.integers(-1, 2, n),
    "days of 80 to 120": lambda rng, n: rng.integers(80, 121, n),
    "months": lambda rng, n: rng.integers(1, 61, n),
    "counts": lambda rng, n: rng.poisson(2, n),
    "counts with a tail": lambda rng, n: rng.negative_binomial(0.5, 0.5 / 20.5, n),
    "milliseconds": lambda rng, n: rng.lognormal(6, 0.6, n).round(),
    "seconds with a tail": lambda rng, n: rng.lognormal(2, 1.5, n).round(1),
    "percent": lambda rng, n: np.clip(rng.normal(70, 25, n).round(), 0, 100),
    "percentiles": lambda rng, n: np.clip(rng.normal(90, 10, n).round(), 1, 99),
    "IQ": lambda rng, n: rng.normal(100, 15, n).round(),
    "change": lambda rng, n: rng.normal(3, 4, n).round(),
    "shares": lambda rng, n: rng.beta(2, 5, n).round(2),
}


def values_of(column, **options):
    return suspect_codes(pd.DataFrame({"x": column}), **options)["value"].tolist()


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_columns_are_hardly_ever_named(name):
    rng = np.random.default_rng(7)
    named = sum(bool(values_of(ORDINARY[name](rng, 60))) for _ in range(150))
    assert named <= 3


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("z", [-99, 99, 999, -9999, 99.9]),
        ("rating of 1 to 5", [-99, -9, -1, 99, 88, 77, 999]),
        ("rating of 1 to 7", [-9, 99, 97, 998]),
        ("two values", [9, 99, -9, -99, 999]),
        ("days of 80 to 120", [-99, -9, -1, 999, 888, 777, 9999]),
        ("counts", [-99, -9, 99, 999, 1e36]),
        ("counts with a tail", [-99, 9999, 99999]),
        ("milliseconds", [-9, 9999, 99999]),
        ("months", [-9, 999]),
        ("shares", [9, 99, -9, -99]),
    ],
)
def test_a_single_code_is_found(name, codes):
    rng = np.random.default_rng(8)
    column = np.asarray(ORDINARY[name](rng, 60), dtype=float)
    for code in codes:
        assert values_of(np.append(column, code)) == [code], code


def test_a_nine_beyond_the_steps_of_a_rating_is_named():
    rating = [1, 2, 3, 4, 5] * 8
    assert values_of([*rating, 9]) == [9]
    assert values_of([*[0, 1, 2, 3, 4] * 8, 9]) == [9]
    assert values_of([*rating, 7]) == values_of([*rating, *[6] * 8, 9]) == []
    assert values_of([*[0] * 20, *[1] * 12, *[2] * 6, 3, 4, 9]) == []
    assert values_of([1, 3, 5] * 12 + [9]) == []


def test_repeated_digits_are_named_where_nothing_else_is_negative():
    pay = np.random.default_rng(0).lognormal(8, 0.5, 60).round()
    assert values_of([*pay, -99, -99]) == [-99]
    assert values_of([*pay, -99]) == [-99]
    assert values_of([*pay, -88, -99]) == [-99, -88]
    assert values_of([*pay, -95]) == values_of([*pay, -99, -40]) == []


def test_several_codes_are_found_from_both_sides():
    rating = [1, 2, 3, 4, 5] * 8
    assert values_of([*rating, -99, -88, 999, 999]) == [-99, -88, 999]
    assert values_of([*rating, 9, 9, 8]) == [8, 9]
    assert values_of([*rating, -9, 99]) == [-9, 99]


def test_an_age_of_99_days_among_others_is_an_age():
    assert values_of([*range(80, 121), 99]) == []


def test_a_code_among_the_values_is_named_where_it_piles_up():
    ages = np.linspace(60.5, 150.5, 55)
    table = suspect_codes(pd.DataFrame({"x": [*ages, *[99] * 6]}))
    assert table["value"].tolist() == [99]
    assert table["n"].tolist() == [6]
    assert "more than 1 cells" in table["why"][0]
    assert values_of([*ages, 99, 99]) == []


def test_what_is_said_of_a_code():
    row = suspect_codes(pd.DataFrame({"sens": [4, 2, 5, 3, 1, -99, -99]})).loc[0]
    assert row["column"] == "sens"
    assert (row["value"], row["n"], row["n_other"], row["low"], row["high"]) == (-99, 2, 5, 1, 5)


def test_text_holds_codes_and_words_too():
    table = suspect_codes(
        pd.DataFrame(
            {
                "site": ["north", "south", "99", "north"],
                "attachment": ["secure", "NA", ".", "avoidant"],
                "age": ["4,5", "5.5", " -99 ", "6"],
                "sens": ["4", "5", "n.a.", "6"],
            }
        ),
    )
    assert dict(zip(table["value"], table["column"], strict=True)) == {
        "99": "site", "NA": "attachment", ".": "attachment", "n.a.": "sens",
    }  # fmt: skip
    assert values_of(["4,5", "5.5", " \u221299 ", "6", "4"]) == [-99]


def test_declared_codes_and_columns_of_values_are_not_named():
    column = [1, 2, 3, 4, 5, -99, 999]
    assert values_of(column, missing_values=[-99]) == [999]
    assert values_of(column, missing_values=["-99.0", 999]) == []
    assert values_of(column, missing_values={"*": [-99], "y": [999]}) == [999]
    assert values_of(column, missing_values={"x": [999]}) == [-99]
    assert values_of(column, missing_values={"x": []}) == []


def test_scores_and_ids_are_not_looked_at_unless_asked():
    table = pd.DataFrame({"dyad": [1, 2, 3, 4, 5, 999], "mirroring": [0.1, 0.2, 0.3, 0.2, 0.1, 99]})
    assert suspect_codes(table).empty
    assert suspect_codes(table, columns=["mirroring"])["value"].tolist() == [99]


def test_the_line_to_paste():
    table = pd.DataFrame({"a": [1, 2, 3, 4, 5, -99], "b c": [1, 2, 3, 4, 5, 999]})
    found = suspect_codes(table)
    assert declare_line(found) == "missing_values = [-99, 999]"
    assert declare_line(found, ["x"]) == 'missing_values = ["x", -99, 999]'
    assert declare_line(found, {"*": [7]}) == (
        'missing_values = {* = [7], a = [7, -99], "b c" = [7, 999]}'.replace("* =", '"*" =')
    )


def test_the_line_is_by_column_where_one_list_would_take_values_out():
    table = pd.DataFrame({"a": [1, 2, 3, 4, 5, 9, 9], "n": [0, 9, 4, 12, 7, 8, 5]})
    found = suspect_codes(table)
    assert declare_line(found, table=table) == "missing_values = {a = [9]}"
    assert declare_line(found, ["x"], table=table) == (
        'missing_values = {"*" = ["x"], a = ["x", 9]}'
    )
    table = pd.DataFrame({"a": [1, 2, 3, 4, 5, 99], "days": [90, 95, 99, 101, 102, 107]})
    assert declare_line(suspect_codes(table), table=table) == "missing_values = {a = [99]}"


def test_real_tables_without_codes_have_no_suspects():
    # statsmodels' own data: elections, marriages, engines, earnings, strikes.
    from statsmodels import datasets

    for name in ("anes96", "fair", "longley", "randhie", "star98", "strikes", "engel", "stackloss"):
        table = getattr(datasets, name).load_pandas().data.head(2000)
        assert suspect_codes(table.rename(columns=str)).empty, name


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(10, 200),
    name=st.sampled_from(sorted(ORDINARY)),
    scale=st.sampled_from([1, 2, 3]),
)
def test_a_value_with_others_on_both_sides_that_is_not_heaped_is_never_named(seed, n, name, scale):
    rng = np.random.default_rng(seed)
    column = np.asarray(ORDINARY[name](rng, n), dtype=float) * scale
    for value in values_of(column):
        beyond = column > value if value > np.median(column) else column < value
        assert not set(column[beyond]) - set(values_of(column))


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(st.sampled_from([1, 2, 3, 4, 5, -9, -99, 9, 99, 999]), max_size=40),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_does_not_matter(cells, order):
    mixed = list(cells)
    order.shuffle(mixed)
    assert values_of(np.array(cells, float)) == values_of(np.array(mixed, float))
