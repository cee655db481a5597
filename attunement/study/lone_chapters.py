"""Recordings of one partner whose names look like chapters of one, which nothing joins unasked."""

import re
from collections import defaultdict
from collections.abc import Sequence

from attunement.schema import PARTNER_OF
from attunement.study.ids import folded
from attunement.study.naming import Proposal, find_role

# What tells files of one recording apart, after a mark or a word for a part: a number or a letter.
_LAST = re.compile(
    r"(?P<name>.*?)(?:^|[_\-. ]+)"
    r"(?P<word>(?:part|pt|chapter|teil|kapitel|parte|partie|deel|del|osa|clip|file|video)[\W_]*)?"
    r"(?P<mark>\d{1,3}|[a-h])",
    re.IGNORECASE,
)
_Key = tuple[str, str, str, str]


def lone_chapters(alone: Sequence[Proposal]) -> tuple[list[str], set[str]]:
    """Return sentences on recordings that may be chapters of one, and the sessions they speak of.

    Parameters
    ----------
    alone : sequence of Proposal
        Sessions with a recording of one partner only.

    Returns
    -------
    tuple of list of str and set of str
        Files of one partner whose names count on from 0, 1 or a. A bare number may as well count
        sessions, so that it is told of only where the other partner has one recording of the same
        name without it.
    """
    groups: dict[_Key, dict[int, Proposal]] = defaultdict(dict)
    words: dict[_Key, bool] = defaultdict(lambda: True)
    plain: dict[tuple[str, str, str], Proposal] = {}
    for one in alone:
        recording = one.recordings[0]
        who, folder, name = find_role(recording)
        plain[who, folded(folder), folded(name)] = one
        last = _LAST.fullmatch(name)
        if last is None or recording.is_table or len(recording.files) > 1:
            continue
        key = (who, folded(folder), folded(last["name"]), recording.files[0].suffix.casefold())
        mark = last["mark"].casefold()
        number = int(mark) if mark.isdecimal() else ord(mark) - ord("a") + 1
        groups[key][number] = one
        words[key] &= bool(last["word"]) or not mark.isdecimal()
    said: list[str] = []
    spoken: set[str] = set()
    for (who, folder, name, suffix), members in groups.items():
        other = PARTNER_OF[who]
        partner = plain.get((other, folder, name))
        first = min(members)
        counts_on = sorted(members) == list(range(first, first + len(members))) and first < 2
        is_told = words[who, folder, name, suffix] and bool(name)
        if len(members) < 2 or not counts_on or not (partner or is_told):
            continue
        ordered = [members[number] for number in sorted(members)]
        said.append(_sentence(ordered, partner, who, other))
        spoken |= {one.session for one in (*ordered, *([partner] if partner else []))}
    return said, spoken


def _sentence(ordered: Sequence[Proposal], partner: Proposal | None, who: str, other: str) -> str:
    files = [str(one.recordings[0].files[0]) for one in ordered]
    ids = [one.session for one in ordered]
    keep = partner.session if partner else ids[0]
    rows = ids if partner else ids[1:]
    column = f"{other}_{'table' if partner and partner.recordings[0].is_table else 'video'}"
    then = "" if partner else f" {column} is left empty: name the {other}'s there."
    return (
        f"Session {keep}: {_and(files)} may be chapters of one recording of the {who}, and have "
        f"a row each. If they are, write {'|'.join(files)} under {who}_video of session {keep}, "
        f"and remove the row{'s' if len(rows) > 1 else ''} of {_and(rows)}.{then}"
    )


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
