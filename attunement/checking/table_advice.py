"""What is told of the times of tables of other programs: where they come from, pauses, lengths."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attunement.checking.footage import Footage
from attunement.faces.backends.table_clock import unlike_lengths
from attunement.schema import PERSONS
from attunement.study.written_times import format_time

# Rows further apart than this, and than some of their own steps, are a pause.
_PAUSE_S = 1.0
_PAUSE_STEPS = 5.0
_MOST_PAUSES = 3
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
            told[person] += [lengths] if lengths else []
    return told


def _clock(source: Footage) -> list[str]:
    clock = source.clock
    if clock is None:
        return []
    said = [f"{clock.file}: {note}" for note in (*clock.notes, *clock.value_notes)]
    if not clock.source.startswith("column"):
        said.append(f"Times of {clock.file}: {clock.source}.")
    times_s = _times_s(source)
    if len(times_s) and times_s[0] > _LATE_S:
        said.append(f"{clock.file} begins at {format_time(round(float(times_s[0])))}.")
    return said


def _times_s(source: Footage) -> NDArray[np.float64]:
    table = source.table
    if table is None:
        return np.empty(0)
    return np.asarray(source.tasks[0].recorded_s(table["time_s"].to_numpy(float)))


def _pauses(source: Footage) -> list[str]:
    """Name the times at which a table has no rows; its rate is that between its pauses."""
    times_s = _times_s(source)
    steps_s = np.diff(times_s)
    if not len(steps_s):
        return []
    long_s = max(_PAUSE_S, _PAUSE_STEPS * float(np.median(steps_s)))
    pauses = np.flatnonzero(steps_s > long_s)
    if not len(pauses):
        return []
    longest = sorted(pauses[np.argsort(-steps_s[pauses])][:_MOST_PAUSES])
    shown = ", ".join(
        f"{format_time(round(float(times_s[k])))} to {format_time(round(float(times_s[k + 1])))}"
        for k in longest
    )
    more = f", and {len(pauses) - len(longest)} more" if len(pauses) > len(longest) else ""
    return [
        f"{source.name} has no rows for {steps_s[pauses].sum():.0f} s ({shown}{more}): nothing is"
        " scored there."
    ]
