import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from attunement.errors import ReliabilityError
from attunement.stats import reliability
from attunement.stats.reliability.alignment import pair_events
from attunement.stats.reliability.codes import Events

SEEDS = st.integers(0, 10_000)


def table(*rows, session=None):
    """Return a coder's table from (onset, offset, code)."""
    found = pd.DataFrame(rows, columns=["onset_s", "offset_s", "code"])
    return found if session is None else found.assign(session=session)


def stream(rng, n_sessions=1, duration_s=40.0, codes="abc"):
    """Return one coder's unbroken stream of codes in each session."""
    parts = []
    for i in range(n_sessions):
        edges = np.cumsum(rng.gamma(2, 1.5, 60) + 0.3)
        edges = np.concatenate([[0], edges[edges < duration_s - 0.3], [duration_s]])
        rows = zip(edges[:-1], edges[1:], rng.choice(list(codes), len(edges) - 1), strict=True)
        parts.append(table(*rows, session=f"s{i}"))
    return pd.concat(parts, ignore_index=True)


def second_coder(rng, codes, *, jitter_s=0.2, slips=0.1):
    """Return what another coder makes of a stream: edges moved, some codes mistaken."""
    other = codes.copy()
    moved = np.clip(rng.normal(0, jitter_s, len(codes)), -0.14, 0.14)
    first = (codes["session"] != codes["session"].shift()).to_numpy()
    last = (codes["session"] != codes["session"].shift(-1)).to_numpy()
    other["onset_s"] = np.where(first, codes["onset_s"], codes["onset_s"] + moved)
    other["offset_s"] = np.where(last, codes["offset_s"], codes["offset_s"] + np.roll(moved, -1))
    wrong = rng.random(len(codes)) < slips
    other["code"] = np.where(wrong, rng.choice(list("abc"), len(codes)), codes["code"])
    return other


# Time units ---------------------------------------------------------------------------------------


def test_time_units_by_hand():
    #           0   1   2   3   4   5   6   7   8   9
    # coder a   x   x   x   y   y   y   y   x   x   -
    # coder b   x   x   y   y   y   y   y   y   x   -
    a = table((0, 3, "x"), (3, 7, "y"), (7, 9, "x"))
    b = table((0, 2, "x"), (2, 8, "y"), (8, 9, "x"))
    found = reliability.time_unit_kappa(a, b, spans=(0, 10)).iloc[0]
    chance = (5 * 3 + 4 * 6 + 1 * 1) / 100
    assert found["estimate"] == pytest.approx((0.8 - chance) / (1 - chance))
    assert found["n_targets"] == 10
    assert np.isnan(found["ci_low"])
    assert "several are needed" in found["reason"]
    # Units 2 and 7 have the other's code next door, so with a tolerance all agree.
    near = reliability.time_unit_kappa(a, b, spans=(0, 10), tolerance_s=1).set_index("term")
    assert near.loc["time_unit_kappa_tolerance", "estimate"] == 1
    assert near.loc["time_unit_kappa", "estimate"] == found["estimate"]


def test_tolerance_goes_by_the_coder_who_is_asked_first():
    # a says y at unit 2 alone; b never does.
    a = table((0, 2, "x"), (2, 3, "y"), (3, 6, "x"))
    b = table((0, 6, "x"))
    found = reliability.time_unit_kappa(a, b, tolerance_s=2).set_index("term")["estimate"]
    # For a's y there is no y of b within reach: 5 of 6, b constant, kappa 0. For b's x at unit 2 a
    # has an x next to it: all agree on x, so kappa does not exist, nor does the mean.
    assert found["time_unit_kappa_tolerance_a"] == 0
    assert np.isnan(found["time_unit_kappa_tolerance_b"])
    assert np.isnan(found["time_unit_kappa_tolerance"])


