"""Figures printed in publications and listed in ../shared/checks/README.md, typed in."""

import numpy as np
import pytest

from attunement.stats import reliability

SHROUT_FLEISS_1979 = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)
COHEN_1968 = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
FLEISS_COHEN_EVERITT_1969 = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
NA = np.nan
KRIPPENDORFF = np.array(
    [
        (1, 1, NA, 1),
        (2, 2, 3, 2),
        (3, 3, 3, 3),
        (3, 3, 3, 3),
        (2, 2, 2, 2),
        (1, 2, 3, 4),
        (4, 4, 4, 4),
        (1, 1, 2, 1),
        (2, 2, 2, 2),
        (NA, 5, 5, 5),
        (NA, NA, 1, 1),
        (NA, NA, 3, NA),
    ]
)
# Ten targets, fourteen raters, five categories: the example of Fleiss' kappa in Wikipedia.
TEN_BY_FOURTEEN = (
    "00 00 00 00 14, 00 02 06 04 02, 00 00 03 05 06, 00 03 09 02 00, 02 02 08 01 01, "
    "07 07 00 00 00, 03 02 06 03 00, 02 05 03 02 02, 06 05 02 01 00, 00 02 02 03 07"
)


def coders(counts):
    """Return two coders' labels that give the table `counts`."""
    rows, columns = np.indices(counts.shape)
    return np.repeat(rows, counts.ravel()), np.repeat(columns, counts.ravel())


def test_icc_shrout_fleiss_1979():
    found = reliability.icc(SHROUT_FLEISS_1979)
    printed = [0.1657418, 0.2897638, 0.7148407, 0.4427971, 0.6200505, 0.9093155]
    assert found["estimate"].to_numpy() == pytest.approx(printed, abs=1e-6)
    assert list(found["term"]) == [
        "ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"
    ]  # fmt: skip
    two = found.set_index("term").loc["ICC(2,1)"]
    assert (two["ci_low"], two["ci_high"]) == pytest.approx((0.0187865, 0.7610844), abs=1e-6)


def test_kappa_cohen_1968():
    a, b = coders(COHEN_1968)
    plain = reliability.cohen_kappa(a, b).iloc[0]
    assert plain["estimate"] == pytest.approx(0.4915254, abs=1e-6)
    assert plain["std_error"] == pytest.approx(0.0510, abs=5e-5)
    disagreement = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])
    weighted = reliability.cohen_kappa(a, b, weights=disagreement).iloc[0]
    assert weighted["estimate"] == pytest.approx(0.3478261, abs=1e-6)
    assert weighted["std_error"] == pytest.approx(0.0755, abs=5e-5)
    assert weighted["weights"] == "disagreement matrix"


def test_kappa_fleiss_cohen_everitt_1969():
    a, b = coders(FLEISS_COHEN_EVERITT_1969)
    plain = reliability.cohen_kappa(a, b).iloc[0]
    assert plain["estimate"] == pytest.approx(0.4285714, abs=1e-6)
    assert plain["std_error"] ** 2 == pytest.approx(0.00288487, abs=1e-8)
    agreement = np.array([[1, 0, 0.4444], [0, 1, 0.6667], [0.4444, 0.6667, 1]])
    for weights, printed, digits in (
        (agreement, 0.50707, 5e-6),
        ("linear", 0.4923, 5e-5),
        ("quadratic", 0.5667, 5e-5),
    ):
        found = reliability.cohen_kappa(a, b, weights=weights).iloc[0]
        assert found["estimate"] == pytest.approx(printed, abs=digits)


@pytest.mark.parametrize(
    ("level", "printed"),
    [
        ("nominal", 0.7434210526),
        ("ordinal", 0.8153875038),
        ("interval", 0.8491071429),
        ("ratio", 0.7974027747),
    ],
)
def test_krippendorff_alpha(level, printed):
    found = reliability.krippendorff_alpha(KRIPPENDORFF, level=level).iloc[0]
    assert found["estimate"] == pytest.approx(printed, abs=1e-10)
    # The last unit has one rating and says nothing about agreement.
    assert (found["n_targets"], found["n_raters"], found["n_left_out"]) == (11, 4, 1)
    assert found["n_ratings"] == 40


def test_fleiss_kappa_ten_by_fourteen():
    counts = [[int(n) for n in row.split()] for row in TEN_BY_FOURTEEN.split(",")]
    ratings = np.array([np.repeat(np.arange(5), row) for row in counts])
    found = reliability.fleiss_kappa(ratings).iloc[0]
    assert found["estimate"] == pytest.approx(0.210, abs=5e-4)


def test_bland_altman_1986_peak_flow():
    wright = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    found = reliability.bland_altman(wright, mini).set_index("term")
    bias = found.loc["bias"]
    assert bias["estimate"] == pytest.approx(-2.1, abs=0.05)
    assert bias["sd"] == pytest.approx(38.8, abs=0.05)
    assert bias["std_error"] == pytest.approx(9.4, abs=0.05)
    assert (bias["ci_low"], bias["ci_high"]) == pytest.approx((-22.0, 17.8), abs=0.1)


def test_pabak_byrt_1993_identity():
    # For two categories PABAK is 2 p - 1 (Byrt, Bishop & Carlin 1993).
    a = ["yes"] * 90 + ["no"] * 10
    b = ["yes"] * 85 + ["no"] * 10 + ["yes"] * 5
    found = reliability.agreement(a, b).set_index("term")["estimate"]
    assert found["percent_agreement"] == pytest.approx(0.90)
    assert found["pabak"] == pytest.approx(0.80)
    assert found["pabak"] > found["cohen_kappa"]
    # Margins 90/10 and 90/10 allow full agreement.
    assert found["maximum_kappa"] == pytest.approx(1)
