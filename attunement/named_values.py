"""What the names that stand in cells say: patterns of events, and terms of reliability."""

import re
from typing import NamedTuple


class _Kind(NamedTuple):
    where: str
    says: dict[str, str]


# By pattern of the whole name; what is in brackets is named in the sentence.
_KINDS = (
    _Kind(
        "a pattern, in events, windows and scores",
        {
            "attuned": "Matched and marked: the caregiver's same expression rises after the "
            "infant's, and so do cues beyond what its content brings.",
            "merged": "Matched, and not shown to be marked.",
            "marked_only": "Marked, and not shown to be matched.",
            "not_shown": "Neither matching nor marking could be shown, which is not that there "
            "was none: many events that are both are missed.",
            "indeterminate": "Close under a cut, so that it is called neither way.",
            "not_scorable": "Too little was seen to say.",
        },
    ),
    _Kind(
        "a term of reliability.csv",
        {
            "split_half_interleaved": "How well halves of a session agree, made of every other "
            "block: what the dyad was like on this occasion.",
            "split_half_first_second": "How well the first half of a session agrees with the "
            "second.",
            "split_half_without_base_rates": "How well halves of a session agree once the share of "
            "time that each partner is positive is taken out.",
            r"minutes_for_this_occasion_(\.\d+)": "Minutes of one session that would tell with a "
            "reliability of {0} what the dyad was like on the occasion; nothing of what lasts.",
            "stability": "Share of the variance of sessions that a dyad has in every one of its "
            "sessions: how well one session tells of another of the same dyad.",
            r"stability_of_(\d+)_sessions": "The stability of the mean of {0} sessions of a dyad.",
            r"sessions_for_this_dyad_(\.\d+)": "Sessions of each dyad that would tell dyads apart "
            "with a reliability of {0}.",
            "share_family": "Share of the variance of sessions that a family has in all of them.",
            "share_dyad": "Share of the variance of sessions that a dyad of a family has in all of "
            "them.",
            "share_session": "Share of the variance that lies truly between sessions of a dyad.",
            "share_error": "Share of the variance of sessions in which their halves differ.",
        },
    ),
)


def value_in_words(name: str) -> str:
    """Return what a name in a cell says; empty where it is none.

    Parameters
    ----------
    name : str
        A pattern, as ``not_shown``, or a term of ``reliability.csv``, as ``stability``.

    Examples
    --------
    >>> from attunement.named_values import value_in_words
    >>> print(value_in_words("stability_of_4_sessions"))
    stability_of_4_sessions (a term of reliability.csv)
      The stability of the mean of 4 sessions of a dyad.
    """
    for kind in _KINDS:
        for pattern, sentence in kind.says.items():
            if found := re.fullmatch(pattern, name):
                return f"{name} ({kind.where})\n  {sentence.format(*found.groups())}"
    return ""
