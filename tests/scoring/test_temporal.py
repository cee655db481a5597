"""The composite of four scores of timing: fixed units, what enters, when it is withheld."""

import numpy as np
import pandas as pd
import pytest

from attunement.config import Config
from attunement.reasons import in_words
from attunement.scoring import score_halves, score_session, temporal
from attunement.simulation import simulate_dyad

PARTS = tuple(temporal.REFERENCE_SD)


def row(**values):
    return dict.fromkeys(PARTS, 0.0) | values


@pytest.fixture(scope="module")
def scored():
    tables = []
    for seed, rho in enumerate((0.2, 0.7)):
        signals, _ = simulate_dyad(duration_s=120, infant="events", mirroring=rho, seed=seed)
        tables.append(signals.assign(session=f"s{seed}"))
    return tables, score_session(pd.concat(tables, ignore_index=True))


def test_it_is_the_mean_of_four_parts_each_over_its_fixed_sd(scored):
    _, scores = scored
    for _, found in scores.by_session.iterrows():
        parts = [found[name] / sd for name, sd in temporal.REFERENCE_SD.items()]
        assert found["temporal_attunement"] == pytest.approx(np.mean(parts), abs=1e-12)
        assert found["temporal_attunement_parts"] == ";".join(PARTS)
    assert scores.by_session["temporal_attunement"].is_monotonic_increasing


def test_a_session_has_the_same_score_beside_others_and_alone(scored):
    tables, together = scored
    for k, signals in enumerate(tables):
        alone = score_session(signals).by_session
        pd.testing.assert_frame_equal(
            alone, together.by_session.iloc[[k]].reset_index(drop=True), check_exact=True
        )


@pytest.mark.parametrize("gone", PARTS)
def test_three_parts_do_and_it_says_which(gone):
    found = temporal.scores(row(**{"mirroring": 0.13, "simultaneity": 0.34, gone: np.nan}))
    assert found["temporal_attunement_parts"] == ";".join(n for n in PARTS if n != gone)
    kept = {"mirroring": 1.0, "simultaneity": 2.0, "concordance": 0.0, "contingency": 0.0}
    del kept[gone]
    assert found["temporal_attunement"] == pytest.approx(sum(kept.values()) / 3)


def test_two_parts_are_too_few():
    found = temporal.scores(row(mirroring=np.nan, contingency=np.nan))
    assert np.isnan(found["temporal_attunement"])
    assert found["temporal_attunement_parts"] == ""


def test_it_is_withheld_where_few_windows_have_a_score_and_says_so():
    signals, _ = simulate_dyad(duration_s=120, mirroring=0.6, seed=3)
    seen = signals["time_s"]
    for last_s, few in ((36.0, False), (31.0, True)):
        short = signals.assign(usable=signals["usable"] & (seen < last_s))
        found = score_session(short).by_session.iloc[0]
        assert (found["n_scorable"] < 30) == few
        assert np.isfinite(found["mirroring"])
        assert np.isnan(found["temporal_attunement"]) == few
        assert (found["temporal_attunement_parts"] == "") == few
        token = f"few_scorable_windows({found['n_scorable']} of 30)"
        assert (token in found["reason"].split(";")) == few
    assert in_words(token) == (
        f"needs 30 windows with a score for temporal attunement; has {found['n_scorable']}"
    )


def test_beside_a_still_face_it_is_0_as_its_parts_are():
    signals, _ = simulate_dyad(duration_s=90, mirroring=0.6, seed=4)
    caregiver = signals["person"] == "caregiver"
    still = signals.assign(valence=signals["valence"].mask(caregiver, 0.0))
    if signals["smile"].notna().any():
        still["smile"] = signals["smile"].mask(caregiver, 0.0)
    found = score_session(still).by_session.iloc[0]
    parts = found[list(PARTS)].astype(float)
    assert (parts.dropna() == 0).all()
    assert parts.notna().sum() >= 3
    assert found["temporal_attunement"] == 0
    assert found["n_scorable"] == found["n_windows"]
    assert "few_scorable_windows" not in found["reason"]
    assert "caregiver_still" in found["reason"].split(";")
    seen = signals["time_s"] < 20
    short = score_session(still.assign(usable=still["usable"] & seen)).by_session.iloc[0]
    assert np.isnan(short["temporal_attunement"])
    assert 0 < short["n_scorable"] < 30


def test_half_as_many_windows_do_where_they_are_two_seconds_apart():
    config = Config(scoring={"step_s": 2.0})
    assert temporal.least_scorable(config.scoring.step_s) == 15
    signals, _ = simulate_dyad(duration_s=60, mirroring=0.6, seed=3)
    found = score_session(signals, config).by_session.iloc[0]
    assert 15 <= found["n_scorable"] < 30
    assert np.isfinite(found["temporal_attunement"])


def test_halves_keep_it_with_half_the_windows():
    signals, _ = simulate_dyad(duration_s=60, mirroring=0.6, seed=3)
    assert score_halves(signals)["temporal_attunement"].notna().all()


def test_it_is_0_by_chance_and_grows_with_what_is_planted():
    def values(rho):
        return [
            score_session(simulate_dyad(duration_s=90, mirroring=rho, seed=seed)[0])
            .by_session["temporal_attunement"].iloc[0]
            for seed in range(12)
        ]  # fmt: skip

    none, some = np.array(values(0.0)), np.array(values(0.5))
    assert abs(none.mean()) < 2.5 * none.std(ddof=1) / np.sqrt(len(none))
    assert some.mean() > none.mean() + 1


def test_it_is_withheld_with_the_scores_that_gaps_have_shifted():
    whole = row(mirroring=0.13, reason="")
    assert np.isfinite(temporal.scores(whole)["temporal_attunement"])
    shifted = whole | {"mirroring": np.nan, "reason": "no_cue;gaps_with_affect"}
    assert np.isnan(temporal.scores(shifted)["temporal_attunement"])