@settings(max_examples=12)
@given(SEEDS, st.sampled_from([0.25, 0.5, 1.0]))
def test_swapping_coders_swaps_only_the_versions_with_tolerance(seed, unit_s):
    rng = np.random.default_rng(seed)
    a = stream(rng)
    b = second_coder(rng, a)
    options = {"unit_s": unit_s, "tolerance_s": 1.0}
    first = reliability.time_unit_kappa(a, b, **options).set_index("term")["estimate"]
    second = reliability.time_unit_kappa(b, a, **options).set_index("term")["estimate"]
    assume(np.isfinite(first["time_unit_kappa"]))
    name = "time_unit_kappa_tolerance"
    for one, other in ((name, name), (f"{name}_a", f"{name}_b"), (f"{name}_b", f"{name}_a"),
                       ("time_unit_kappa", "time_unit_kappa")):  # fmt: skip
        assert second[other] == pytest.approx(first[one], nan_ok=True)


def test_units_are_what_cohen_kappa_would_be_given():
    rng = np.random.default_rng(0)
    a = stream(rng, 3)
    b = second_coder(rng, a)
    said = []
    for codes in (a, b):
        units = []
        for _, part in codes.groupby("session"):
            for middle in np.arange(0.25, 40, 0.5):
                inside = (part["onset_s"] <= middle) & (middle < part["offset_s"])
                units.append(part.loc[inside, "code"].iloc[0])
        said.append(units)
    wanted = reliability.cohen_kappa(*said, groups=np.repeat([0, 1, 2], 80)).iloc[0]
    found = reliability.time_unit_kappa(a, b, unit_s=0.5).iloc[0]
    for name in ("estimate", "std_error", "ci_low", "p", "df"):
        assert found[name] == pytest.approx(wanted[name])
    assert found["n_targets"] == wanted["n_targets"]


def test_time_that_could_not_be_coded_is_left_out_and_counted():
    a = table((0, 4, "x"), (4, 6, None), (6, 10, "y"))
    b = table((0, 5, "x"), (5, 10, "y"))
    with pytest.raises(ReliabilityError, match="1 rows of coder a have no code"):
        reliability.time_unit_kappa(a, b)
    found = reliability.time_unit_kappa(a, b, nan_policy="omit").iloc[0]
    assert (found["n_targets"], found["n_left_out"], found["estimate"]) == (8, 2, 1)
    events = reliability.event_kappa(a, b, nan_policy="omit", tolerance_s=1).iloc[0]
    # b's y starts while a could not code; a's y at 6 then stands alone, as does the missing row.
    assert events["n_left_out"] == 2
    assert (events["n_agree"], events["n_only_a"]) == (1, 1)


def test_uncoded_time_is_a_category():
    a = table((2, 4, "smile"))
    b = table((2, 5, "smile"))
    found = reliability.time_unit_kappa(a, b, spans=(0, 10)).iloc[0]
    chance = 0.2 * 0.3 + 0.8 * 0.7
    assert found["estimate"] == pytest.approx((0.9 - chance) / (1 - chance))


# Sessions -----------------------------------------------------------------------------------------


def test_session_of_one_coder_is_refused_or_counted():
    rng = np.random.default_rng(1)
    a = stream(rng, 4)
    b = second_coder(rng, a)
    b = b[b["session"] != "s2"]
    for call in (reliability.time_unit_kappa, reliability.event_kappa):
        with pytest.raises(ReliabilityError, match="'s2' first"):
            call(a, b)
        found = call(a, b, nan_policy="omit").iloc[0]
        assert (found["n_sessions"], found["n_sessions_left_out"]) == (3, 1)
        # Named in spans, the session counts as coded, and b found nothing in it.
        spans = pd.DataFrame({"session": ["s0", "s2", "s9"], "start_s": 0.0, "end_s": 40.0})
        named = call(a, b, spans=spans).iloc[0]
        assert (named["n_sessions"], named["n_sessions_left_out"]) == (2, 2)


