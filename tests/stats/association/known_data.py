"""Data sets of R's packages, as far as their models depend on them.

Their files are under the GPL and stay there. A linear mixed model of a balanced design needs of
every subject the least-squares line alone, and of all the sum of squares around these lines; the
wines are a published table of counts.
"""

import numpy as np
import pandas as pd

# Belenky et al. (2003), lme4's `sleepstudy`: reaction time at day 0 (ms) and its rise (ms a day) of
# 18 people over days 0 to 9, and the sum of squares around these lines (ms^2).
SLEEP_LINES = (
    (244.19266909, 21.76470242), (205.05494545, 2.26178545), (203.48422545, 6.11489879),
    (289.68509273, 3.00807273), (285.73896545, 5.26601879), (264.25161455, 9.56676788),
    (275.01910545, 9.14204545), (240.16291455, 12.25314121), (263.03469273, -2.88103394),
    (290.10412727, 19.02597394), (215.11177273, 13.49393273), (225.83460364, 19.50401697),
    (261.14701091, 6.43349758), (276.37206909, 13.56654909), (254.96814909, 11.34810909),
    (210.44909091, 18.05615091), (253.63603818, 9.18844485), (267.04480000, 11.29807333),
)  # fmt: skip
SLEEP_AROUND = 94311.50789841102

# Randall (1989), `wine` of ordinal: bottles with bitterness 1 to 5.
WINE = {
    ("cold", "no"): (4, 9, 5, 0, 0),
    ("cold", "yes"): (1, 7, 8, 2, 0),
    ("warm", "no"): (0, 5, 8, 3, 2),
    ("warm", "yes"): (0, 1, 5, 7, 5),
}


def sleep_study() -> pd.DataFrame:
    """One row a person and day: dyad, session, Days, Reaction."""
    days = np.arange(10.0)
    # Any deviations that leave the lines as they are serve: those of a parabola, of one size.
    bend = days**2 - np.polyval(np.polyfit(days, days**2, 1), days)
    bend *= np.sqrt(SLEEP_AROUND / len(SLEEP_LINES) / (bend**2).sum())
    rows = [
        (f"p{person:02d}", day, level + rise * day + off)
        for person, (level, rise) in enumerate(SLEEP_LINES)
        for day, off in zip(days, bend, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["dyad", "Days", "Reaction"])
    return table.assign(session=[f"s{k:03d}" for k in range(len(table))])


def wine() -> pd.DataFrame:
    """One row a bottle: dyad, warm, contact, rating."""
    rows = [
        (int(temperature == "warm"), int(contact == "yes"), rating)
        for (temperature, contact), counts in WINE.items()
        for rating, count in enumerate(counts, start=1)
        for _ in range(count)
    ]
    table = pd.DataFrame(rows, columns=["warm", "contact", "rating"])
    return table.assign(dyad=[f"w{k:02d}" for k in range(len(table))])
