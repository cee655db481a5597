"""Ids that two tables write differently: which are the same but for how they are written."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable

_PARTS = re.compile(r"\d+|[^\W\d_]+")
_WHOLE = re.compile(r"(\d+)[.,]0+")


def alike(text: str) -> str:
    """Return what ids have in common that differ in how they are written only.

    Capitals, blanks, hyphens, underscores and points, zeros before a number, and the ``.0`` that a
    spreadsheet adds do not count; what stands between two numbers keeps them apart.

    Examples
    --------
    >>> from attunement.stats.association.ids import alike
    >>> print(alike("S01"), alike("s-1"), alike("007"), alike("7.0"), alike("1-2"), alike("12"))
    s1 s1 7 7 1-2 12
    """
    text = unicodedata.normalize("NFKC", text).casefold().strip()
    if whole := _WHOLE.fullmatch(text):
        text = whole[1]
    joined = ""
    for part in _PARTS.findall(text):
        if part.isdecimal():
            part = part.lstrip("0") or "0"
            joined += "-" if joined and joined[-1].isdecimal() else ""
        joined += part
    return joined


def match_alike(ours: Iterable[str], theirs: Iterable[str]) -> dict[str, str]:
    """Return, for ids of `theirs` that are not in `ours`, the one id of `ours` that they mean.

    Ids match that are `alike`, and, where one table writes numbers alone and the other one word
    before each, those with the same number (``7`` and ``dyad_07``). An id that could mean two of
    the other table, or whose match is taken, is in no pair.

    Examples
    --------
    >>> from attunement.stats.association.ids import match_alike
    >>> print(match_alike(["s-01", "s-02"], ["S1", "S2", "S3"]))
    {'S1': 's-01', 'S2': 's-02'}
    """
    ours, theirs = list(dict.fromkeys(ours)), list(dict.fromkeys(theirs))
    our_keys = _without_word(ours, theirs)
    their_keys = _without_word(theirs, ours)
    by_key: dict[str, list[str]] = defaultdict(list)
    for name in ours:
        by_key[our_keys[name]].append(name)
    meant: dict[str, list[str]] = defaultdict(list)
    for name in theirs:
        if len(found := by_key.get(their_keys[name], [])) == 1:
            meant[found[0]].append(name)
    return {
        names[0]: ours_name
        for ours_name, names in meant.items()
        if len(names) == 1 and names[0] != ours_name
    }


def near_ids(names: Iterable[str], others: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, for ids that no other table has, those of the other table that look like them.

    Near are ids of which one holds all parts of the other, a number among them, in its order
    (``01_split`` and ``1``), and ids that look the same (``l7`` and ``17``).

    Examples
    --------
    >>> from attunement.stats.association.ids import near_ids
    >>> print(near_ids(["01_split", "02_cam"], ["01", "03"]))
    {'01_split': ('01',)}
    """
    others = list(dict.fromkeys(others))
    parts = {name: _parts(name) for name in others}
    looks = {name: as_it_looks(name) for name in others}
    near = {}
    for name in dict.fromkeys(names):
        own, look = _parts(name), as_it_looks(name)
        found = [
            other
            for other in others
            if _holds(own, parts[other]) or _holds(parts[other], own) or looks[other] == look
        ]
        if found:
            near[name] = tuple(found)
    return near


def as_it_looks(name: str) -> str:
    """Return an id as it looks: l and I as 1, O as 0, which people mistake for each other."""
    return alike(alike(name).translate(str.maketrans("lio", "110")))


def _parts(name: str) -> list[str]:
    text = unicodedata.normalize("NFKC", name).casefold()
    return [part.lstrip("0") or "0" if part.isdecimal() else part for part in _PARTS.findall(text)]


def _holds(long: list[str], short: list[str]) -> bool:
    return any(map(str.isdecimal, short)) and any(
        long[k : k + len(short)] == short for k in range(len(long) - len(short) + 1)
    )


def _without_word(names: Collection[str], others: Collection[str]) -> dict[str, str]:
    keys = {name: alike(name) for name in names}
    if not all(alike(name).isdecimal() for name in others):
        return keys
    words = {key.rstrip("0123456789") for key in keys.values()}
    if len(words) != 1 or any(key[-1:].isalpha() for key in keys.values()):
        return keys
    # The digits, without the word that all have in common.
    word = words.pop()
    return {name: key.removeprefix(word) for name, key in keys.items()}
