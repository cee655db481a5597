"""What starting a study could not tell, and why, in sentences."""

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

from attunement.cards import count, listed
from attunement.provenance import source_hash
from attunement.study.folder import Contents
from attunement.study.lone_chapters import lone_chapters
from attunement.study.naming import CAREGIVER_WORDS, INFANT_WORDS, Proposal

# Words, or letters beside a mark, by which people tell cameras of one session apart.
_CAMERAS = re.compile(
    r"(?:cam(?:era)?|view|angle|device|phone|gopro)[\W_]*(?:\d|[ab])|left|right|front|back|side"
    r"|(?<![^\W_])[ablr](?![^\W_])",
    re.IGNORECASE,
)
_NUMBER_LAST = re.compile(r"(.*?)(\d+)")
# Cameras begin another file where a file system of old holds no more: 2 and 4 GB, in bytes.
_FULL_BYTES = tuple(int(gb * 1e9) for gb in (1.9, 2.2, 3.7, 4.4))


def files_untold(folder: Path, contents: Contents, taken: Sequence[PurePosixPath]) -> list[str]:
    """Return what is to be said of files that are in no row, and of copies."""
    said = []
    if contents.elsewhere:
        said.append(
            f"{_names(contents.elsewhere)}: only a place holder is here, the recording is in the "
            "cloud. Download it, then run init again."
        )
    if contents.copies:
        said.append(
            f"Left out: {count(len(contents.copies), 'file')} that macOS writes beside others "
            f"({_names(contents.copies)}); they hold no recording."
        )
    not_taken = [path for path in contents.tables if path not in taken]
    if not_taken:
        said.append(
            f"{_names(not_taken)}: faces measured by another program. Where such a table stands in "
            "for a recording, name it under caregiver_table or infant_table; its name does not "
            "tell whose it is, or the recording itself is here."
        )
    left = [path for path in (*contents.others, *contents.maybe) if path not in taken]
    if left:
        kinds: dict[str, int] = defaultdict(int)
        for path in left:
            kinds[path.suffix.lower() or "without ending"] += 1
        each = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
        said.append(f"Not looked at, since nothing tells that they are recordings: {each}.")
    said += [
        f"{one} and {other} hold the same: one of them may be a copy. Remove its row."
        for one, other in _same(folder, [path for path in taken if path not in contents.tables])
    ]
    return said


def rows_untold(
    folder: Path, proposals: Sequence[Proposal], closed: Mapping[PurePosixPath, str]
) -> list[str]:
    """Return what is to be said of rows.

    Parameters
    ----------
    folder : Path
        Of the study.
    proposals : sequence of Proposal
        The rows.
    closed : mapping of str
        Why a recording cannot be opened, by its first file.
    """
    said = []
    for one in proposals:
        for recording in one.recordings:
            broken = [path for path in recording.files if path in closed]
            said += [f"{_why(path, closed[path])} {_then(one)}" for path in broken]
    said += _joined(proposals)
    said += _alone(proposals)
    paired = _cameras(proposals)
    said += [sentence for sentence, _ in paired]
    said += _chapters(folder, proposals, {path for _, both in paired for path in both})
    return said


def _why(path: PurePosixPath, problem: str) -> str:
    if problem.startswith("is "):
        return f"{path} {problem}"
    if problem.startswith(path.name):
        return f"{path} does not open: it{problem.removeprefix(path.name).removeprefix(':')}"
    return f"{path} does not open: {problem}"


def _then(proposal: Proposal) -> str:
    if proposal.shared is not None and len(proposal.shared.files) == 1:
        return (
            f"The layout of session {proposal.session} is left empty. Copy the file again and fill "
            "it in, or remove the row."
        )
    return f"Copy the file again, or remove the row of session {proposal.session}."


def _joined(proposals: Sequence[Proposal]) -> list[str]:
    said = []
    for one in proposals:
        for recording in one.recordings:
            if len(recording.files) > 1:
                said.append(
                    f"Session {one.session}: {len(recording.files)} files are taken for chapters "
                    f"of one recording, in this order: {'|'.join(map(str, recording.files))}. If "
                    "they are not, give each a row."
                )
    return said


def _alone(proposals: Sequence[Proposal]) -> list[str]:
    """Return which recordings of one partner have no other, with the likeliest name."""
    alone = [one for one in proposals if bool(one.caregiver) != bool(one.infant)]
    said, spoken = lone_chapters(alone)
    alone = [one for one in alone if one.session not in spoken]
    proposed: set[str] = set()
    for one in alone:
        own = one.recordings[0]
        who, other = ("caregiver", "infant") if one.caregiver else ("infant", "caregiver")
        column = f"{other}_{'table' if own.is_table else 'video'}"
        near = "" if one.session in proposed else _nearest(one, alone, proposals)
        if near:
            proposed.add(near)
            rival = next(p for p in proposals if p.session == near)
            propose = (
                f"If it is {rival.recordings[0].files[0]}, write that there and remove the row of "
                f"session {near}."
            )
        elif one.session in proposed:
            propose = "It may belong to another row, see above."
        else:
            propose = "Name it there, or remove the row."
        said.append(
            f"Session {one.session}: {own.files[0]} says that it shows the {who}, and no file of "
            f"the same name the {other}; {column} is left empty. {propose}"
        )
    return said


