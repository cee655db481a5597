import numpy as np
import pandas as pd
import pytest

from attunement.errors import ReliabilityError
from attunement.stats.reliability import reliability_of_scores, reliability_sentence
from attunement.stats.reliability.components import family_sums, variance_components


def study(reliability, *, n_families=60, dyads=1, repeats=1, minutes=2.0, seed=0, lasting=(0, 0)):
    """Halves and whole scores with a known reliability of the whole.

    `lasting` are the shares of variance between families and between dyads of a family.
    """
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(n_families), dyads * repeats)
    dyad = np.repeat(np.arange(n_families * dyads), repeats)
    n = len(family)
    true = np.sqrt(lasting[0]) * rng.standard_normal(n_families)[family]
    true += np.sqrt(lasting[1]) * rng.standard_normal(n_families * dyads)[dyad]
    true += np.sqrt(reliability - sum(lasting)) * rng.standard_normal(n)
    error = np.sqrt(2 * (1 - reliability)) * rng.standard_normal((2, n))
    names = [f"s{k}" for k in range(n)]
    halves = [
        pd.DataFrame({"session": names, "split": split, "half": half, "minutes": minutes / 2,
                      "infant_positive": 0.5, "caregiver_positive": 0.5,
                      "mirroring": true + error[k]})
        for split in ("interleaved", "first_second") for k, half in enumerate("ab")
    ]  # fmt: skip
    sessions = pd.DataFrame(
        {"session": names, "dyad": dyad, "family": family, "mirroring": true + error.mean(0)}
    )
    return pd.concat(halves, ignore_index=True), sessions


def rows(table, score="mirroring"):
    return table[table["score"] == score].set_index("term")


@pytest.mark.parametrize("reliability", [0.3, 0.6, 0.9])
def test_a_known_reliability_comes_back(reliability):
    halves, sessions = study(reliability, n_families=4000)
    found = rows(reliability_of_scores(halves, sessions, n_resamples=200))
    for split in ("interleaved", "first_second"):
        row = found.loc[f"split_half_{split}"]
        assert row["estimate"] == pytest.approx(reliability, abs=0.05)
        assert row["ci_low"] < row["estimate"] < row["ci_high"]
        assert row["ci_high"] - row["ci_low"] < 0.12
    needed = found.loc["minutes_for_this_occasion_.70", "estimate"]
    own = found.loc["split_half_interleaved", "estimate"]
    assert needed == pytest.approx(2 * 0.7 * (1 - own) / (own * 0.3))
    longer = needed / 2
    assert longer * own / (1 + (longer - 1) * own) == pytest.approx(0.7)
    assert found.loc["minutes_for_this_occasion_.80", "estimate"] > needed


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    hits = 0
    for seed in range(60):
        halves, sessions = study(0.5, n_families=40, dyads=2, seed=seed)
        row = rows(reliability_of_scores(halves, sessions, n_resamples=199)).iloc[0]
        hits += row["ci_low"] <= 0.5 <= row["ci_high"]
    assert hits >= 50


def test_shares_of_variance_come_back_and_sum_to_one():
    halves, sessions = study(0.7, n_families=1500, dyads=3, repeats=2, lasting=(0.2, 0.15))
    found = rows(reliability_of_scores(halves, sessions, n_resamples=99))
    shares = {"family": 0.2, "dyad": 0.15, "session": 0.35, "error": 0.3}
    for name, truth in shares.items():
        row = found.loc[f"share_{name}"]
        assert row["estimate"] == pytest.approx(truth, abs=0.05)
        assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert sum(found.loc[f"share_{name}", "estimate"] for name in shares) == pytest.approx(1)
    lasting = found.loc[["share_family", "share_dyad"], "estimate"].sum()
    needed = found.loc["sessions_for_this_dyad_.70", "estimate"]
    assert needed * lasting / (1 + (needed - 1) * lasting) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("design", "missing", "there"),
    [({"dyads": 3}, "share_dyad", "share_family"), ({"repeats": 3}, "share_family", "share_dyad")],
)
def test_a_component_that_cannot_be_told_apart_says_so(design, missing, there):
    halves, sessions = study(0.8, n_families=300, lasting=(0.4, 0), **design)
    found = rows(reliability_of_scores(halves, sessions, n_resamples=99))
    assert np.isnan(found.loc[missing, "estimate"])
    assert found.loc[missing, "reason"]
    assert found.loc[there, "estimate"] == pytest.approx(0.4, abs=0.1)