def test_interval_leaves_out_a_session_or_a_dyad_at_a_time():
    rng = np.random.default_rng(2)
    a = stream(rng, 6)
    a["dyad"] = a["session"].map(dict(zip([f"s{i}" for i in range(6)], "ppqqrr", strict=True)))
    b = second_coder(rng, a)
    for call in (reliability.time_unit_kappa, reliability.event_kappa):
        for groups, column in ((None, "session"), ("dyad", "dyad")):
            found = call(a, b, groups=groups).iloc[0]
            left = np.array(
                [
                    call(a[a[column] != name], b[b[column] != name]).iloc[0]["estimate"]
                    for name in a[column].unique()
                ]
            )
            n = len(left)
            assert (found["n_groups"], found["df"]) == (n, n - 1)
            wanted = np.sqrt((n - 1) / n * np.sum((left - left.mean()) ** 2))
            assert found["std_error"] == pytest.approx(wanted)
            assert found["ci_low"] < found["estimate"] < found["ci_high"]


# Events -------------------------------------------------------------------------------------------


def test_events_by_hand():
    a = table((0, 2, "x"), (5, 6, "y"), (9, 10, "x"), (20, 21, "y"))
    b = table((0.3, 2, "x"), (5.2, 6, "x"), (14, 15, "x"), (20.1, 21, "y"))
    pairs = reliability.align_events(a, b, tolerance_s=0.5, min_overlap=None)
    assert pairs["outcome"].tolist() == ["agree", "disagree", "only_a", "only_b", "agree"]
    assert pairs["row_a"].tolist() == [0, 1, 2, pd.NA, 3]
    assert pairs["row_b"].tolist() == [0, 1, pd.NA, 2, 3]
    assert pairs["onset_difference_s"].dropna().tolist() == pytest.approx([0.3, 0.2, 0.1])
    found = reliability.event_kappa(a, b, tolerance_s=0.5, min_overlap=None).set_index("term")
    row = found.loc["event_kappa"]
    assert (row["n_agree"], row["n_disagree"], row["n_only_a"], row["n_only_b"]) == (2, 1, 1, 1)
    assert found.loc["event_agreement", "estimate"] == pytest.approx(2 / 5)
    # Rows x 2, y 2, nil 1; columns x 3, y 1, nil 1; zero where nil meets nil, so that
    # expected x-x is 2 * 3 * 3 / 16 and y-y is 2 * 1 * 3 / 16.
    chance = (18 / 16 + 6 / 16) / 5
    assert row["estimate"] == pytest.approx((0.4 - chance) / (1 - chance))


def test_overlap_pairs_long_events_whose_onsets_differ():
    a, b = table((0, 20, "x"), (20, 40, "y")), table((3, 20, "x"), (20, 40, "y"))
    near = {"tolerance_s": 1}
    assert reliability.align_events(a, b, **near)["outcome"].tolist() == ["agree", "agree"]
    alone = reliability.align_events(a, b, min_overlap=None, **near)["outcome"].tolist()
    assert alone == ["only_a", "only_b", "agree"]
    assert len(reliability.align_events(a, b, min_overlap=0.9, **near)) == 3


def test_an_alignment_with_more_agreements_is_preferred_at_equal_cost():
    a, b = table((0, 1, "x"), (1, 2, "y")), table((0.4, 1.4, "y"), (1.4, 2.4, "z"))
    pairs = reliability.align_events(a, b, tolerance_s=0.7, min_overlap=None)
    assert pairs["outcome"].tolist() == ["only_a", "agree", "only_b"]


def _alignments(n, m):
    """Yield every set of pairs that keeps the order of both sides."""
    for size in range(min(n, m) + 1):
        for left in itertools.combinations(range(n), size):
            for right in itertools.combinations(range(m), size):
                yield list(zip(left, right, strict=True))


