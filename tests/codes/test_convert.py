import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from attunement import schema
from attunement.codes import codes_to_signals
from attunement.errors import TableError
from attunement.scoring import score_session


def spans(rows, person="infant", session="s1"):
    table = pd.DataFrame(rows, columns=["onset_s", "offset_s", "code", "intensity"])
    return table.assign(session=session, person=person)


def pair(rows, **names):
    """The infant's codes beside a caregiver who is neutral for as long."""
    infant = spans(rows, **names)
    calm = [(infant["onset_s"].min(), infant["offset_s"].max(), "neutral", np.nan)]
    return pd.concat([infant, spans(calm, **{**names, "person": "caregiver"})], ignore_index=True)


def valence(signals, person="infant"):
    return signals.loc[signals["person"] == person, "valence"].to_numpy()


def test_valence_is_sign_times_intensity_held_until_the_next_code():
    codes = pair([(0, 1, "Neut", np.nan), (1, 2.05, "Positive", 3), (2.05, 3, "negative ", 2)])
    found = codes_to_signals(codes)
    np.testing.assert_array_equal(valence(found), [0] * 10 + [3] * 11 + [-2] * 9)
    assert found["usable"].all()
    pd.testing.assert_frame_equal(found, schema.conform(found, schema.SIGNALS))
    assert not np.any(valence(found, "caregiver"))


def test_a_level_that_stays_is_no_baseline():
    found = codes_to_signals(pair([(0, 60, "positive", 1)]))
    np.testing.assert_array_equal(valence(found), np.ones(600))


def test_missing_stays_missing_and_says_why():
    codes = pair(
        [(0, 1, "neutral", np.nan), (1, 2, "not codable", np.nan), (3, 4, "positive", np.nan)]
    )
    infant = codes_to_signals(codes).query("person == 'infant'")
    reasons = ["", "not_codable", "not_coded", "not_codable"]
    assert infant["reason"].tolist() == [why for why in reasons for _ in range(10)]
    assert (infant["usable"] == (infant["reason"] == "")).all()
    assert infant["valence"].notna().equals(infant["usable"])


def test_time_units_and_spans_give_the_same():
    rng = np.random.default_rng(0)
    code = rng.choice(["positive", "neutral", "negative", "not codable"], 40).repeat(10)
    time_s = np.arange(400) / 20
    units = pd.DataFrame({"session": "s1", "person": "infant", "code": code, "time_s": time_s})
    units = pd.concat([units, units.assign(person="caregiver")])
    first = units.iloc[:400:10]
    long = first.assign(onset_s=first["time_s"], offset_s=first["time_s"] + 0.5)
    long = pd.concat([long, long.assign(person="caregiver")]).drop(columns="time_s")
    pd.testing.assert_frame_equal(codes_to_signals(units), codes_to_signals(long))


def test_rows_that_are_not_there_leave_a_gap():
    time_s = np.delete(np.arange(150) / 15, slice(45, 60))
    units = pd.DataFrame({"session": 7, "person": "infant", "code": "positive", "time": time_s})
    found = codes_to_signals(pd.concat([units, units.assign(person="caregiver")]))
    assert found["session"].unique() == ["7"]
    infant = found.query("person == 'infant'")
    np.testing.assert_array_equal(np.flatnonzero(~infant["usable"]), np.arange(30, 40))


def test_episodes_are_cut_by_time():
    episodes = pd.DataFrame(
        {"session": "s1", "episode": ["play", "still"], "start_s": [0, 3], "end_s": [2, 5]}
    )
    found = codes_to_signals(pair([(0, 5, "neutral", np.nan)]), episodes=episodes)
    label = found.query("person == 'infant'")["episode"].tolist()
    assert label == ["play"] * 20 + [""] * 10 + ["still"] * 20
    with pytest.raises(TableError, match="no row of session 's2'"):
        codes_to_signals(pair([(0, 5, "neutral", np.nan)], session="s2"), episodes=episodes)


def test_own_codes_can_be_named_for_any_channel():
    codes = pair([(0, 2, "AU12", 1.5), (2, 4, "other", 9)]).replace("neutral", "none")
    found = codes_to_signals(codes, signs={"au12": 1, "other": None, "none": 0}, channel="smile")
    infant = found.query("person == 'infant'")["smile"]
    assert infant.isna().sum() == 20
    assert infant.dropna().unique() == [1.5]
    kept = codes_to_signals(codes, signs={"none": 0}, ignore_unknown=True)
    assert valence(kept).size == 40
    assert np.isnan(valence(kept)).all()


def test_scoring_takes_it_as_it_is():
    rng = np.random.default_rng(1)
    rows, at = [], 0.0
    for _ in range(80):
        length = rng.uniform(0.5, 2)
        rows.append((at, at + length, rng.choice(["positive", "neutral"]), rng.integers(1, 4)))
        at += length
    infant = spans(rows)
    caregiver = infant.assign(
        person="caregiver", onset_s=infant["onset_s"] + 1, offset_s=infant["offset_s"] + 1
    )
    row = score_session(codes_to_signals(pd.concat([infant, caregiver]))).by_session.iloc[0]
    assert row["mirroring_lag_s"] == 1.0
    assert row["mirroring_p"] < 0.05
    apart = codes_to_signals(pd.concat([infant, caregiver]), clock_uncertainty_s=np.nan)
    assert np.isnan(score_session(apart).by_session["mirroring_lag_s"].iloc[0])


