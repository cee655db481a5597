"""What a run says where the infant's face is lost more in some affect than in other."""

import pandas as pd

from attunement.cards import count
from attunement.scoring.gaps_with_affect import REASON, WITHHOLD_P


def gaps_sentence(scores: pd.DataFrame) -> str:
    """Return a warning about the sessions whose gaps go with affect; empty where none do.

    Parameters
    ----------
    scores : DataFrame
        The study's, one row a session. A session without `gaps_affect_p` (too few gaps) says
        nothing and is not counted.

    Returns
    -------
    str
        In how many sessions they do and in how many chance alone would, which affect they follow,
        and how many scores are withheld for it.
    """
    tested = scores[scores["gaps_affect_p"].notna()]
    found = tested[tested["gaps_affect_p"] <= WITHHOLD_P]
    if not len(found):
        return ""
    withheld = found["reason"].fillna("").str.split(";").map(lambda codes: REASON in codes).sum()
    lost = (
        f"In {withheld} of them how much following there is is withheld ({REASON})."
        if withheld
        else "So little is missing there that nothing is withheld."
    )
    return (
        f"Warning: the infant's face is lost at particular affect in {len(found)} of "
        f"{count(len(tested), 'session')} with gaps enough to tell (chance alone: about "
        f"{WITHHOLD_P * len(tested):.0f}): there {found['gaps_negative_share'].mean():.0%} of the "
        "gaps begin in negative affect, which fills "
        f"{found['gaps_negative_expected'].mean():.0%} of the time that is seen. {lost} "
        "Sessions then differ by who was hidden when: hold coverage constant."
    )
