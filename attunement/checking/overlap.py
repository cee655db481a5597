"""What is lost because only one of a session's two recordings runs."""

from collections.abc import Mapping

from attunement.checking.footage import Footage
from attunement.checking.looks import analysed_spans
from attunement.study import Session

# Cameras are started and stopped by hand: what is lost must be more than either.
_APART_S = 10.0
_APART_SHARE = 0.1


def together_sentence(session: Session, by_person: Mapping[str, Footage]) -> str:
    """Return how long both recordings or tables run, where much of the longer one has no other.

    Parameters
    ----------
    session : Session
        Its episodes and excluded spans tell which time is wanted: what neither wants is not lost.
    by_person : mapping of Footage
        The source of the caregiver, whose clock is the session's, and of the infant.

    Returns
    -------
    str
        Empty where one recording shows both, where nothing overlaps, which is a fault of its own,
        or where at most 10 s or a tenth of what is wanted is without the other.
    """
    caregiver, infant = by_person["caregiver"], by_person["infant"]
    if caregiver is infant:
        return ""
    ranges = {
        person: (one.offset_s, one.offset_s + one.duration_s) for person, one in by_person.items()
    }
    start_s = max(start for start, _ in ranges.values())
    end_s = min(end for _, end in ranges.values())
    longer = max(by_person.values(), key=lambda one: one.duration_s)
    shorter = infant if longer is caregiver else caregiver
    wanted_s = _wanted_s(session, longer.offset_s, longer.offset_s + longer.duration_s)
    lost_s = wanted_s - _wanted_s(session, start_s, end_s)
    if end_s <= start_s or lost_s <= max(_APART_S, _APART_SHARE * wanted_s):
        return ""
    said = (
        f"Together they run {end_s - start_s:.0f} s of {longer.duration_s:.0f} s (caregiver "
        f"{caregiver.duration_s:.0f} s, infant {infant.duration_s:.0f} s, offset "
        f"{round(infant.offset_s, 3) + 0:g}): what only one of them has is not scored."
    )
    return f"{said} {_advice(longer, shorter)}"


def _advice(longer: Footage, shorter: Footage) -> str:
    if longer.duration_s - shorter.duration_s <= _APART_S:
        return "Correct offset_s if they began closer together."
    if shorter.table is not None:
        return f"If the table {shorter.name} was cut short, export it again."
    return (
        f"If the recording of {shorter.name} goes on in another file, write both in its cell, in "
        "their order, with | between them."
    )


def _wanted_s(session: Session, start_s: float, end_s: float) -> float:
    if end_s <= start_s:
        return 0.0
    spans = analysed_spans(start_s, end_s, episodes=session.episodes, exclude=session.exclude)
    return sum(span.end_s - span.start_s for span in spans)
