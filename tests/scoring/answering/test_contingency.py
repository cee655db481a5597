import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from attunement import schema
from attunement.scoring import pooled_contingency
from attunement.scoring.answering.consistency import consistency_scores
from attunement.scoring.answering.contingency import (
    Clock,
    answer_counts,
    chances,
    odds_ratio,
    windows_of,
)
from attunement.scoring.answering.family_contingency import COLUMNS, contingency_table
from attunement.scoring.answering.onsets import samples_until
from attunement.scoring.chance.shifts import admissible_shifts
from attunement.scoring.marking.markedness import Train
from attunement.scoring.series.recording import Episode

HZ, FIRST, LAST = 10, 2, 20


def made(onsets, answers, missing, n):
    """A train and a clock from samples of infant onsets, caregiver onsets and gaps."""
    marks, gaps = np.zeros(n, bool), np.zeros(n, bool)
    marks[answers], gaps[missing] = True, True
    marks &= ~gaps
    shifts = admissible_shifts(n, HZ)
    train = Train(Episode("all", 0, n), np.sort(onsets), shifts, np.arange(len(shifts)), shifts)
    return train, Clock(
        FIRST, LAST,
        samples_until(marks, first=FIRST, last=LAST), samples_until(gaps, first=0, last=LAST),
    )  # fmt: skip


@st.composite
def sessions(draw):
    n = draw(st.integers(210, 320))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    onsets = np.unique(rng.integers(0, n, draw(st.integers(1, 14))))
    onsets = onsets[np.concatenate([[True], np.diff(onsets) >= 15])]
    missing = rng.integers(0, n, draw(st.integers(0, 6)))[:, None] + np.arange(8)
    return made(onsets, rng.integers(0, n, draw(st.integers(0, 30))), missing.ravel() % n, n)


@settings(max_examples=30)
@given(sessions(), st.integers(0, 100))
def test_counts_under_a_shift_are_those_of_a_naive_loop(session, shift):
    train, time = session
    n = train.episode.n
    counts = answer_counts(train, time)
    assume(counts.at_risk.any())
    row = 0 if shift == 0 else 1 + (shift - 1) % len(train.shifts)
    by = 0 if row == 0 else train.shifts[row - 1]
    length = windows_of(train.onsets, n, LAST)
    waits, ended = [], []
    for onset, longest in zip(train.onsets, length, strict=True):
        at = (onset + by) % n
        delay, gap = time.answer[at], time.gap[at]
        answered = delay <= longest and gap > delay
        waits.append(delay if answered else min(longest, gap - 1))
        ended.append(answered)
    waits, ended = np.array(waits), np.array(ended)
    for column, delay in enumerate(range(FIRST, LAST + 1)):
        assert counts.at_risk[row, column] == (waits >= delay).sum()
        assert counts.answered[row, column] == ((waits == delay) & ended).sum()
    found = chances([counts], [train], time)
    share = found.share if row == 0 else found.share_surrogate[row - 1]
    if ended.any() and (waits >= LAST).any():
        theirs = SurvfuncRight(waits, ended.astype(int))
        assert share == pytest.approx(1 - theirs.surv_prob[-1])
    elif not (waits >= LAST).any() and np.isfinite(share):
        assert share == pytest.approx(1)


@settings(max_examples=30)
@given(sessions())
def test_shares_lie_in_their_bounds_and_nothing_comes_of_nothing(session):
    train, time = session
    found = chances([answer_counts(train, time)], [train], time)
    assume(found.n_at_risk > 0 and np.isfinite(found.share))
    for share, wait in (
        (found.share, found.promptness),
        *zip(found.share_surrogate, found.promptness_surrogate, strict=True),
    ):
        assert np.isnan(share) or 0 <= share <= 1
        assert np.isnan(wait) or FIRST / HZ <= wait <= LAST / HZ
    if found.n_at_risk < 5:
        assert np.isnan(found.p)
    unseen = Clock(FIRST, LAST, time.answer, np.zeros_like(time.gap))
    nothing = chances([answer_counts(train, unseen)], [train], unseen)
    assert nothing.n_at_risk == 0
    assert np.isnan([nothing.share, nothing.promptness, nothing.excess, nothing.p]).all()


def test_prompt_answers_are_found_and_slow_ones_cost_time():
    onsets = np.array([100, 260, 455, 610, 790, 905, 1110, 1250, 1400, 1555])
    rest = np.array([60, 350, 700, 1000, 1320, 1650])
    soon, late = (
        chances([answer_counts(*made(onsets, np.concatenate([onsets + by, rest]), [], 1800))],
                [made(onsets, rest, [], 1800)[0]], made(onsets, rest, [], 1800)[1])
        for by in (4, 18)
    )  # fmt: skip
    assert soon.share == late.share == 1
    assert soon.promptness == pytest.approx(0.4)
    assert late.promptness == pytest.approx(1.8)
    assert soon.p < 0.01
    assert soon.excess > 0.5


