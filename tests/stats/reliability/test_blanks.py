"""What says that nothing was coded is missing or asked for, never a category."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import ReliabilityError
from attunement.stats import reliability as r

A = ["x", "y"] * 5
B = ["x"] * 3 + ["y"] * 5 + ["x"] * 2
WORDS = ["NA", "nan", ".", "n/a", "?", "-", "#N/A", "not codable", "None", "not applicable"]


def figures(blank, **options):
    """Return kappa, alpha, Fleiss' kappa and agreement where both coders left ten out."""
    a, b = A + [blank] * 10, B + [blank] * 10
    tables = [
        r.cohen_kappa(a, b, nan_policy="omit", **options),
        r.krippendorff_alpha(
            pd.DataFrame({"a": a, "b": b}), level="nominal", n_resamples=0, **options
        ),
        r.fleiss_kappa(pd.DataFrame({"a": a, "b": b, "c": b}), nan_policy="omit", **options),
        r.percent_agreement(a, b, nan_policy="omit", **options),
    ]
    estimates = [round(float(t["estimate"].iloc[0]), 3) for t in tables]
    return estimates, [int(t["n_left_out"].iloc[0]) for t in tables]


@pytest.mark.parametrize("blank", [None, np.nan, "", " ", "\t ", "\u200b", "\u00a0", "\u3000"])
def test_empty_and_blank_labels_are_missing_and_counted(blank):
    assert figures(blank) == ([0.2, 0.24, 0.467, 0.6], [10] * 4)
    with pytest.raises(ReliabilityError, match="10 of 20 targets have a missing rating"):
        r.cohen_kappa(A + [blank] * 10, B + [blank] * 10)


@pytest.mark.parametrize("word", WORDS)
def test_words_for_not_coded_are_asked_for_unless_declared(word):
    with pytest.raises(ReliabilityError, match="usually means that nothing was coded"):
        figures(word)
    assert figures(word, missing_values=[word]) == ([0.2, 0.24, 0.467, 0.6], [10] * 4)
    # Named as a label, or said to be none of the missing, it is a category.
    labels = ["x", "y", word]
    a, b = [*A, word], [*B, word]
    assert int(r.cohen_kappa(a, b, labels=labels)["n_targets"][0]) == 11
    assert int(r.cohen_kappa(a, b, missing_values=[])["n_targets"][0]) == 11


def test_labels_of_affect_are_no_words_for_missing():
    a = ["+", "-", "0", "+", "-", "none"]
    assert int(r.cohen_kappa(a, a[::-1])["n_targets"][0]) == 6


def test_labels_spelt_alike_are_asked_for():
    a, b = ["smile", "cry", "smile", "cry"], ["Smile", "cry ", "smile", "cry"]
    with pytest.raises(ReliabilityError, match="capitals or blanks only"):
        r.cohen_kappa(a, b)
    shapes = ["s", "S", "l", "s"]
    assert r.cohen_kappa(shapes, shapes, labels=["s", "S", "l"])["estimate"][0] == 1


