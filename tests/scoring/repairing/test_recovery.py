import numpy as np
import pandas as pd
import pytest

from attunement.scoring import recovery_scores
from attunement.scoring.interaction import interactions

NAN = np.nan


def events(distress, adult=None):
    n = len(distress)
    adult = np.zeros(n) if adult is None else adult
    parts = [
        pd.DataFrame({"session": "a", "episode": "all", "time_s": np.arange(n) / 10,
                      "person": person, "usable": True, "smile": 0.0, "distress": values})
        for person, values in (("infant", distress), ("caregiver", adult))
    ]  # fmt: skip
    return next(interactions(pd.concat(parts))).events


def cry(n, *spans):
    values = np.zeros(n)
    for start, stop in spans:
        values[start:stop] = 2.0
    return values


def test_time_runs_from_two_seconds_after_the_onset_until_calm_has_lasted():
    # 5 s of crying, 1 s of calm, 2 s more: calm begins 8 s after the onset.
    found = events(cry(300, (50, 100), (110, 130)))
    assert found["recovery_s"].iloc[0] == pytest.approx(6.0)
    assert found["recovered"].iloc[0] == 1
    found = events(cry(300, (50, 64)))
    assert found["recovery_s"].isna().all()


@pytest.mark.parametrize(("calm_s", "waited"), [(1.9, 6.9), (2.0, 3.0)])
def test_two_seconds_of_calm_are_a_recovery(calm_s, waited):
    again = 100 + round(calm_s * 10)
    found = events(cry(300, (50, 100), (again, again + 20)))
    assert found["recovery_s"].iloc[0] == pytest.approx(waited)
    assert found["recovered"].iloc[0] == 1


@pytest.mark.parametrize(
    ("change", "waited"),
    [
        (lambda values: values[:95], 2.5),
        (lambda values: values[:115], 3.0),
        (lambda values: np.where(np.arange(len(values)) == 85, NAN, values), 1.5),
        (lambda values: np.where(np.arange(len(values)) == 110, NAN, values), 3.0),
    ],
)
def test_ends_and_gaps_cut_the_time_off_where_calm_was_last_unknown(change, waited):
    found = events(change(cry(300, (50, 100))))
    assert found["recovered"].iloc[0] == 0
    assert found["recovery_s"].iloc[0] == pytest.approx(waited)


def test_answered_and_unanswered_distress_stand_apart():
    table = pd.DataFrame(
        {"recovery_s": [1, 2, 3, 4, 5, 6, NAN], "recovered": [1, 1, 1, 1, 1, 0, NAN],
         "answered": [1, 1, 1, 0, 0, 0, 1]}
    )  # fmt: skip
    found = recovery_scores(table)
    assert found["recovery_half_life_answered_s"] == 2
    assert found["recovery_half_life_unanswered_s"] == 5
    assert found["recovery_half_life_s"] == 3
    assert [found[f"n_distress{k}"] for k in ("", "_answered", "_unanswered")] == [6, 3, 3]
    few = recovery_scores(table.iloc[:2])
    assert np.isnan(few["recovery_half_life_s"])
    never = recovery_scores(table.assign(recovered=0.0))
    assert np.isnan(never["recovery_half_life_s"])
    assert never["n_distress"] == 6


def test_the_landmark_keeps_what_ends_at_once_out_of_both_groups():
    """Crying of random length and answers at random: without an effect none is found."""
    rng = np.random.default_rng(1)
    distress, adult = np.zeros(30_000), np.zeros(30_000)
    for start in range(100, 29_000, 300):
        distress[start : start + int(rng.uniform(6, 60))] = 2.0
        if rng.random() < 0.6:
            # Caregivers answer crying that still goes on.
            at = start + int(rng.uniform(2, 20))
            if distress[at] > 0:
                adult[at : at + 15] = 2.0
    found = events(distress, adult)
    crying = found[found["channel"] == "distress"]
    lasted = crying["offset_s"] - crying["onset_s"]
    naive = lasted[crying["answered"] == 1].mean() - lasted[crying["answered"] == 0].mean()
    scores = recovery_scores(crying)
    landmark = scores["recovery_half_life_answered_s"] - scores["recovery_half_life_unanswered_s"]
    assert naive > 0.3
    assert abs(landmark) < naive
