"""How often and how soon the caregiver answered in a session, against chance."""

from attunement.columns import Column, Value
from attunement.scoring.answering.answered import Answered
from attunement.scoring.answering.contingency import odds_ratio
from attunement.scoring.chance.shifts import FEW, mean_defined

_LIMIT = "product limit (Kaplan & Meier 1958) on the delays of answers"
_SHIFTS = "mean over circular shifts of the infant's events"
_UNSEEN = "no event whose 2 s were seen"
COLUMNS = (
    Column("promptness", "s",
           "Mean time until the caregiver answers an event, up to 2 s: small is prompt.",
           "score", chance_level="`promptness_expected`", missing_when=_UNSEEN,
           source=f"contingent responsiveness; {_LIMIT}",
           not_for="a reaction time: events without an answer count as 2 s"),
    Column("promptness_expected", "s", "`promptness` by chance.", "expected",
           missing_when=f"{_UNSEEN}; {FEW}", source=_SHIFTS),
    Column("n_at_risk", "", "Events after which an answer could have been seen.", "count"),
    Column("answered_share", "share", "Share of the events answered within 2 s.", "score",
           chance_level="`answered_share_expected`", missing_when=_UNSEEN, source=_LIMIT,
           not_for="answering without its expectation: a lively face answers by chance"),
    Column("answered_share_expected", "share", "`answered_share` by chance.", "expected",
           missing_when=f"{_UNSEEN}; {FEW}", source=_SHIFTS),
    Column("contingency", "share", "`answered_share` minus what chance gives.", "score",
           chance_level="0", missing_when=f"{_UNSEEN}; {FEW}",
           source=f"social contingency; {_LIMIT}, minus its {_SHIFTS}"),
    Column("contingency_p", "",
           "p of `contingency`: how often chance alone gives as much.",
           "p", needs=("events",),
           missing_when=FEW, source="upper-tail mid-rank p over circular shifts"),
    Column("contingency_smile", "share",
           "`contingency` of the infant's smiles and the caregiver's smiles alone.", "score",
           chance_level="0", missing_when=f"no smile whose 2 s were seen; {FEW}",
           source=f"social contingency; {_LIMIT}, minus its {_SHIFTS}"),
    Column("contingency_smile_p", "",
           "p of `contingency_smile`: how often chance alone gives as much.",
           "p", needs=("events",),
           missing_when=FEW, source="upper-tail mid-rank p over circular shifts"),
    Column("contingency_odds_ratio", "odds ratio",
           "Odds of an answer after an event over those in windows of the same length without "
           "one.",
           "score", chance_level="1",
           missing_when="no window of either kind; a caregiver who never or always had an onset",
           source="one half added to each cell (Haldane 1956)"),
)  # fmt: skip


def scores(answered: Answered) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes."""
    events, smiles = answered.chances, answered.smile_chances
    return {
        "promptness": events.promptness,
        "promptness_expected": mean_defined(events.promptness_surrogate),
        "n_at_risk": events.n_at_risk,
        "answered_share": events.share,
        "answered_share_expected": mean_defined(events.share_surrogate),
        "contingency": events.excess,
        "contingency_p": events.p,
        "contingency_smile": smiles.excess,
        "contingency_smile_p": smiles.p,
        "contingency_odds_ratio": odds_ratio(answered.trains, answered.clocks),
    }
