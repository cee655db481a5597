import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from attunement.config import Config
from attunement.scoring import score_session
from attunement.scoring.interaction import interactions
from attunement.simulation import simulate_dyad

# What nothing can be said of without the caregiver.
NEED_BOTH = (
    "promptness", "answered_share", "contingency", "contingency_p", "contingency_smile",
    "contingency_odds_ratio", "consistency", "type_consistency", "continuing_share",
    "exaggeration", "caregiver_event_rate", "caregiver_positive_share", "matched_share",
    "matched_share_p", "sustained_match_share", "mismatch_s", "repair_rate", "time_to_repair_s",
)  # fmt: skip


def dyad(infant, caregiver, hz=10):
    parts = [
        pd.DataFrame({"session": "a", "episode": "all", "time_s": np.arange(len(values)) / hz,
                      "person": person, "usable": True, "smile": values, "valence": values})
        for person, values in (("infant", infant), ("caregiver", caregiver))
    ]  # fmt: skip
    return pd.concat(parts)


def smiles(n, starts, length):
    values = np.zeros(n)
    for start in starts:
        values[start : start + length] = 2.0
    return values


def scores(signals, config=None):
    told = next(interactions(signals, config))
    return told.scores(told.trains, config or Config())


@pytest.fixture(scope="module")
def rng():
    return np.random.default_rng(0)


def test_an_infant_without_an_event_leaves_answers_missing_and_states_there(rng):
    found = scores(dyad(np.zeros(900), rng.standard_normal(900)))
    assert found["events_reason"] == "no_infant_event"
    for name in ("promptness", "contingency", "contingency_p", "consistency", "exaggeration"):
        assert np.isnan(found[name]), name
    assert found["n_at_risk"] == 0
    assert found["infant_event_rate"] == 0
    assert np.isfinite(found["matched_share"])


def test_a_caregiver_who_is_never_seen_leaves_everything_of_hers_missing():
    signals = dyad(smiles(900, range(50, 850, 80), 20), np.zeros(900))
    signals["usable"] = signals["person"] == "infant"
    found = scores(signals)
    assert np.isnan([found[name] for name in NEED_BOTH]).all()
    assert found["n_at_risk"] == 0
    assert found["usable_min"] == 0
    assert found["infant_event_rate"] == pytest.approx(10 / 1.5)
    assert found["states_reason"] == "no_states"


def test_a_caregiver_who_never_stops_smiling_continues_and_answers_nothing():
    found = scores(dyad(smiles(900, range(50, 850, 80), 20), np.full(900, 2.0)))
    assert found["continuing_share"] == 1
    assert found["answered_share"] == found["contingency"] == 0
    assert found["promptness"] == 2
    assert found["contingency_p"] == pytest.approx(0.5, abs=0.01)
    assert found["caregiver_event_rate"] == 0
    assert found["caregiver_positive_share"] == 1


def test_base_rates_count_what_comes_outside_answers():
    starts = np.arange(100, 1700, 100)
    infant = smiles(1800, starts, 15)
    caregiver = smiles(1800, np.sort(np.concatenate([starts + 6, starts[::4] + 50])), 10)
    found = scores(dyad(infant, caregiver))
    assert found["answered_share"] == 1
    free_min = (1800 - 16 * 19) / 600
    assert found["caregiver_event_rate"] == pytest.approx(4 / free_min)
    assert found["infant_event_rate"] == pytest.approx(16 / 3)
    assert found["infant_positive_share"] == pytest.approx(16 * 15 / 1800)
    assert found["usable_min"] == 3
    assert found["contingency_smile"] == pytest.approx(found["contingency"])


@pytest.mark.parametrize("hz", [5, 25])
def test_delays_are_seconds_at_any_rate(hz):
    starts = np.arange(10, 170, 12)
    infant = smiles(180 * hz, starts * hz, 2 * hz)
    caregiver = smiles(180 * hz, starts * hz + hz, 2 * hz)
    found = scores(dyad(infant, caregiver, hz), Config(signals={"sampling_hz": hz}))
    assert found["promptness"] == pytest.approx(1.0)
    assert found["contingency_p"] < 0.05
    assert found["n_states"] == 180