GOOD = pair([(0, 1, "neutral", np.nan), (1, 2, "positive", 1)])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="code"), "missing: code"),
        (lambda t: t.replace("positive", "hapy"), r"1 of 3 rows .* signs does not name \('hapy'\)"),
        (lambda t: t.replace("infant", "baby"), "2 of 3 rows .* other than caregiver and infant"),
        (lambda t: t.assign(offset_s=[1.2, 2, 2]), "1 of 3 rows .* overlap the next"),
        (lambda t: t.assign(onset_s=[1.0, 0.0, 0.0], offset_s=[2.0, 1.0, 2.0]), "start before"),
        (lambda t: t.assign(offset_s=[-1, 2, 2]), "end before they start"),
        (lambda t: t.assign(onset_s=[0, np.nan, 0]), "no finite onset_s"),
        (lambda t: t.assign(onset_s="soon"), "onset_s .* must hold numbers"),
        (lambda t: t.assign(intensity=-1.0), "negative or infinite"),
        (lambda t: t.assign(session=["a", None, "a"]), "have no session"),
        (lambda t: t.assign(offset_s=t["onset_s"]), "3 of 3 rows .* have no length, and their"),
        (lambda t: t.assign(offset_s=[1, 2, 0]), "1 of 3 rows .* have no length, and their"),
        (
            lambda t: pd.concat([t, t.assign(session="s2", onset_s=1.01, offset_s=1.05).iloc[1:]]),
            "'s2': its codes, from 1.01 to 1.05 s, hold no point of a grid of 10 Hz",
        ),
        (lambda t: t[t["person"] == "infant"], "1 sessions have codes of one person only, 's1'"),
    ],
)
def test_faulty_codes_are_refused_with_their_rows(change, says):
    with pytest.raises(TableError, match=says):
        codes_to_signals(change(GOOD))


def test_the_rows_at_fault_are_named_as_in_the_table():
    codes = GOOD.replace("positive", "hapy").set_index(pd.Index(["x", "y", "z"]))
    with pytest.raises(TableError) as caught:
        codes_to_signals(codes)
    assert "y (session 's1', infant at 1 s)" in caught.value.advice


def test_doubled_times_of_units_are_refused():
    units = pd.DataFrame({"session": "s", "person": "infant", "code": "positive",
                          "time_s": [0.0, 0.1, 0.1, 0.2]})  # fmt: skip
    with pytest.raises(TableError, match="unsorted or doubled in time"):
        codes_to_signals(units)


def test_a_time_unit_alone_is_refused():
    units = pd.DataFrame({"session": "s", "person": ["infant", "infant", "caregiver"],
                          "code": "positive", "time_s": [0.0, 0.1, 0.0]})  # fmt: skip
    with pytest.raises(TableError, match=r"1 of 3 rows .* how long their time unit is") as caught:
        codes_to_signals(units)
    assert "2 (session 's', caregiver at 0 s)" in caught.value.advice


def test_a_span_of_no_length_is_passed_over_wherever_it_lies():
    rows = [(0, 2, "neutral", np.nan), (3, 4, "positive", 1)]
    plain = codes_to_signals(pair(rows))
    points = [(0, 0, "negative", 9), (1, 1, "negative", 9), (2.5, 2.5, "negative", 9),
              (4, 4, "negative", 9), (9, 9, "negative", 9)]  # fmt: skip
    marked = spans(sorted(rows + points)).assign(session="s1")
    calm = pair(rows).query("person == 'caregiver'")
    pd.testing.assert_frame_equal(codes_to_signals(pd.concat([marked, calm])), plain)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"end_s": np.nan}, "episode 'play': it must end after it starts.* found 0 to nan"),
        ({"start_s": np.inf}, "found inf to 2"),
        ({"start_s": 2, "end_s": 0}, "found 2 to 0"),
        ({"start_s": 2}, "found 2 to 2"),
        ({"end_s": "soon"}, "must be numbers"),
        ({"episode": None}, "needs a session and a name"),
        ({"episode": ""}, "needs a session and a name"),
        ({"session": None}, "needs a session and a name"),
        ({"start_s": 2000, "end_s": 3000}, "from 2000 to 3000 s holds no point .* 0 to 4.9 s"),
    ],
)
def test_episodes_that_hold_nothing_are_refused(change, says):
    episodes = pd.DataFrame({"session": ["s1"], "episode": "play", "start_s": 0, "end_s": 2})
    with pytest.raises(TableError, match=says):
        codes_to_signals(pair([(0, 5, "neutral", np.nan)]), episodes=episodes.assign(**change))


@pytest.mark.parametrize(
    ("options", "says"),
    [({"channel": "glee"}, "channel must be"), ({"sampling_hz": 0}, "positive number")],
)
def test_options_are_checked(options, says):
    with pytest.raises(TableError, match=says):
        codes_to_signals(GOOD, **options)


@given(
    lengths=st.lists(st.floats(0.0, 3.0), min_size=2, max_size=12),
    seed=st.integers(0, 2**31),
    hz=st.sampled_from([5.0, 10.0, 25.0]),
)
def test_every_value_is_the_code_that_holds_at_its_time(lengths, seed, hz):
    rng = np.random.default_rng(seed)
    edges = np.round(np.concatenate([[0.0], np.cumsum(lengths)]), 4)
    assume(edges[-1] >= 1 / hz)
    names = rng.choice(["positive", "neutral", "negative", "not codable"], len(lengths))
    rows = list(zip(edges[:-1], edges[1:], names, rng.integers(1, 4, len(lengths)), strict=True))
    found = codes_to_signals(pair(rows), sampling_hz=hz).query("person == 'infant'")
    assert len(found) > 0
    sign = {"positive": 1, "neutral": 0, "negative": -1, "not codable": np.nan}
    for time_s, value in zip(found["time_s"], found["valence"], strict=True):
        held = [sign[c] * i for on, off, c, i in rows if on <= time_s + 1e-6 < off]
        assert len(held) == 1
        np.testing.assert_equal(value, held[0])
