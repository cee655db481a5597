"""What a check shows of itself."""

import pandas as pd

from attunement.checking import StudyCheck


def test_a_check_says_verdicts_and_advice():
    table = pd.DataFrame(
        {
            "session": ["s1", "s1", "s2", "s2"],
            "person": ["caregiver", "infant"] * 2,
            "verdict": ["good", "usable", "unreadable", "unreadable"],
            "usable_share": [0.9, 0.8, float("nan"), float("nan")],
            "duration_s": [60.0, 60.0, float("nan"), float("nan")],
            "advice": ["", "Come closer.", "No video.", "No video."],
        }
    )
    assert repr(StudyCheck(table, ())).splitlines() == [
        "Check of 2 sessions: not all can be scored",
        "  verdicts         unreadable 2, good 1, usable 1",
        "  usable (median)  caregiver 90%, infant 80%",
        "  recorded         2 min 0 s",
        "  advice           s1: Come closer. s2: No video.",
    ]
