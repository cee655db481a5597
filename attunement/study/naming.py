"""Tells from the names of video files which belong together; never which side someone is on."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from unicodedata import normalize

from attunement.study.folder import TABLE_SUFFIXES
from attunement.study.ids import folded, safe_id

CAREGIVER_WORDS = frozenset(
    {
        "caregiver", "mother", "mom", "mum", "father", "dad", "parent", "adult", "cg",
        "mama", "mamma", "mommy", "mummy", "papa", "daddy", "grandmother", "grandfather",
        "mutter", "vater", "mère", "mere", "père", "pere", "madre", "padre", "moeder", "vader",
    }
)  # fmt: skip
INFANT_WORDS = frozenset(
    {
        "infant", "baby", "child", "inf", "babies", "newborn", "toddler", "kid",
        "kind", "säugling", "bébé", "bebe", "bebé", "enfant", "niño", "niña", "bambino",
    }
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_CHAPTER = re.compile(r"(.*?)(?:^|[\W_]+)(?:part|pt|chapter)[\W_]*(\d{1,3})(?![^\W_])(.*)", re.I)
# GoPro cameras write GH01nnnn, GH02nnnn (GX, GL likewise); older ones GOPRnnnn, GP01nnnn.
_GOPRO = re.compile(r"(G[HXL])(\d\d)(\d{4})", re.I)
_GOPRO_OLD = re.compile(r"G(?:OPR|P(\d\d))(\d{4})", re.I)
# Leaves room for what makes an id unique.
_ID_CHARACTERS = 80


@dataclass(frozen=True)
class Recording:
    """One recording: its files in order, and its name without the number of the chapter."""

    files: tuple[PurePosixPath, ...]
    name: str

    @property
    def is_table(self) -> bool:
        """Whether it is a table of another program, which stands in for a recording."""
        return self.files[0].suffix.lower() in TABLE_SUFFIXES

    @property
    def folder(self) -> PurePosixPath:
        """The folder that the files are in."""
        return self.files[0].parent


@dataclass(frozen=True)
class Proposal:
    """One session as the names tell it: either `shared`, or a recording of one person or both."""

    session: str
    shared: Recording | None = None
    caregiver: Recording | None = None
    infant: Recording | None = None

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """Those that there are, at least one."""
        return tuple(r for r in (self.shared, self.caregiver, self.infant) if r is not None)


def role_of(path: PurePosixPath) -> str:
    """Return ``caregiver`` or ``infant`` where a name tells it, else the empty text."""
    return find_role(Recording((path,), path.stem))[0]


def propose_sessions(files: Iterable[PurePosixPath]) -> list[Proposal]:
    """Return the sessions that the names of `files` tell of, in the order of the names.

    Chapters are joined where a name says part or chapter, or is a GoPro's; a bare number may as
    well count sessions. Two recordings are a pair where one says caregiver (mother, dad, ...) and
    the other infant (baby, ...) as a word of its own in the file's or a folder's name, and all
    else is equal.
    """
    groups: dict[tuple[str, str], list[tuple[str, str, Recording]]] = defaultdict(list)
    for recording in _join_chapters(sorted(files, key=_natural)):
        role, folder, name = find_role(recording)
        groups[folded(folder), folded(name)].append((role, name or folder, recording))
    drafts: list[tuple[str, Proposal]] = []
    for members in groups.values():
        roles = sorted(role for role, _, _ in members)
        if roles == ["caregiver", "infant"]:
            by_role = {role: recording for role, _, recording in members}
            drafts.append((members[0][1], Proposal("", **by_role)))
            continue
        for role, _, recording in members:
            alone = {role or "shared": recording}
            drafts.append((recording.name or recording.folder.name, Proposal("", **alone)))
    drafts.sort(key=lambda draft: _natural(draft[1].recordings[0].files[0]))
    ids = _unique_ids([(name, proposal.recordings[0].folder) for name, proposal in drafts])
    return [
        replace(proposal, session=session)
        for session, (_, proposal) in zip(ids, drafts, strict=True)
    ]


def _natural(path: PurePosixPath) -> list[tuple[int, str]]:
    pieces = re.split(r"(\d+)", path.as_posix().casefold())
    key = [(int(piece) if piece.isdecimal() else 0, piece) for piece in pieces]
    return [*key, (0, path.as_posix())]


def _join_chapters(files: Sequence[PurePosixPath]) -> list[Recording]:
    groups: dict[tuple[PurePosixPath, str, str], list[tuple[int, PurePosixPath]]] = {}
    names: dict[tuple[PurePosixPath, str, str], str] = {}
    for path in files:
        name, number = _chapter(path.stem)
        if number is None:
            key = (path.parent, path.stem, path.suffix)
        else:
            key = (path.parent, f"chapters of {name.casefold()}", path.suffix.casefold())
        groups.setdefault(key, []).append((0 if number is None else number, path))
        names.setdefault(key, name)
    recordings = []
    for key, chapters in groups.items():
        numbers = sorted(number for number, _ in chapters)
        first = numbers[0]
        if (
            len(chapters) > 1
            and first in (0, 1)
            and numbers == list(range(first, first + len(numbers)))
        ):
            ordered = tuple(path for _, path in sorted(chapters))
            recordings.append(Recording(ordered, names[key]))
        else:
            recordings += [Recording((path,), path.stem) for _, path in chapters]
    return recordings


def _chapter(stem: str) -> tuple[str, int | None]:
    """Return the name without the chapter's number, and the number."""
    if camera := _GOPRO.fullmatch(stem):
        return f"{camera[1]}{camera[3]}", int(camera[2])
    if camera := _GOPRO_OLD.fullmatch(stem):
        return f"GOPR{camera[2]}", int(camera[1] or 0)
    if chapter := _CHAPTER.fullmatch(stem):
        return _joined(chapter[1], chapter[3]), int(chapter[2])
    return stem, None


