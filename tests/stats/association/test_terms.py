"""Terms are read, never evaluated."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement.errors import AssociationError
from attunement.stats.association import fit_association
from attunement.stats.association.terms import Term, build_columns, parse_terms

COLUMNS = ("a", "b", "age months", "x^2")
# Texts that are terms now and then, as texts of any letters hardly are.
BUILT = st.lists(st.sampled_from([*COLUMNS, " + ", ":", "*", "^2"]), max_size=5).map("".join)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        ("a + b", ["a", "b"]),
        ("a:b", ["a:b"]),
        ("a*b", ["a", "b", "a:b"]),
        ("a^2", ["a^2"]),
        ("I(a^2)", ["a^2"]),
        ("a + I(a**2)", ["a", "a^2"]),
        ("age months", ["age months"]),
        ("x^2", ["x^2"]),
        (["a", "a*b"], ["a", "b", "a:b"]),
    ],
)
def test_terms(text, names):
    assert [term.name for term in parse_terms(text, COLUMNS)] == names


def test_a_column_named_like_a_square_is_the_column():
    assert parse_terms("x^2", COLUMNS) == (Term((("x^2", 1),)),)


@pytest.mark.parametrize("text", ["a*b*a", "np.log(a)", "a^3", "I(a", "a)", "", "a-b", "a b"])
def test_what_is_no_term(text):
    with pytest.raises(AssociationError):
        parse_terms(text, COLUMNS)


@given(st.one_of(st.text(max_size=30), BUILT))
def test_any_text_is_terms_or_an_error(text):
    try:
        terms = parse_terms(text, COLUMNS)
    except AssociationError:
        return
    assert terms
    assert all(set(term.columns) <= set(COLUMNS) for term in terms)


def test_products_are_of_centred_columns():
    table = pd.DataFrame({"a": [1.0, 2, 3.5, 5.5], "b": [0.0, 1, 0, 1]})
    columns = build_columns(table, parse_terms("a*b + a^2", ["a", "b"]), kinds={})
    assert columns.names == ("a", "b", "a:b", "a^2")
    np.testing.assert_allclose(columns.x[:, 0], table["a"])
    np.testing.assert_allclose(columns.x[:, 2], (table["a"] - 3) * (table["b"] - 0.5))
    np.testing.assert_allclose(columns.x[:, 3], (table["a"] - 3) ** 2)
    assert columns.centres == {"a": 3.0, "b": 0.5}


def test_an_interaction_of_scores_brings_both_squares(study):
    result = fit_association(
        study, outcome="sensitivity", kind="continuous", predictors="mirroring*markedness",
        n_permutations=0,
    )  # fmt: skip
    added = result.table[result.table["role"] == "added"]["term"].tolist()
    assert added == ["mirroring^2", "markedness^2"]
    bare = fit_association(
        study, outcome="sensitivity", kind="continuous", predictors="mirroring*markedness",
        n_permutations=0, squares=False,
    )  # fmt: skip
    assert "added" not in set(bare.table["role"])


def test_without_squares_a_bend_passes_for_an_interaction():
    rng = np.random.default_rng(0)
    wrong = {True: 0, False: 0}
    for _ in range(16):
        a = rng.normal(size=150)
        b = 0.7 * a + 0.7 * rng.normal(size=150)
        table = pd.DataFrame({"dyad": np.arange(150), "a": a, "b": b})
        table["y"] = 0.5 * a**2 + rng.normal(size=150)
        for squares in wrong:
            found = fit_association(
                table, outcome="y", kind="continuous", predictors="a*b", squares=squares,
                n_permutations=0,
            ).table.set_index("term")  # fmt: skip
            wrong[squares] += found.loc["a:b", "p"] < 0.05
    assert wrong[False] >= 10
    assert wrong[True] <= 4
