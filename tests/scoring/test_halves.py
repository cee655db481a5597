import numpy as np
import pandas as pd
import pytest

from attunement import schema
from attunement.errors import TableError
from attunement.scoring import score_halves, score_names, score_session
from attunement.simulation import simulate_dyad


def dyad(**settings):
    return simulate_dyad(mirroring=0.4, lag_s=1.0, **settings)[0]


def in_episodes(signals, *edges_s):
    label = np.digitize(signals["time_s"], edges_s).astype(str)
    return signals.assign(episode=label)


def test_four_rows_a_session_with_every_score():
    signals = pd.concat([dyad(duration_s=120, seed=1), dyad(duration_s=80, seed=2)])
    found = score_halves(signals)
    assert found["session"].tolist() == ["simulated-1"] * 4 + ["simulated-2"] * 4
    assert found["split"].tolist() == ["interleaved", "interleaved", "first_second",
                                       "first_second"] * 2  # fmt: skip
    assert found["half"].tolist() == ["a", "b"] * 4
    assert found["minutes"].tolist() == pytest.approx([1.0] * 4 + [2 / 3] * 4)
    names = score_names(score_session(signals).by_session)
    assert found.columns.tolist()[6:] == names
    assert found["mirroring"].notna().all()


def test_what_is_no_score_has_no_reliability():
    names = score_names(score_session(dyad(duration_s=80)).by_session)
    assert {"mirroring", "concordance", "congruence", "markedness", "attuned_share"} <= set(names)
    for name in names:
        assert not name.endswith(("_p", "_low", "_high", "_expected"))
        assert not name.startswith(("n_", "coverage"))
        assert name not in ("session", "dyad", "reason", "mirroring_z", "mirroring_lag_s")


def test_first_half_scored_by_hand():
    signals = dyad(duration_s=100, seed=3)
    found = score_halves(signals).query("split == 'first_second'").set_index("half")
    for half, rows in (("a", signals["time_s"] < 50), ("b", signals["time_s"] >= 50)):
        alone = score_session(signals[rows]).by_session.iloc[0]
        for name in ("mirroring", "concordance", "congruence"):
            assert found.loc[half, name] == pytest.approx(alone[name], abs=1e-12)


def test_interleaved_blocks_scored_by_hand():
    signals = dyad(duration_s=120, seed=4)
    found = score_halves(signals).query("split == 'interleaved'").set_index("half")
    blocks = in_episodes(signals, 30, 60, 90)
    for half, kept in (("a", "02"), ("b", "13")):
        own = blocks.assign(episode=blocks["episode"].where(blocks["episode"].isin(list(kept)), ""))
        alone = score_session(own).by_session.iloc[0]
        assert found.loc[half, "mirroring"] == pytest.approx(alone["mirroring"], abs=1e-12)


def test_a_half_knows_nothing_of_the_other():
    signals = dyad(duration_s=120, seed=5)
    in_b = signals["time_s"] % 60 >= 30
    noise = np.random.default_rng(0).standard_normal(len(signals))
    before = score_halves(signals).query("split == 'interleaved'").set_index("half")
    moved = signals.assign(valence=signals["valence"].where(~in_b, noise))
    after = score_halves(moved).query("split == 'interleaved'").set_index("half")
    pd.testing.assert_series_equal(before.loc["a"], after.loc["a"])
    assert before.loc["b", "mirroring"] != after.loc["b", "mirroring"]


def test_base_rates_are_those_of_the_half():
    signals = dyad(duration_s=120, seed=6)
    value = np.where(signals["time_s"] < 60, 1.0, 0.0)
    infant = signals["person"] == "infant"
    signals["valence"] = np.where(infant, value, 0.2 + 0.5 * (signals["time_s"] % 2 < 1))
    found = score_halves(signals).query("split == 'first_second'")
    assert found["infant_positive"].tolist() == [1.0, 0.0]
    assert found["caregiver_positive"].tolist() == pytest.approx([0.5, 0.5])


def test_episodes_too_short_to_split_are_in_no_half():
    signals = in_episodes(dyad(duration_s=150, seed=7), 100, 130)  # 100, 30 and 20 s
    assert score_halves(signals)["minutes"].tolist() == pytest.approx([50 / 60] * 4)
    short = score_halves(dyad(duration_s=39, seed=8))
    assert len(short) == 0
    assert list(short.columns)[:4] == ["session", "split", "half", "minutes"]


def test_without_scores_the_rows_are_still_there():
    signals = dyad(duration_s=120, seed=9)
    infant = signals["person"] == "infant"
    signals["valence"] = signals["valence"].where(~infant)
    signals["usable"] &= ~infant
    found = score_halves(signals)
    assert len(found) == 4
    assert found[["mirroring", "infant_positive"]].isna().all(axis=None)
    assert found["session"].dtype == schema.TEXT


@pytest.mark.parametrize("block_s", [np.nan, np.inf, 19, -30, "half"])
def test_blocks_that_are_none_are_refused(block_s):
    with pytest.raises(TableError, match="block_s of halves is a length of 20 s or more"):
        score_halves(dyad(duration_s=10), block_s=block_s)