@given(SEEDS, st.integers(0, 5), st.integers(0, 5))
def test_alignment_is_the_best_of_all(seed, n, m):
    assume(n + m > 0)
    rng = np.random.default_rng(seed)
    sides = []
    for size in (n, m):
        onset = np.sort(rng.uniform(0, 4, size))
        code = rng.integers(0, 3, size)
        sides.append(Events(onset, onset + rng.uniform(0, 2, size), code, np.arange(size)))
    a, b = sides

    def allowed(i, j):
        shared = min(a.offset_s[i], b.offset_s[j]) - max(a.onset_s[i], b.onset_s[j])
        longer = max(a.offset_s[i] - a.onset_s[i], b.offset_s[j] - b.onset_s[j])
        return abs(a.onset_s[i] - b.onset_s[j]) <= 0.6 or shared >= 0.5 * longer

    def worth(pairs):
        agreed = sum(a.code[i] == b.code[j] for i, j in pairs)
        apart = sum(abs(a.onset_s[i] - b.onset_s[j]) for i, j in pairs)
        return n + m - len(pairs) - agreed, -agreed, apart

    best = min(worth(p) for p in _alignments(n, m) if all(allowed(i, j) for i, j in p))
    found = pair_events(a, b, 0.6, 0.5)
    both = [(i, j) for i, j in found.tolist() if i >= 0 and j >= 0]
    assert all(allowed(i, j) for i, j in both)
    assert worth(both)[:2] == best[:2]
    assert worth(both)[2] == pytest.approx(best[2])
    # Every event once, in order.
    assert [i for i in found[:, 0] if i >= 0] == list(range(n))
    assert [j for j in found[:, 1] if j >= 0] == list(range(m))


@settings(max_examples=12)
@given(SEEDS)
def test_swapping_coders_and_renaming_codes_changes_no_event_kappa(seed):
    rng = np.random.default_rng(seed)
    a = stream(rng, 2)
    b = second_coder(rng, a).sample(frac=0.8, random_state=seed)
    first = reliability.event_kappa(a, b, nan_policy="omit").iloc[0]
    second = reliability.event_kappa(b, a, nan_policy="omit").iloc[0]
    names = {"a": 3, "b": 1, "c": 2}
    assume(np.isfinite(first["estimate"]))
    third = reliability.event_kappa(
        a.assign(code=a["code"].map(names)), b.assign(code=b["code"].map(names)), nan_policy="omit"
    ).iloc[0]
    for other in (second, third):
        assert other["estimate"] == pytest.approx(first["estimate"], nan_ok=True)
    assert (second["n_only_a"], second["n_only_b"]) == (first["n_only_b"], first["n_only_a"])
    assert first["n_targets"] == first[["n_agree", "n_disagree", "n_only_a", "n_only_b"]].sum()


@settings(max_examples=10)
@given(SEEDS, st.integers(-100, 100))
def test_a_coder_agrees_with_herself_whatever_the_clock(seed, shift):
    a = stream(np.random.default_rng(seed), 2)
    moved = a.assign(onset_s=a["onset_s"] + shift, offset_s=a["offset_s"] + shift)
    found = reliability.timed_agreement(moved, moved).set_index("term")["estimate"]
    assert (found.dropna() == 1).all()
    assert found["event_agreement"] == 1


def test_one_code_has_agreement_but_no_kappa():
    a, b = table((0, 1, "smile"), (4, 5, "smile")), table((0, 1, "smile"), (9, 10, "smile"))
    found = reliability.event_kappa(a, b).set_index("term")
    assert np.isnan(found.loc["event_kappa", "estimate"])
    assert "one code only" in found.loc["event_kappa", "reason"]
    assert found.loc["event_agreement", "estimate"] == pytest.approx(1 / 3)


def test_no_event_at_all():
    spans = pd.DataFrame({"session": ["s0"], "start_s": [50.0], "end_s": [60.0]})
    a = table((0, 1, "x"), session="s0")
    found = reliability.event_kappa(a, a, spans=spans)
    assert found["estimate"].isna().all()
    assert set(found["reason"]) == {"undefined: no event to compare"}
    assert set(found["n_left_out"]) == {2}


