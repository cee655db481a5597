"""The rows about the tests of mirroring, of dyads whose p are made up."""

import numpy as np
import pandas as pd
import pytest

from attunement.validation import following
from attunement.validation.simulated import LONG, SHORT

P = (
    "mirroring_p", "mirroring_mean_p", "mirroring_without_slow_p", "leading_p", "coupling_p",
    "markedness_p",
)  # fmt: skip


class Runner:
    """Gives every job the p that `share` of them are to have at most .05."""

    def __init__(self, share):
        self.share, self.asked = share, []

    def __call__(self, jobs):
        self.asked.append(jobs)
        p = np.where(np.arange(len(jobs)) < round(self.share * len(jobs)), 0.01, 0.5)
        return pd.DataFrame(dict.fromkeys(P, p))


def test_every_kind_of_series_is_asked_at_every_length_with_dyads_of_its_own():
    run = Runner(0.05)
    rows = list(following.false_positives(run, LONG))
    kinds = run.asked[: 3 * len(following.KINDS)]
    assert {job["duration_s"] for jobs in kinds for job in jobs} == {60, 120, 180}
    assert all(len(jobs) == 400 for jobs in run.asked)
    numbers = [{job["seed"] for job in jobs} for jobs in kinds]
    assert len(set.union(*numbers)) == sum(map(len, numbers))
    assert {row.passed for row in rows} == {"yes", "-"}
    told = [row for row in rows if row.property.startswith("false positives of leading_p, 60 s")]
    assert len(told) == 1
    assert told[0].n == 400 * len(following.KINDS)
    assert "bursts 0.050" in told[0].note


def test_too_many_false_positives_are_a_no():
    rows = list(following.false_positives(Runner(0.1), LONG))
    assert {row.passed for row in rows} == {"no", "-"}
    # What is known of the shared rhythm is reported, and required of the p that is made for it.
    rhythm = {row.property.split(",")[0]: row.passed for row in rows if "rhythm" in row.property}
    assert rhythm == {
        "false positives of mirroring_p": "-",
        "false positives of mirroring_without_slow_p": "no",
    }


@pytest.mark.parametrize(("share", "passed"), [(0.80, ["yes", "no"]), (0.90, ["yes", "yes"])])
def test_power_at_a_minute_is_judged_by_more_dyads(share, passed):
    run = Runner(share)
    rows = list(following.power(run, LONG))
    short = [row for row in rows if ", 60 s" in row.property and row.required != "reported"]
    assert [row.n for row in short] == [1600, 1600]
    assert [row.required for row in short] == [">= .74", ">= .88"]
    assert [row.passed for row in short] == passed


def test_who_follows_is_told_apart():
    run = Runner(0.95)
    rows = [row for row in following.power(run, LONG) if row.property.startswith("only ")]
    assert [(row.property.split(": ")[1], row.passed) for row in rows[-4:]] == [
        ("leading_p <= .05", "yes"), ("mirroring_p <= .05", "no"),
        ("mirroring_p <= .05", "yes"), ("leading_p <= .05", "no"),
    ]  # fmt: skip
    assert [jobs[0]["lag_s"] for jobs in run.asked[-4:]] == [-0.3, -0.5, -1.0, 1.0]
    # At short delays a peak reaches over lag 0: what that costs is told, not required.
    assert [(row.property.split(",")[0], row.property.split(": ")[1], row.passed)
            for row in rows[:-4]] == [
        (f"only the infant follows at {lag} s", f"{p} <= .05", "-")
        for lag in (0.3, 0.5) for p in ("leading_p", "mirroring_p", "mirroring_mean_p")
    ]  # fmt: skip


def test_a_short_look_is_short():
    run = Runner(0.05)
    rows = [*following.false_positives(run, SHORT), *following.power(run, SHORT)]
    assert sum(map(len, run.asked)) <= 120
    assert all(row.n <= 4 * SHORT.cell for row in rows)