def test_components_agree_with_the_textbook_where_the_design_is_even():
    rng = np.random.default_rng(5)
    score = rng.standard_normal((8, 3, 2)) + rng.standard_normal((8, 1, 1))
    family, dyad = np.repeat(np.arange(8), 6), np.repeat(np.arange(24), 2)
    found = variance_components(family_sums(score.ravel(), family, dyad), np.ones((1, 8)))
    pair_means, family_means = score.mean(2), score.mean((1, 2))
    within = ((score - pair_means[..., None]) ** 2).sum() / 24
    pairs = 2 * ((pair_means - family_means[:, None]) ** 2).sum() / 16
    families = 6 * ((family_means - score.mean()) ** 2).sum() / 7
    wanted = [(families - pairs) / 6, (pairs - within) / 2, within]
    np.testing.assert_allclose(np.ravel(found), wanted, rtol=1e-10)


def test_drawing_a_family_twice_is_having_it_twice():
    rng = np.random.default_rng(6)
    family = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    dyad = np.array([0, 0, 1, 2, 3, 4, 4, 5, 5])
    score = rng.standard_normal(9)
    drawn = variance_components(family_sums(score, family, dyad), np.array([[2.0, 1.0, 1.0]]))
    copied = family_sums(
        np.append(score, score[:3]), np.append(family, [3] * 3), np.append(dyad, [6, 6, 7])
    )
    np.testing.assert_allclose(drawn, variance_components(copied, np.ones((1, 4))))


def test_differences_between_kinds_of_session_are_no_reliability():
    halves, sessions = study(1e-6, n_families=400)
    kind = np.arange(400) % 2
    halves["mirroring"] += 6 * np.tile(kind, 4)
    sessions["partner"] = kind
    mixed = rows(reliability_of_scores(halves, sessions, n_resamples=50))
    apart = rows(reliability_of_scores(halves, sessions, within=["partner"], n_resamples=50))
    assert mixed.loc["split_half_interleaved", "estimate"] > 0.7
    assert abs(apart.loc["split_half_interleaved", "estimate"]) < 0.3
    assert "reaches 0" in apart.loc["minutes_for_this_occasion_.70", "reason"] or (
        "no length" in apart.loc["minutes_for_this_occasion_.70", "reason"]
    )


def test_base_rates_can_carry_all_of_it():
    halves, sessions = study(1e-6, n_families=400)
    rate = np.random.default_rng(1).random(400)
    halves["mirroring"] += 10 * np.tile(rate, 4)
    halves["infant_positive"] = np.tile(rate, 4)
    halves["caregiver_positive"] = np.tile(rate**2, 4)
    found = rows(reliability_of_scores(halves, sessions, n_resamples=50))
    assert found.loc["split_half_interleaved", "estimate"] > 0.7
    assert abs(found.loc["split_half_without_base_rates", "estimate"]) < 0.3


def test_what_is_missing_is_left_out_and_counted():
    halves, sessions = study(0.6)
    halves.loc[(halves["session"] == "s3") & (halves["half"] == "b"), "mirroring"] = np.nan
    halves = halves[halves["session"] != "s7"]
    found = rows(reliability_of_scores(halves, sessions, n_resamples=50))
    row = found.loc["split_half_interleaved"]
    assert (row["n_sessions"], row["n_families"], row["n_left_out"]) == (58, 58, 2)


def test_too_few_sessions_are_a_row_with_the_reason():
    halves, sessions = study(0.6, n_families=4)
    found = reliability_of_scores(halves, sessions)
    assert found["estimate"].isna().all()
    few = found[found["term"] != "stability"]
    assert few["reason"].str.contains("4 sessions of 4 families .* 10 sessions of 5 fam").all()
    assert rows(found).loc["stability", "reason"] == "no dyad has several sessions"
    blank = reliability_of_scores(halves.iloc[:0])
    assert blank["reason"].str.contains("0 sessions").all()


def test_shares_need_families_with_several_sessions():
    halves, sessions = study(0.6, n_families=4, dyads=3, repeats=2)
    found = reliability_of_scores(halves, sessions, n_resamples=50)
    assert not found["term"].str.startswith("share").any()


def test_a_score_that_does_not_vary_has_none():
    halves, sessions = study(0.6)
    found = rows(reliability_of_scores(halves.assign(mirroring=0.2), sessions, n_resamples=50))
    assert found["estimate"].isna().all()
    assert "does not vary" in found.loc["split_half_interleaved", "reason"]


def test_the_order_of_the_tables_does_not_matter():
    halves, sessions = study(0.6, dyads=2)
    one = reliability_of_scores(halves, sessions, n_resamples=50)
    other = reliability_of_scores(halves.sample(frac=1, random_state=1), sessions, n_resamples=50)
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda h, s: reliability_of_scores(h.drop(columns="half"), s), "column half"),
        (lambda h, s: reliability_of_scores(h, pd.concat([s, s])), "is there twice"),
        (
            lambda h, s: reliability_of_scores(pd.concat([h, h.iloc[[0]]]), s),
            "has half '.*' of the split '.*' twice",
        ),
        (lambda h, s: reliability_of_scores(h, s.assign(dyad="d")), "in two families"),
        (lambda h, s: reliability_of_scores(h, s, scores=["luck"]), "no score 'luck'"),
        (lambda h, s: reliability_of_scores(h, s, within=["age"]), "lacks the column 'age'"),
    ],
)
def test_unfit_tables_are_refused(call, says):
    with pytest.raises(ReliabilityError, match=says):
        call(*study(0.5, n_families=20))


