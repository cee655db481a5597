"""What is told of the times of tables of other programs: where they come from, pauses, lengths."""

from collections.abc import Sequence

from attunement.checking.footage import Footage
from attunement.faces.backends.table_clock import unlike_lengths
from attunement.schema import PERSONS
from attunement.study.written_times import format_time

_MOST_PAUSES = 3
_LATE_S = 60.0


def of_tables(sources: Sequence[Footage]) -> tuple[dict[str, list[str]], bool]:
    """Return sentences on the tables of a session, by the partner whose table it is.

    And whether they tell why the two partners' lengths differ.
    """
    explained = False
    told: dict[str, list[str]] = {person: [] for person in PERSONS}
    for source in sources:
        if source.clock is None:
            continue
        person = source.watched[0].person
        other = next((s for s in sources if s is not source), None)
        told[person] += [*_clock(source), *_pauses(source)]
        if other is not None:
            lengths = unlike_lengths(source.clock, other.name, other.duration_s)
            told[person] += [lengths] if lengths else []
            explained = explained or bool(lengths)
    return told, explained


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