def find_role(recording: Recording) -> tuple[str, str, str]:
    """Return the role that a name tells, if any, and folder and name without the word for it."""
    # Letters with accents come in two spellings, of which macOS writes the one in pieces.
    folder = PurePosixPath(normalize("NFC", recording.folder.as_posix()))
    name = normalize("NFC", recording.name)
    role, rest = _split_role(name)
    if role == "both":
        return "", folder.as_posix(), name
    if role:
        return role, folder.as_posix(), rest
    by_part = [(k, *_split_role(part)) for k, part in enumerate(folder.parts)]
    told = [(k, role, rest) for k, role, rest in by_part if role]
    if len(told) == 1 and told[0][1] != "both":
        k, role, rest = told[0]
        parts = [*folder.parts[:k], *([rest] if rest else []), *folder.parts[k + 1 :]]
        return role, PurePosixPath(*parts).as_posix(), name
    return "", folder.as_posix(), name


def _split_role(name: str) -> tuple[str, str]:
    roles = set()
    rest = name
    for word in reversed(list(_WORD.finditer(name))):
        lower = word[0].casefold()
        role = (
            "caregiver" if lower in CAREGIVER_WORDS else "infant" if lower in INFANT_WORDS else ""
        )
        if role:
            roles.add(role)
            rest = _joined(rest[: word.start()], rest[word.end() :])
    if not roles:
        return "", name
    return (roles.pop(), rest) if len(roles) == 1 else ("both", name)


def _joined(before: str, after: str) -> str:
    before, after = re.sub(r"[\W_]+$", "", before), re.sub(r"^[\W_]+", "", after)
    return f"{before}_{after}" if before and after else before or after


def _unique_ids(names: Sequence[tuple[str, PurePosixPath]]) -> list[str]:
    ids = [_proposed(name) for name, _ in names]
    for attempt in (0, 1):
        seen: dict[str, int] = defaultdict(int)
        counts: dict[str, int] = defaultdict(int)
        for text in ids:
            counts[folded(text)] += 1
        for k, (name, folder) in enumerate(names):
            key = folded(ids[k])
            if counts[key] < 2:
                continue
            if attempt == 0:
                ids[k] = _proposed("_".join([*folder.parts, name]))
            else:
                seen[key] += 1
                while folded(f"{ids[k]}_{seen[key]}") in counts:
                    seen[key] += 1
                ids[k] = f"{ids[k]}_{seen[key]}"
    return ids


def _proposed(name: str) -> str:
    return safe_id(re.sub(r"^[\W_]+", "", name)[:_ID_CHARACTERS] or "session")