def test_the_odds_ratio_stays_finite_and_knows_a_base_rate():
    onsets = np.arange(100, 1700, 100)
    all_answered, time = made(onsets, onsets + 5, [], 1800)
    assert np.isfinite(odds_ratio([all_answered], [time]))
    assert odds_ratio([all_answered], [time]) > 100
    half = np.sort(np.concatenate([onsets[::2] + 5, np.arange(60, 1800, 200)]))
    some, time = made(onsets, half, [], 1800)
    free = free_windows(some)
    with_onset = sum(((half >= at + FIRST) & (half <= at + LAST)).any() for at in free)
    odds = ((8 + 0.5) / (8 + 0.5)) / ((with_onset + 0.5) / (len(free) - with_onset + 0.5))
    assert odds_ratio([some], [time]) == pytest.approx(odds)


def test_no_odds_ratio_of_someone_who_never_or_always_had_an_onset():
    onsets = np.arange(100, 1700, 100)
    for caregiver in ([], np.arange(0, 1800, 10)):
        train, time = made(onsets, np.array(caregiver, int), [], 1800)
        assert np.isnan(odds_ratio([train], [time]))
    nobody, none = made(onsets, onsets + 5, np.arange(1800), 1800)
    assert np.isnan(odds_ratio([nobody], [none]))


def free_windows(train):
    """Begin of the windows of 19 samples that fit between the answer windows, end to end."""
    taken = np.zeros(1800, bool)
    for onset in train.onsets:
        taken[onset + FIRST : onset + LAST + 1] = True
    found, at = [], 0
    while at + LAST < 1800:
        if taken[at + FIRST : at + LAST + 1].any():
            at += 1
        else:
            found.append(at)
            at += LAST - FIRST + 1
    return found


def events(answered, kinds, channel="smile", reason=""):
    return pd.DataFrame(
        {"answered": np.asarray(answered, float), "response": kinds, "channel": channel,
         "reason": reason}
    )  # fmt: skip


def test_consistency_is_the_share_of_what_was_wholly_seen():
    table = events([1, 1, 0, np.nan, 1, 1], ["none"] * 6)
    found = consistency_scores(table, np.array([True, True, True, False, True, False]))
    assert found["consistency"] == 0.75
    interval = stats.binomtest(3, 4).proportion_ci(method="wilson")
    assert found["consistency_low"] == pytest.approx(interval.low)
    assert found["consistency_high"] == pytest.approx(interval.high)
    assert found["type_consistency"] == 1.0
    assert np.isnan(consistency_scores(table, np.zeros(6, bool))["consistency"])


def test_types_are_compared_within_the_infants_valence():
    alike = pd.concat([events([1] * 4, ["matched_marked"] * 4),
                       events([1] * 4, ["as_if_distress"] * 4, channel="distress")])  # fmt: skip
    seen = np.ones(8, bool)
    assert consistency_scores(alike, seen)["type_consistency"] == 1.0
    mixed = events([1] * 4, ["matched_marked", "none", "continuing", "marked_only"])
    mixed = pd.concat([mixed, mixed.assign(channel="distress")])
    assert consistency_scores(mixed, seen)["type_consistency"] == pytest.approx(0.0)
    unknown = alike.assign(response=["", "", "", *["none"] * 5], reason=["no_cue"] * 3 + [""] * 5)
    assert np.isnan(consistency_scores(unknown, seen)["type_consistency"])


def session_table(name, onsets, answers):
    train, time = made(onsets, answers, [], 1200)
    return contingency_table(name, chances([answer_counts(train, time)], [train], time))


def test_few_events_a_session_are_pooled_over_a_family():
    onsets = np.array([200, 520, 830])
    answers = np.append(onsets + 6, [60, 400, 1000])
    tables = [session_table(f"{name}{k}", onsets + 7 * k, np.sort(answers) + (7 + j) * k)
              for j, name in enumerate("ab") for k in range(3)]  # fmt: skip
    families = {f"{name}{k}": name for name in "ab" for k in range(3)} | {"c0": "c"}
    found = pooled_contingency(pd.concat(tables), families)
    pd.testing.assert_frame_equal(found, schema.conform(found, COLUMNS))
    found = found.set_index("family")
    assert found["n_sessions"].to_dict() == {"a": 3, "b": 3, "c": 0}
    assert found["n_at_risk"].to_dict() == {"a": 9, "b": 9, "c": 0}
    assert found.loc["a", "contingency_p"] < 0.01
    assert found.loc["c", "reason"] == "no_infant_event"
    assert np.isnan(found.loc["c", "contingency"])
    alone = pooled_contingency(tables[0], {"a0": "a"})
    assert alone["reason"].tolist() == ["few_events(3 of 5)"]
    assert alone["contingency_p"].isna().all()
    part = tables[0]
    expected = np.average(part["surrogate"], weights=part["n_shifts"])
    assert alone["answered_share_expected"].iloc[0] == pytest.approx(expected)


def test_a_session_without_events_gives_no_rows_to_pool():
    train, time = made(np.zeros(0, np.int64), np.array([5]), [], 300)
    table = contingency_table("a", chances([answer_counts(train, time)], [train], time))
    assert table.empty
    assert pooled_contingency(table, {}).empty
