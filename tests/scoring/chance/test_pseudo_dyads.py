"""Pseudo-dyads of studies whose sessions have several episodes, with time between them."""

import numpy as np
import pandas as pd
import pytest

from attunement.errors import TableError
from attunement.scoring import pseudo_dyads, score_session
from attunement.simulation import simulate_dyad

# Still-face: play, a gap, still face, reunion; in the second session all begins 3 s later.
STILL_FACE = (
    (("play", 2, 32), ("still_face", 40, 72), ("reunion", 72, 90)),
    (("play", 5, 30), ("still_face", 50, 82), ("reunion", 82, 105)),
)
ADJACENT = ((("play", 0, 30), ("still_face", 30, 55)), (("play", 0, 20), ("still_face", 20, 50)))


def study(layouts):
    tables = []
    for k, layout in enumerate(layouts):
        signals, _ = simulate_dyad(duration_s=layout[-1][2] + 5, seed=k, missing_share=0.05)
        label = np.full(len(signals), "", dtype=object)
        for name, start_s, end_s in layout:
            label[signals["time_s"].between(start_s - 1e-9, end_s - 1e-9)] = name
        tables.append(signals.assign(session=f"s{k}", episode=label))
    return pd.concat(tables, ignore_index=True)


def rows(table, session, person):
    own = table[(table["session"] == session) & (table["person"] == person)]
    return own.reset_index(drop=True)


@pytest.mark.parametrize("layouts", [STILL_FACE, ADJACENT])
def test_every_episode_is_paired_from_its_own_beginning(layouts):
    signals = study(layouts)
    made, pairs = pseudo_dyads(signals)
    assert set(zip(pairs["infant_session"], pairs["caregiver_session"], strict=True)) == {
        ("s0", "s1"), ("s1", "s0")
    }  # fmt: skip
    assert (made["episode"] == "").any()
    for pair in pairs.itertuples():
        infant, caregiver = (rows(made, pair.session, person) for person in ("infant", "caregiver"))
        np.testing.assert_allclose(np.diff(infant["time_s"]), 0.1)
        np.testing.assert_array_equal(infant["time_s"], caregiver["time_s"])
        np.testing.assert_array_equal(infant["episode"], caregiver["episode"])
        original = rows(signals, pair.infant_session, "infant").set_index("time_s")
        np.testing.assert_array_equal(infant["valence"], original.loc[infant["time_s"], "valence"])
        for name, *_ in layouts[0]:
            theirs = rows(signals, pair.caregiver_session, "caregiver").query("episode == @name")
            n = min((original["episode"] == name).sum(), len(theirs))
            here = caregiver[caregiver["episode"] == name]
            np.testing.assert_array_equal(here["valence"], theirs["valence"].iloc[:n])
            first = infant.loc[infant["episode"] == name, "time_s"].iloc[0]
            assert first == original.index[original["episode"] == name][0]
        between = caregiver[caregiver["episode"] == ""]
        assert between["valence"].isna().all()
        assert not between["usable"].any()
        assert (between["reason"] == "not_paired").all()


@pytest.mark.parametrize("layouts", [STILL_FACE, ADJACENT])
def test_an_episode_of_a_pair_is_scored_as_if_it_were_alone(layouts):
    signals = study(layouts)
    whole = score_session(pseudo_dyads(signals)[0]).by_episode.set_index(["session", "episode"])
    assert len(whole) == 2 * len(layouts[0])
    for name, *_ in layouts[0]:
        alone, _ = pseudo_dyads(signals[signals["episode"] == name])
        for row in score_session(alone).by_session.itertuples():
            found = whole.loc[(row.session, name)]
            for score in ("mirroring", "congruence", "concordance", "matched_share"):
                np.testing.assert_allclose(found[score], getattr(row, score), atol=1e-12)


def test_one_episode_has_no_rows_outside_it():
    signals = study([(("play", 3, 33),), (("play", 5, 45),)])
    made, _ = pseudo_dyads(signals)
    assert set(made["episode"]) == {"play"}
    assert made.groupby(["session", "person"]).size().tolist() == [300] * 4
    assert made.loc[made["session"] == "s0~s1", "time_s"].min() == 3.0
    assert made.dtypes.equals(signals.dtypes)


def test_sessions_without_an_episode_make_no_pair():
    signals = study([(("play", 0, 20),), (("play", 0, 20),)])
    with pytest.raises(TableError, match="No pseudo-dyad"):
        pseudo_dyads(signals.assign(episode=""))


def test_a_pair_is_as_sure_of_its_clock_as_the_infants_session():
    signals = study(STILL_FACE)
    sure_s = signals["session"].map({"s0": 0.0, "s1": np.nan})
    made, _ = pseudo_dyads(signals.assign(clock_uncertainty_s=sure_s))
    scores = score_session(made).by_session.set_index("session")["clock_uncertainty_s"]
    assert scores["s0~s1"] == 0.0
    assert np.isnan(scores["s1~s0"])