def test_episodes_add_up_to_their_session():
    signals, _ = simulate_dyad(duration_s=200, infant="events", mirroring=0.8, seed=2)
    names = np.where(signals["time_s"] < 110, "play", "reunion")
    told = score_session(signals.assign(episode=names))
    whole, parts = told.by_session.iloc[0], told.by_episode
    for name in ("n_at_risk", "n_states", "mismatch_s", "n_mismatches", "n_repairs"):
        assert whole[name] == parts[name].sum(), name
    assert whole["usable_min"] == pytest.approx(parts["usable_min"].sum())
    assert np.isfinite(whole["contingency_p"])
    low, high = parts["answered_share"].min(), parts["answered_share"].max()
    assert low <= whole["answered_share"] <= high
    assert told.states["episode"].unique().tolist() == ["play", "reunion"]


@settings(max_examples=15)
@given(seed=st.integers(0, 999), missing=st.floats(0, 0.99), blind=st.booleans())
def test_no_finite_score_comes_of_nothing(seed, missing, blind):
    signals, _ = simulate_dyad(duration_s=40, infant="events", seed=seed, missing_share=missing)
    if blind:
        signals.loc[signals["person"] == "caregiver", "usable"] = False
    found = scores(signals)
    numbers = {name: value for name, value in found.items() if not isinstance(value, str)}
    if missing < 0.3 and not blind:
        assert np.isfinite([found["usable_min"], found["matched_share"]]).all()
    assert not np.isinf(list(numbers.values())).any()
    if blind:
        assert np.isnan([found[name] for name in NEED_BOTH]).all()
    for name in ("answered_share", "consistency", "matched_share", "continuing_share"):
        assert np.isnan(numbers[name]) or 0 <= numbers[name] <= 1
    if not found["n_at_risk"]:
        assert np.isnan([found["promptness"], found["contingency"]]).all()
    assert found["n_at_risk"] < 5 or found["contingency_p"] > 0 or np.isnan(found["contingency_p"])


def test_more_missing_never_adds_events_at_risk_or_states():
    counts = []
    for missing in (0.0, 0.2, 0.5):
        signals, _ = simulate_dyad(duration_s=120, infant="events", seed=5)
        lost = (signals["time_s"] % 10 < 10 * missing) & (signals["person"] == "caregiver")
        found = scores(signals.assign(usable=~lost))
        counts.append([found["n_at_risk"], found["n_states"], found["usable_min"]])
    assert (np.diff(counts, axis=0) <= 0).all()


def at_random(seed, *, answered):
    """Smiles of both at random; of the infant's, a share is answered after .3 to 1.5 s."""
    rng = np.random.default_rng(seed)
    people = [np.zeros(1900), np.zeros(1900)]
    for k, person in enumerate(people):
        at = int(rng.uniform(0, 100))
        while at < 1800:
            person[at : at + int(rng.uniform(15, 40))] = 2.0
            if k == 0 and rng.random() < answered:
                start = at + int(rng.uniform(3, 16))
                people[1][start : start + 20] += 1.5
            at += int(rng.uniform(60, 140))
    return dyad(*(person[:1800] for person in people))


@pytest.mark.slow
def test_chance_is_found_no_more_often_than_allowed_and_planted_answers_are():
    found = pd.DataFrame([scores(at_random(seed, answered=0.0)) for seed in range(100)])
    most = stats.binom.interval(0.9999, 100, 0.08)[1]
    for name in ("contingency_p", "matched_share_p", "repair_rate_p"):
        assert (found[name] <= 0.05).sum() <= most, name
        # A test that never rejects would pass the line above.
        assert found[name].min() < 0.15, name
        assert 0.3 < found[name].median() < 0.7, name
    assert abs(found["contingency"].mean()) < 4 * found["contingency"].sem()
    planted = pd.DataFrame([scores(at_random(seed, answered=0.75)) for seed in range(40)])
    assert (planted["contingency_p"] <= 0.05).mean() > 0.8
    assert planted["contingency"].mean() > 0.3
