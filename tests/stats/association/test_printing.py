"""A result on paper: names, intervals and p as readers know them, within the page."""

import html
import re

import numpy as np
import pandas as pd
import pytest

from attunement.stats.association import fit_association
from attunement.stats.association.rendering import (
    TIMES,
    cell,
    interval,
    number,
    p_cell,
    table_html,
    table_latex,
)

LONG = "a_very_long_name_of_a_covariate_as_a_data_base_exports_it_v2"
N = 60


@pytest.fixture(scope="module")
def results():
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    ids = [f"d{k}" for k in range(N)]
    table = pd.DataFrame(
        {"dyad": ids, "family": [f"f{k // 2}" for k in range(N)], "mirroring": x,
         "group": rng.choice(["early", "late"], N), LONG: rng.normal(size=N)}
    )  # fmt: skip
    kinds = {
        "continuous": x + rng.normal(size=N), "binary": (x + rng.logistic(size=N) > 0).astype(int),
        "ordered": np.digitize(x, [-0.5, 0.5]),  # separated
        "unordered": np.array(["a", "b", "c"])[rng.integers(0, 3, N)],
        "count": rng.poisson(1, N),
    }  # fmt: skip
    return {
        kind: fit_association(
            table.assign(y=y), outcome="y", kind=kind, predictors=["mirroring", "group"],
            covariates=LONG, n_permutations=19,
        )
        for kind, y in kinds.items()
    }  # fmt: skip


def test_five_columns(results):
    short = results["continuous"].short()
    assert short.columns.tolist() == ["term", "estimate", "p", "n", "note"]
    assert short["term"].tolist() == ["mirroring", "group: late vs early", LONG]
    row = results["continuous"].table.set_index("term").loc["mirroring"]
    expected = f"{number(row['estimate'])} [{number(row['ci_low'])}, {number(row['ci_high'])}]"
    assert short["estimate"][0] == expected
    assert short["n"].tolist() == ["60"] * 3
    assert results["binary"].short()["estimate"][0].startswith("odds ratio ")
    assert results["ordered"].short()["note"].str.startswith("penalised").all()


def test_words_say_direction_size_interval_and_what_it_allows(results):
    said = results["continuous"].in_words()
    row = results["continuous"].table.set_index("term").loc["mirroring"]
    assert said[0].startswith(
        f"For each 1 more of mirroring (Fisher's z), y changes by +{row['estimate']:.2f} (95% "
    )
    assert "compatible with no association" not in said[0]
    assert said[1].startswith("With group late instead of early, y changes by ")
    assert said[1].endswith("which is compatible with no association.")
    assert len(results["unordered"].in_words("mirroring")) == 2
    assert "the odds of y b instead of a are multiplied by" in results["unordered"].in_words()[0]


@pytest.mark.parametrize("kind", ["continuous", "binary", "ordered", "unordered", "count"])
def test_pages_hold_no_code_no_infinity_and_no_nan(results, kind):
    page = results[kind].to_html()
    text = re.sub(r"<[^>]*>", " ", page).replace("\u00a0", " ")
    assert "group: late vs early" in text
    assert "group[late]" not in re.sub(r"<p.*?</p>", "", page)
    assert not re.search(r"\b(inf|nan|None)\b|∞", text)
    assert "60 dyads of 30 families" in text


def test_warnings_stand_before_the_table(results):
    page = results["ordered"].to_html()
    assert page.index('class="warning"') < page.index("<table>")
    assert page.count("Separation (complete)") == 1


def balanced(source):
    depth = 0
    for sign in re.sub(r"\\[{}]", "", source):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    return depth == 0


@pytest.mark.parametrize("kind", ["continuous", "binary", "ordered", "unordered", "count"])
def test_latex_is_well_formed_and_not_wider_than_the_page(results, kind):
    source = results[kind].to_latex()
    assert balanced(source)
    align = re.search(r"\\begin\{tabular\}\{(.*)\}\n", source)[1]
    bare = re.sub(r"@\{\}|>\{[^}]*\}", "", align)
    n_columns = len(re.sub(r"p\{[^}]*\}", "p", bare))
    body = source[source.index(r"\toprule") : source.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(rows) == len(results[kind].table) + 1
    assert all(len(re.findall(r"(?<!\\)&", row)) == n_columns - 1 for row in rows)
    assert source.isascii()
    assert r"p{0.3\linewidth}" in align
    assert "N = 60 dyads of 30 families" in source


def test_long_names_may_break_and_stay_as_they_are():
    for name in (LONG, "mirroring*markedness", "a<b>&_% of *", "x" * 60, "", " two  blanks "):
        page = table_html(pd.DataFrame({"term": [name]}))
        cell_of = re.search(r"<td>(.*)</td>", page)[1]
        assert html.unescape(cell_of.replace("<wbr>", "")) == name
        assert all(len(html.unescape(part)) <= 30 for part in re.split(r"<wbr>|\s", cell_of))


def test_signs_of_latex_are_escaped():
    table = pd.DataFrame({"term": ["a<b>&_%$#{}~^\\|"], "p": [0.0001]})
    source = table_latex(table)
    assert (
        r"a\textless{}b\textgreater{}\&\_\allowbreak{}\%\$\#\{\}\textasciitilde{}"
        r"\textasciicircum{}\textbackslash{}\textbar{}" in source
    )
    assert r"\textless{} .001" in source


def test_numbers_far_from_one_are_powers():
    assert number(2.0298e11) == f"2.0 {TIMES} 10¹¹"
    assert number(3e-9) == f"3.0 {TIMES} 10⁻⁹"
    assert number(-4e8) == f"\u22124.0 {TIMES} 10⁸"
    assert number(11557.4) == "11557.40"
    assert interval(0.5, float("inf")) == "[0.50, no limit]"
    assert interval(float("nan"), 1.0) == "no interval"
    assert p_cell(float("nan")) == ""
    assert cell("ci_high", float("inf")) == "no limit"
