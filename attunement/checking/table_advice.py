"""What is told of the times of tables of other programs: where they come from, pauses, lengths."""

from collections.abc import Sequence

from attunement.checking.footage import Footage
from attunement.faces.backends.table_clock import unlike_lengths
from attunement.schema import PERSONS
from attunement.study.written_times import format_time

_MOST_PAUSES = 3
# Cameras are started and stopped by hand, but not for half of a session.
_MUCH_SHORTER = 0.5
_LATE_S = 60.0


def of_tables(sources: Sequence[Footage]) -> dict[str, list[str]]:
    """Return sentences on the tables of a session, by the partner whose table it is."""
    told: dict[str, list[str]] = {person: [] for person in PERSONS}
    for source in sources:
        if source.clock is None:
            continue
        person = source.watched[0].person
        other = next((s for s in sources if s is not source), None)
        told[person] += [*_clock(source), *_pauses(source)]
        if other is not None:
            lengths = unlike_lengths(source.clock, other.name, other.duration_s)
            told[person] += [lengths] if lengths else _much_shorter(source, other)
    return told


def _much_shorter(source: Footage, other: Footage) -> list[str]:
    """Name a table that ends long before its partner's recording or table does."""
    if not 0 < source.duration_s < _MUCH_SHORTER * other.duration_s:
        return []
    return [
        f"{source.name} lasts {source.duration_s:.0f} s and {other.name} {other.duration_s:.0f} s:"
        " what only one of them has is not scored. If the table was cut short, export it again."
    ]


def _clock(source: Footage) -> list[str]:
    clock = source.clock
    if clock is None:
        return []
    said = [f"{clock.file}: {note}" for note in (*clock.notes, *clock.value_notes)]
    if not clock.source.startswith("column"):
        said.append(f"Times of {clock.file}: {clock.source}.")
    table = source.table
    first_s = source.tasks[0].recorded_s(float(table["time_s"].min())) if table is not None else 0.0
    if first_s > _LATE_S:
        said.append(f"{clock.file} begins at {format_time(round(first_s))}.")
    return said


def _pauses(source: Footage) -> list[str]:
    """Name the times at which a table has no rows; its rate is that between its pauses."""
    stalls = source.stalls
    if not stalls:
        return []
    longest = sorted(stalls, key=lambda stall: stall[0] - stall[1])[:_MOST_PAUSES]
    shown = ", ".join(
        f"{format_time(round(start_s))} to {format_time(round(end_s))}"
        for start_s, end_s in sorted(longest)
    )
    more = f", and {len(stalls) - len(longest)} more" if len(stalls) > len(longest) else ""
    total_s = sum(end_s - start_s for start_s, end_s in stalls)
    return [
        f"{source.name} has no rows for {total_s:.0f} s ({shown}{more}): nothing is scored there."
    ]