def test_events_without_offsets():
    a = pd.DataFrame({"onset_s": [1, 5, 9], "code": ["x", "y", "x"]})
    b = pd.DataFrame({"onset_s": [1.2, 5.1, 20], "code": ["x", "y", "y"]})
    with pytest.raises(ReliabilityError, match=r"lacks offset_s.*min_overlap=None"):
        reliability.event_kappa(a, b)
    found = reliability.event_kappa(a, b, min_overlap=None).iloc[0]
    assert (found["n_agree"], found["n_only_a"], found["n_only_b"]) == (2, 1, 1)


def test_both_kinds_in_one_table():
    rng = np.random.default_rng(3)
    a = stream(rng, 5)
    found = reliability.timed_agreement(a, second_coder(rng, a), unit_s=0.5)
    assert found["term"].tolist() == [
        "time_unit_kappa", "time_unit_kappa_tolerance", "time_unit_kappa_tolerance_a",
        "time_unit_kappa_tolerance_b", "event_kappa", "event_agreement",
    ]  # fmt: skip
    estimate = found.set_index("term")["estimate"]
    assert estimate["time_unit_kappa"] < estimate["time_unit_kappa_tolerance"]
    assert found["n_agree"].isna().tolist() == [True] * 4 + [False] * 2


GOOD = table((0, 2, "x"), (2, 4, "y"))


@pytest.mark.parametrize(
    ("b", "options", "words"),
    [
        (GOOD.drop(columns="code"), {}, "lacks code"),
        (GOOD.to_dict(), {}, "must be a table"),
        (GOOD.assign(session="s"), {}, "or neither"),
        (GOOD.assign(person=["caregiver", "infant"]), {}, "2 persons"),
        (table((0, 2, "x"), (3, 2, "y")), {}, "ends before it starts"),
        (table((0, 2, "x"), (np.nan, 4, "y")), {}, "missing or infinite"),
        (table(("0:02", 2, "x")), {}, "seconds"),
        (table((0, 2, 1), (2, 4, 2)), {}, "one kind"),
        (table((0, 3, "x"), (2, 4, "y")), {}, "overlap"),
        (table((0, 2, "x"), (2, 2, "y")), {}, "no duration"),
        (GOOD, {"unit_s": 0}, "unit_s"),
        (GOOD, {"unit_s": 9, "tolerance_s": 9}, "less than"),
        (GOOD, {"tolerance_s": -1}, "tolerance_s"),
        (GOOD, {"tolerance_s": 0.5}, "would do nothing"),
        (GOOD, {"min_overlap": 0}, "min_overlap"),
        (GOOD, {"spans": (3, 3)}, "start before it ends"),
        (GOOD, {"spans": pd.DataFrame({"session": ["s"]})}, "spans lacks"),
        (GOOD, {"groups": "dyad"}, "lacks dyad"),
        (GOOD, {"nan_policy": "ignore"}, "raise, omit"),
    ],
)
def test_bad_input_is_one_sentence(b, options, words):
    with pytest.raises(ReliabilityError, match=words) as caught:
        reliability.timed_agreement(GOOD, b, **options)
    assert "\n" not in str(caught.value)


def test_a_session_of_two_dyads_is_refused():
    a = GOOD.assign(session="s", dyad=["p", "q"])
    with pytest.raises(ReliabilityError, match="several groups"):
        reliability.event_kappa(a, a, groups="dyad")


def test_one_span_for_two_sessions_is_refused():
    a = pd.concat([GOOD.assign(session="s"), GOOD.assign(session="t")])
    with pytest.raises(ReliabilityError, match="2 sessions"):
        reliability.event_kappa(a, a, spans=(0, 4))
    with pytest.raises(ReliabilityError, match="no session in common"):
        reliability.event_kappa(
            GOOD.assign(session="s"), GOOD.assign(session="t"), nan_policy="omit"
        )
