import numpy as np
import pandas as pd

from attunement.validation.missing import gaps, withheld
from attunement.validation.simulated import SHORT, Size


def test_a_code_among_several_says_that_a_score_is_withheld():
    reasons = ["", None, "no_cue;gaps_with_affect", "no_cue"]
    assert withheld(pd.DataFrame({"reason": reasons})).tolist() == [False, False, True, False]


def ran(*, kept, changed=0.0, by_chance=0.0, leak=0.1, size=SHORT):
    """Return the rows of a scoring that keeps or withholds the score where affect hides faces."""

    def run(jobs):
        rows = []
        for at, job in enumerate(jobs):
            how = job.get("how", "")
            lost = how in ("lowest quarter", "outer quarter") and not kept
            lost |= "missing_share" in job and at < by_chance * len(jobs)
            score = 0.2 + 0.01 * (at % 5)
            if how.startswith("lowest"):
                score *= 1 + changed
            row = {"mirroring": np.nan if lost else score, "reason": "gaps_with_affect" * lost}
            followed = how.removeprefix("follows ")
            for state in ("positive", "negative"):
                row[f"mirroring_{state}"] = 0.2 if state == followed else leak * 0.2 * bool(how)
            rows.append(row)
        return pd.DataFrame(rows)

    return {row.property: row for row in gaps(run, size)}


LARGE = Size(cell=40, planted=4, every=True)
QUARTER = "simulation A .4, the infant's lowest quarter of valence hidden"
OUTER = "simulation A .4, the quarter farthest from the infant's median valence hidden"
AT_RANDOM = "simulation A .4, a quarter of both missing at random"
CHANGE = "mirroring, share by which it changes"


def test_a_score_that_shifts_must_be_withheld():
    assert ran(kept=True, changed=-0.2, size=LARGE)[f"{QUARTER}: {CHANGE}"].passed == "no"
    assert ran(kept=True, changed=-0.05, size=LARGE)[f"{QUARTER}: {CHANGE}"].passed == "yes"
    rows = ran(kept=False, changed=-0.2, size=LARGE)
    assert rows[f"{QUARTER}: {CHANGE}"].passed == "yes"
    assert rows[f"{QUARTER}: share withheld"].found == 1
    assert ran(kept=True, changed=-0.2)[f"{QUARTER}: {CHANGE}"].passed == "open"


def test_gaps_at_both_ends_must_be_noticed():
    assert ran(kept=False, size=LARGE)[f"{OUTER}: share withheld"].passed == "yes"
    assert ran(kept=True, size=LARGE)[f"{OUTER}: share withheld"].passed == "no"


def test_gaps_at_random_must_withhold_little():
    rows = ran(kept=False, by_chance=0.05, size=LARGE)
    assert rows[f"{AT_RANDOM}: share withheld"].passed == "yes"
    rows = ran(kept=False, by_chance=0.1, size=LARGE)
    assert rows[f"{AT_RANDOM}: share withheld"].passed == "no"


def test_one_state_must_not_pass_for_the_other():
    name = "only negative states followed, .4: mirroring_positive as a share of mirroring_negative"
    assert ran(kept=False, leak=0.2, size=LARGE)[name].passed == "yes"
    assert ran(kept=False, leak=0.8, size=LARGE)[name].passed == "no"