def test_the_sentence_quotes_the_figure_or_says_why_there_is_none():
    halves, sessions = study(0.6)
    table = reliability_of_scores(halves, sessions, n_resamples=50)
    row = rows(table).loc["split_half_interleaved"]
    said = reliability_sentence(table, score="mirroring")
    assert f"{row['estimate']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]" in said
    assert "60 sessions of 2.0 minutes" in said
    assert "not for ranking" in said
    few = reliability_sentence(reliability_of_scores(*study(0.6, n_families=3)), score="mirroring")
    assert "not estimated (3 sessions of 3 families" in few
    nothing = reliability_sentence(table.iloc[:0])
    assert "occasion not estimated (no session has halves to compare). " in nothing
    other = reliability_sentence(table)
    assert "temporal_attunement in this study" in other
    assert other.count("not estimated (the table holds only mirroring)") == 2
    assert "individual feedback, however long" in said
    assert "Of the dyad as a trait: not estimated (no dyad has several sessions)." in said


def test_the_sentence_tells_the_occasion_from_the_dyad():
    halves, sessions = study(0.8, n_families=400, repeats=3, lasting=(0.3, 0))
    table = reliability_of_scores(halves, sessions, n_resamples=50)
    found = rows(table)
    said = reliability_sentence(table, score="mirroring")
    occasion, trait = said.split("Of the dyad as a trait: ")
    for text, term in ((occasion, "split_half_interleaved"), (trait, "stability")):
        row = found.loc[term]
        assert f"{row['estimate']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]" in text
    assert "; 2 [2, 2] minutes of one session would reach .70" in occasion
    number, low, high = (
        int(np.ceil(found.loc["sessions_for_this_dyad_.70", name]))
        for name in ("estimate", "ci_low", "ci_high")
    )
    assert f"; {number} [{low}, {high}] sessions of each dyad would reach .70" in trait
    assert low < 6 <= high
    some, all_sessions = study(0.8, n_families=20, repeats=2, lasting=(0.1, 0))
    few = reliability_sentence(
        reliability_of_scores(some, all_sessions, n_resamples=50), score="mirroring"
    )
    assert ", no limit] sessions of each dyad" in few or "Of the dyad as a trait: -" in few


def test_stability_is_of_the_same_dyad_and_not_of_the_occasion():
    halves, sessions = study(0.8, n_families=5000, repeats=2, lasting=(0, 0.25))
    found = rows(reliability_of_scores(halves, sessions, n_resamples=50))
    assert found.loc["split_half_interleaved", "estimate"] == pytest.approx(0.8, abs=0.05)
    one = found.loc["stability"]
    assert one["estimate"] == pytest.approx(0.25, abs=0.05)
    assert one["ci_low"] < one["estimate"] < one["ci_high"]
    by_dyad = sessions.assign(k=sessions.groupby("dyad").cumcount())
    wide = by_dyad.pivot_table(index="dyad", columns="k", values="mirroring")
    assert one["estimate"] == pytest.approx(wide.corr().iloc[0, 1], abs=0.02)
    for k in (2, 4, 8):
        share = one["estimate"]
        several = found.loc[f"stability_of_{k}_sessions"]
        assert several["estimate"] == pytest.approx(k * share / (1 + (k - 1) * share))
        assert several["ci_low"] < several["estimate"] < several["ci_high"]


def test_more_partners_of_an_infant_are_no_sessions_of_a_dyad():
    halves, sessions = study(0.8, n_families=300, dyads=3, lasting=(0.4, 0))
    found = rows(reliability_of_scores(halves, sessions, n_resamples=50))
    assert np.isnan(found.loc["stability", "estimate"])
    assert found.loc["stability", "reason"] == "no dyad has several sessions"
    assert "sessions_for_this_dyad_.70" not in found.index


def test_a_score_that_is_withheld_has_no_part_in_its_reliability():
    halves, sessions = study(0.6)
    sessions.loc[sessions["session"].isin(["s1", "s2", "s3"]), "mirroring"] = np.nan
    found = rows(reliability_of_scores(halves, sessions, n_resamples=50))
    row = found.loc["split_half_interleaved"]
    assert (row["n_sessions"], row["n_left_out"]) == (57, 3)
