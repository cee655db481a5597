"""What the codes in the reason columns of tables say, in words: for all messages to people.

Tables keep the codes, which programs can count and compare; whatever is printed goes through
`in_words`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from attunement.cards import listed

_NUMBERED = re.compile(r"(\w+)\((\S+) of (\S+?)(?: (\w+))?\)")
# What a p needs of an episode, as scoring has it; a window needs a few seconds.
P_NEEDS_S = 60.0


class Words(NamedTuple):
    """What a code says.

    Attributes
    ----------
    says : str
        Without numbers, as the end of "because".
    lacks : str
        With what is needed and what there is, where the code carries numbers.
    """

    says: str
    lacks: str = ""


WORDS = {
    # Of windows, sessions, episodes.
    "coverage_caregiver": Words("the caregiver's face is not usable for long enough"),
    "coverage_infant": Words("the infant's face is not usable for long enough"),
    "infant_still": Words("the infant does not move"),
    "caregiver_still": Words("the caregiver does not move"),
    "too_short": Words("too little usable time in one piece"),
    "no_infant_event": Words("no expression of the infant begins"),
    "few_infant_events": Words(
        "too few expressions of the infant for markedness",
        "needs {needed} expressions of the infant for markedness; has {found}",
    ),
    "no_cue": Words("the caregiver has no channel in which marking shows"),
    "constant_cue": Words(
        "a channel in which marking shows never moves beside others that do, and is left out as "
        "not measured"
    ),
    "clock_unknown": Words(
        "how the two recordings lie on each other is not known, so lag, direction and the p of who "
        "follows are withheld"
    ),
    "lag_within_clock_uncertainty": Words(
        "the lag is smaller than what the two clocks can be wrong by, so lag, direction or p of "
        "who follows are withheld"
    ),
    "gaps_with_affect": Words(
        "the infant's face is lost more in some affect than in other, which would shift how much "
        "following is found"
    ),
    "few_scorable_windows": Words(
        "too few windows with a score for temporal attunement",
        "needs {needed} windows with a score for temporal attunement; has {found}",
    ),
    "gaps_in_one_state": Words(
        "the infant's face is lost more in some affect than in other, so following by state is "
        "withheld"
    ),
    "not_paired": Words("only the infant's or the caregiver's half is from this session"),
    # Of events.
    "no_infant_expression": Words("the infant has no channel in which expressions could begin"),
    "no_caregiver_expression": Words("the caregiver has no channel in which answers could be"),
    "few_events": Words(
        "too few expressions of the infant that could be answered for a p",
        "needs {needed} expressions of the infant that could be answered for a p; has {found}",
    ),
    "few_distress_events": Words(
        "too few distressed expressions for a half-life",
        "needs {needed} distressed expressions for a half-life; has {found}",
    ),
    "no_distress": Words("distress is not among the channels"),
    "no_anger": Words("anger is not among the channels"),
    "no_smile": Words("smile is not among the channels"),
    "next_event": Words("the infant's next expression cut the time off"),
    "episode_end": Words("the end of the episode cut the time off"),
    # Of states.
    "no_states": Words("in no second both partners' states are known"),
    "no_mismatch": Words("the states never differ, so there is nothing to repair"),
    "repair_cut_off": Words("half of the mismatches were not seen to end"),
    # Of measures beside the scores.
    "constant": Words("a series does not vary"),
    "collinear": Words("the two series cannot be told apart"),
    "perfect_fit": Words("nothing is left to explain"),
    # Of samples and frames.
    "excluded": Words("excluded in the manifest"),
    "error": Words("the frame cannot be decoded"),
    "no_face": Words("no face is found"),
    "low_quality": Words("what is found is no believable face"),
    "role": Words("who is who is not sure"),
    "size": Words("the face is too small"),
    "pose": Words("the head is turned or tilted too far"),
    "jump": Words("the face leaps as no head can"),
    "gap": Words("there is no frame"),
    "no_frame": Words("the recording has not begun or is over"),
}


def in_words(cell: str, *, numbers: bool = True) -> str:
    """Return what a cell of a reason column says, in words.

    Parameters
    ----------
    cell : str
        One code or several, separated by semicolons, such as ``too_short(48 of 60 s)``; empty
        where nothing is missing. What is not known as a code is returned as it is.
    numbers : bool
        Whether what is needed and what there is are said. Without them equal reasons are the same
        text.

    Examples
    --------
    >>> from attunement.reasons import in_words
    >>> print(in_words("too_short(48 of 60 s)"))
    needs 60 s of usable time for a p; has 48 s
    >>> print(in_words("no_cue;few_events(3 of 5)", numbers=False)[:52])
    the caregiver has no channel in which marking shows,
    """
    parts = [_said(part.strip(), numbers=numbers) for part in cell.split(";") if part.strip()]
    return ("; and " if numbers else ", ").join(dict.fromkeys(parts))


def tally_in_words(cells: Iterable[object], *, at_most: int = 5) -> str:
    """Return how many cells name each reason, in words, the most frequent first."""
    counts: Counter[str] = Counter()
    for value in cells:
        if isinstance(value, str):
            codes = (part.strip() for part in value.split(";"))
            counts.update({_said(code, numbers=False): 1 for code in codes if code})
    shown = [f"{words} ({n:,})" for words, n in counts.most_common()]
    return listed(shown, at_most=at_most)


def _said(code: str, *, numbers: bool) -> str:
    found = _NUMBERED.fullmatch(code)
    token = found.group(1) if found else code
    words = WORDS.get(token)
    if words is None:
        return code
    if found is None:
        return words.says
    has, needed, unit = found.group(2), found.group(3), found.group(4) or ""
    if token == "too_short":
        return _too_short(has, needed, unit, numbers=numbers)
    return words.lacks.format(found=has, needed=needed) if numbers and words.lacks else words.says


def _too_short(has: str, needed: str, unit: str, *, numbers: bool) -> str:
    """Return what one code says of three things, which its numbers tell apart."""
    if unit == "shifts":
        what, needs = "one series shifted against the other, to compare with", f"{needed} ways"
        short = "too little usable time in one piece to compare with chance"
        return f"needs {needs} of {what}; has {has}" if numbers else short
    what = "a p" if float(needed) >= P_NEEDS_S else "a first window"
    if not numbers:
        return f"too little usable time in one piece for {what}"
    piece = "" if what == "a p" else " in one piece"
    return f"needs {needed} s of usable time{piece} for {what}; has {has} s"