def _nearest(one: Proposal, alone: Sequence[Proposal], proposals: Sequence[Proposal]) -> str:
    """Return the session whose recording has the name most like it: the other partner's first."""
    partners = [p for p in alone if bool(p.caregiver) != bool(one.caregiver)]
    for rivals, least in ((partners, 0.6), ([p for p in proposals if p.shared is not None], 0.8)):
        names = {_plain(p.session): p.session for p in rivals}
        near = difflib.get_close_matches(_plain(one.session), names, n=1, cutoff=least)
        if near:
            return names[near[0]]
    return ""


def _plain(session: str) -> str:
    """Return a name without the words for the partners and without zeros before numbers."""
    words = re.findall(r"[^\W_]+", session.casefold())
    words = [word for word in words if word not in CAREGIVER_WORDS | INFANT_WORDS]
    return re.sub(r"(?<!\d)0+(?=\d)", "", " ".join(words))


def _cameras(proposals: Sequence[Proposal]) -> list[tuple[str, tuple[PurePosixPath, ...]]]:
    """Return pairs of recordings whose names differ by what tells cameras apart alone."""
    alike: dict[tuple[PurePosixPath, str], list[PurePosixPath]] = defaultdict(list)
    for one in proposals:
        if one.shared is not None:
            path = one.shared.files[0]
            plain = _CAMERAS.sub("*", path.stem).casefold()
            if "*" in plain:
                alike[path.parent, plain].append(path)
    said: list[tuple[str, tuple[PurePosixPath, ...]]] = []
    for paths in alike.values():
        for first, second in pairwise(paths):
            sentence = (
                f"{first} and {second} may be two cameras of one session: they have a row each. If "
                "they are, keep one row: layout two_files, the one under caregiver_video, the "
                "other under infant_video."
            )
            said.append((sentence, (first, second)))
    return said


def _chapters(folder: Path, proposals: Sequence[Proposal], known: set[PurePosixPath]) -> list[str]:
    """Return groups of recordings whose names count on: chapters, or recordings in a row."""
    groups: dict[tuple[PurePosixPath, str, str, int], dict[int, PurePosixPath]] = defaultdict(dict)
    for one in proposals:
        path = (
            one.shared.files[0] if one.shared is not None and len(one.shared.files) == 1 else None
        )
        match = _NUMBER_LAST.fullmatch(path.stem) if path is not None else None
        if path is None or match is None or path in known:
            continue
        key = (path.parent, match[1].casefold(), path.suffix.casefold(), len(match[2]))
        groups[key][int(match[2])] = path
    said = []
    for numbers in groups.values():
        ordered = [numbers[number] for number in sorted(numbers)]
        follow = [a for a, b in pairwise(sorted(numbers)) if b == a + 1]
        if not follow:
            continue
        full = [numbers[number] for number in follow if _is_full(folder / numbers[number])]
        pair = (full or [numbers[follow[0]]])[0]
        after = ordered[ordered.index(pair) + 1]
        why = (
            f"{_names(full)} {'is' if len(full) == 1 else 'are'} as large as such cameras let a "
            "file become: what follows is likely its next chapter."
            if full
            else "A number may count recordings or chapters of one."
        )
        said.append(
            f"{_names(ordered)} differ by a number alone, and have a row each. {why} Chapters "
            f"stand in one cell, in their order, with | between them: {pair}|{after}."
        )
    return said


def _is_full(path: Path) -> bool:
    try:
        size = path.stat().st_size
    except OSError:
        return False
    return any(
        low <= size <= high for low, high in zip(_FULL_BYTES[::2], _FULL_BYTES[1::2], strict=True)
    )


def _same(
    folder: Path, paths: Sequence[PurePosixPath]
) -> list[tuple[PurePosixPath, PurePosixPath]]:
    by_size: dict[int, list[PurePosixPath]] = defaultdict(list)
    for path in paths:
        try:
            size = (folder / path).stat().st_size
        except OSError:
            continue
        if size:
            by_size[size].append(path)
    same = []
    for alike in by_size.values():
        hashes: dict[str, PurePosixPath] = {}
        for path in alike if len(alike) > 1 else ():
            before = hashes.setdefault(source_hash(folder / path), path)
            if before != path:
                same.append((before, path))
    return same


def _names(paths: Sequence[object]) -> str:
    return listed([str(path) for path in paths], at_most=4)
