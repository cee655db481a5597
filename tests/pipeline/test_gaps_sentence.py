import numpy as np
import pandas as pd

from attunement.pipeline.gaps_sentence import gaps_sentence


def table(p, reason=""):
    return pd.DataFrame(
        {
            "gaps_affect_p": p,
            "gaps_negative_share": 0.75,
            "gaps_negative_expected": 0.25,
            "reason": reason,
        }
    )


def test_gaps_that_go_with_affect_are_told_with_what_chance_alone_gives():
    scores = pd.concat(
        [table([0.001, 0.004], "no_cue;gaps_with_affect"), table([0.01]), table([0.4] * 97),
         table([np.nan])]
    )  # fmt: skip
    said = gaps_sentence(scores)
    assert "in 3 of 100 sessions" in said
    assert "chance alone: about 2" in said
    assert "75% of the gaps begin in negative affect, which fills 25% of the time" in said
    assert "In 2 of them" in said
    assert "nothing is withheld" in gaps_sentence(table([0.01]))


def test_gaps_at_any_affect_say_nothing():
    assert gaps_sentence(table([0.3, np.nan])) == ""
    assert gaps_sentence(table([])) == ""