@pytest.mark.parametrize(
    "compute",
    [
        lambda table, **o: r.icc(table, nan_policy="omit", **o),
        lambda table, **o: r.krippendorff_alpha(table, level="interval", n_resamples=0, **o),
        lambda table, **o: r.krippendorff_alpha(table, level="ordinal", n_resamples=0, **o),
        lambda table, **o: r.bland_altman(table["a"], table["b"], nan_policy="omit", **o),
        lambda table, **o: r.cohen_kappa(
            table["a"], table["b"], nan_policy="omit", weights="linear", labels=range(1, 8)
            if o or table.isna().to_numpy().any() else None, **o
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("code", [-99, 99, -9, 999])
def test_numbers_that_look_like_codes_are_asked_for(compute, code):
    rng = np.random.default_rng(2)
    a = rng.integers(1, 8, 40)
    table = pd.DataFrame({"a": a, "b": np.clip(a + rng.integers(-1, 2, 40), 1, 7)}, dtype=float)
    truth, coded = table.copy(), table.copy()
    truth.loc[[3, 8], "b"] = np.nan
    coded.loc[[3, 8], "b"] = code
    with pytest.raises(ReliabilityError, match="looks like a code of missing values"):
        compute(coded)
    declared = compute(coded, missing_values=[code])
    expected = compute(truth)
    assert declared["estimate"].iloc[0] == expected["estimate"].iloc[0]
    assert declared["n_left_out"].iloc[0] == expected["n_left_out"].iloc[0]


@pytest.mark.parametrize("code", ["-99", "99", "999", "-9", "9", "77", "-99.0", -99])
def test_numbers_among_words_are_asked_for_unless_declared(code):
    with pytest.raises(ReliabilityError, match=r"looks like a code .*a number among words"):
        figures(code)
    with pytest.raises(ReliabilityError, match="a number among words"):
        r.cohen_kappa([*A, *[code] * 30], [*B, *[code] * 30])
    for declared in (code, float(code)):
        assert figures(code, missing_values=[declared]) == ([0.2, 0.24, 0.467, 0.6], [10] * 4)
    if isinstance(code, str):
        a, b = [*A, code], [*B, code]
        labels = ["x", "y", code]
        assert int(r.cohen_kappa(a, b, labels=labels)["n_targets"][0]) == 11
        assert int(r.cohen_kappa(a, b, missing_values=[])["n_targets"][0]) == 11


@pytest.mark.parametrize("code", ["-99", "99", "999"])
def test_numbers_written_as_text_are_asked_for_as_numbers_are(code):
    a, b = ["1", "2", "3", "2"] * 5, ["1", "2", "2", "2"] * 5
    truth = float(r.cohen_kappa(a, b)["estimate"][0])
    a, b = [*a, code, code], [*b, code, code]
    with pytest.raises(ReliabilityError, match="looks like a code"):
        r.cohen_kappa(a, b)
    given = r.cohen_kappa(a, b, missing_values=[code], nan_policy="omit")
    assert float(given["estimate"][0]) == truth
    digits = ["1", "2", "3", "9", "1", "2", "9", "3"] * 3
    assert r.cohen_kappa(digits, digits)["estimate"][0] == 1


def test_a_code_of_a_scheme_is_a_label():
    codes = [1, 2, 3, 9, 1, 2, 9, 3]
    assert r.cohen_kappa(codes, codes)["estimate"][0] == 1
    with pytest.raises(ReliabilityError, match="-9, which looks like a code"):
        r.cohen_kappa([1, 2, 3, -9, 1, 2] * 2, [1, 2, 3, -9, 1, 3] * 2)


def test_codes_of_timed_events_without_a_code_are_time_that_was_not_coded():
    def coder(code):
        return pd.DataFrame(
            {"onset_s": [0, 10, 20, 30], "offset_s": [10, 20, 30, 40],
             "code": ["smile", "cry", code, "smile"]}
        )  # fmt: skip

    def kappa(code, **options):
        row = r.time_unit_kappa(coder(code), coder(code), nan_policy="omit", **options)
        return float(row["estimate"].iloc[0]), int(row["n_left_out"].iloc[0])

    assert kappa(None) == kappa("") == kappa(" ") == (1, 10)
    with pytest.raises(ReliabilityError, match="usually means that nothing was coded"):
        kappa("NA")
    assert kappa("NA", missing_values=["NA"]) == (1, 10)
    assert kappa("NA", missing_values=[]) == (1, 0)
    with pytest.raises(ReliabilityError, match="a number among words"):
        kappa("99")
    assert kappa("99", missing_values=[99]) == (1, 10)
    with pytest.raises(ReliabilityError, match="capitals or blanks only"):
        kappa("Cry")
    assert kappa("Cry", labels=["smile", "cry", "Cry"]) == (1, 0)


@pytest.mark.parametrize("blank", ["", " ", "NA", "."])
def test_rows_without_a_group_are_no_group(blank):
    groups = [*"aabbcc", *[blank] * 4]
    with pytest.raises(ReliabilityError, match="would make one group"):
        r.cohen_kappa(A, B, groups=groups)
