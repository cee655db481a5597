"""Who is who in a check: what the manifest tells, else A and B, and a guess that says it is one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from attunement.faces.areas import Area, Box
from attunement.faces.person import infant_score
from attunement.faces.together import BEST_GUESS
from attunement.schema import PERSONS
from attunement.study import Session
from attunement.study.sessions import LAYOUTS, SIDES

LABELS = ("A", "B")
# About a face that is to be found there again, over its longer side, on every side.
_ROOM = 0.3
# A guess less sure than this is hardly better than none.
_WORTH_SAYING = 0.6


@dataclass(frozen=True)
class Named:
    """Who a face of a check is taken to be.

    Attributes
    ----------
    person : str
        ``caregiver`` or ``infant``; a guess where `label` is another.
    label : str
        What it is called in pictures and sentences: the person, or ``A`` or ``B``.
    confidence : float
        How sure the person is, 0 to 1.
    cells : dict
        The cells of the manifest that would say that this face is the caregiver's, by column; of
        a person who is told, none.
    where : str
        Where it is, in words.
    """

    person: str
    label: str
    confidence: float = 1.0
    cells: tuple[tuple[str, str], ...] = ()
    where: str = ""

    @property
    def is_told(self) -> bool:
        """Whether the manifest tells who it is."""
        return self.label == self.person


def told(session: Session) -> dict[str, bool]:
    """Return of each person whether the manifest says which face is theirs."""
    if session.layout in SIDES:
        is_told = all(p.side or p.roi is not None or p.table for p in session.partners)
        return dict.fromkeys(PERSONS, is_told)
    if session.layout == "one_frame":
        return {p.person: p.roi is not None or p.table is not None for p in session.partners}
    return dict.fromkeys(PERSONS, True)


def not_filled(session: Session) -> str:
    """Return what the manifest still has to say before anything can be looked at, or nothing."""
    if not session.layout:
        sides = f"{' and '.join(SIDES)} need caregiver_side as well"
        return f"layout is empty, one of {', '.join(LAYOUTS)}; {sides}"
    if session.layout != "two_files":
        return ""
    empty = [f"{p.person}_video" for p in session.partners if not p.videos and p.table is None]
    return f"{' and '.join(empty)} {'are' if len(empty) > 1 else 'is'} empty" if empty else ""


def besides(session: Session) -> str:
    """Return a sentence on the cells that a run asks for still, beside other faults, or nothing."""
    empty = not_filled(session)
    if not empty and session.layout in SIDES and not all(told(session).values()):
        empty = f"caregiver_side is empty, {' or '.join(SIDES[session.layout])}"
    return f"Besides, {empty}." if empty else ""


def with_parts(session: Session) -> Session:
    """Return the session with a part of the picture for each, where no side is given.

    The first part stands as the caregiver's until it is said whose it is.
    """
    if session.layout not in SIDES or all(told(session).values()):
        return session
    first, second = SIDES[session.layout]
    return replace(
        session,
        caregiver=replace(session.caregiver, side=first),
        infant=replace(session.infant, side=second),
    )


def name_faces(
    session: Session,
    known: dict[str, bool],
    noses: Sequence[float],
    starts: Sequence[Area | None],
) -> list[Named]:
    """Say who the two faces of one picture are.

    Parameters
    ----------
    session : Session
        With parts (`with_parts`).
    known : dict
        As `told` gives it of the session as read.
    noses : sequence of float
        Lengths of the nose of the first and the second face, missing where not seen frontal.
    starts : sequence of (tuple of int or None)
        Where each is when the recording begins.

    Returns
    -------
    list of Named
        The first face's, then the second's. With nothing told the guess is that of a run: by the
        length of the nose, never surer than .8.
    """
    if all(known.values()):
        return [Named(person, person) for person in PERSONS]
    if any(known.values()):
        return [
            Named(person, person)
            if known[person]
            else Named(person, LABELS[k], BEST_GUESS, _cells(session, (person,), [starts[k]]))
            for k, person in enumerate(PERSONS)
        ]
    scores = [infant_score(nose) for nose in noses]
    order = PERSONS[::-1] if scores[0] > scores[1] else PERSONS
    confidence = round(min(0.5 + abs(scores[0] - scores[1]) / 2, BEST_GUESS), 2)
    sides = SIDES.get(session.layout)
    named = []
    for k, label in enumerate(LABELS):
        if sides:
            cells: tuple[tuple[str, str], ...] = (("caregiver_side", sides[k]),)
            where = _side_words(sides[k])
        else:
            cells = _cells(session, PERSONS, [starts[k], starts[1 - k]])
            where = _start_words(starts[k])
        named.append(Named(order[k], label, confidence, cells, where))
    return named


def _cells(
    session: Session, persons: Sequence[str], areas: Sequence[Area | None]
) -> tuple[tuple[str, str], ...]:
    if session.layout != "one_frame":
        return ()
    return tuple(
        (f"{person}_roi", as_cell(area))
        for person, area in zip(persons, areas, strict=True)
        if area is not None
    )


def as_cell(area: Area) -> str:
    """Return an area as the manifest writes it."""
    return ",".join(map(str, area))


def _side_words(side: str) -> str:
    return {"top": "in the upper part", "bottom": "in the lower part"}.get(side, f"on the {side}")


def _start_words(start: Area | None) -> str:
    return f"at {as_cell(start)} at the start" if start else "not seen at the start"


def sentences(session: Session, named: Sequence[Named]) -> list[str]:
    """Return what to say of faces whose person is not told, with the cells to fill in."""
    if all(one.is_told for one in named):
        return []
    if any(one.is_told for one in named):
        return _of_one(next(one for one in named if not one.is_told))
    first, second = named
    if session.roles:
        opening = "Which face roles.csv calls the caregiver a check, which follows nobody, "
        opening += "cannot tell: they are called A and B here"
    else:
        columns = (
            "caregiver_side"
            if session.layout in SIDES
            else "caregiver_roi and infant_roi, where each face is at the start"
        )
        opening = "Who of the two is the caregiver is not known, so nothing is scored: write "
        opening += columns
    said = [f"{opening}.", f"A is the face {first.where}, B the one {second.where}."]
    if not session.roles:
        for one in named:
            if one.cells:
                cells = "; ".join(f"{column} = {cell}" for column, cell in one.cells)
                said.append(f"If {one.label} is the caregiver: {cells}.")
    if first.confidence >= _WORTH_SAYING:
        likely = next(one for one in named if one.person == "caregiver")
        said.append(
            f"A guess by the length of the nose is that {likely.label} is the caregiver (confidence"
            f" {likely.confidence:.2f} of 1, not used)."
        )
    return said


def _of_one(one: Named) -> list[str]:
    column = f"{one.person}_roi"
    cells = "".join(f" If {one.label} is the {one.person}: {c} = {v}." for c, v in one.cells)
    return [
        f"Only the other partner has a region: that {one.label} is the {one.person} is a guess "
        f"(confidence {one.confidence:.2f} of 1), which is not scored. Give {column} too.{cells}"
    ]


def start_area(boxes: Sequence[Box], within: Area) -> Area | None:
    """Return a region that holds the boxes with some room, in whole pixels of the picture."""
    if not boxes:
        return None
    room = _ROOM * float(np.median([box.size_px for box in boxes]))
    left = max(min(box.x_px for box in boxes) - room, within[0])
    top = max(min(box.y_px for box in boxes) - room, within[1])
    right = min(max(box.x_px + box.width_px for box in boxes) + room, within[0] + within[2])
    bottom = min(max(box.y_px + box.height_px for box in boxes) + room, within[1] + within[3])
    return (int(left), int(top), max(int(right) - int(left), 1), max(int(bottom) - int(top), 1))
