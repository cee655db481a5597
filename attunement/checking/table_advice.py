"""What is told of the times of tables of other programs: where they come from, pauses, lengths."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attunement.checking.footage import Footage
from attunement.schema import PERSONS
from attunement.study.written_times import format_time

# Rows further apart than this, and than some of their own steps, are a pause.
_PAUSE_S = 1.0
_PAUSE_STEPS = 5.0
_MOST_PAUSES = 3
_LATE_S = 60.0
# Lengths that differ by less are those of cameras started by hand.
_SAME_LENGTH = 0.02
_EXACT = 0.005
_CAMERA_HZ = (24.0, 25.0, 30.0, 50.0, 60.0)
_WRONG_UNITS = {
    24.0: "days for hours", 60.0: "minutes for seconds", 1000.0: "milliseconds for seconds",
    3600.0: "hours for seconds", 86400.0: "days for seconds",
}  # fmt: skip


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
            told[person] += _lengths(source, other)
    return told


def _clock(source: Footage) -> list[str]:
    clock = source.clock
    if clock is None:
        return []
    said = [f"{clock.file}: {note}" for note in clock.notes]
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


def _lengths(source: Footage, other: Footage) -> list[str]:
    """Say which rate or unit would make a table as long as the partner's recording."""
    own_s, other_s = source.duration_s, other.duration_s
    if source.clock is None or own_s <= 0 or other_s <= 0:
        return []
    ratio = other_s / own_s
    if abs(ratio - 1) < _SAME_LENGTH:
        return []
    lasts = (
        f"{source.name} lasts {_length(own_s)} and {other.name} {_length(other_s)}, which is"
        f" {ratio:.4g} times as long"
    )
    for factor, units in _WRONG_UNITS.items():
        if abs(ratio / factor - 1) < _EXACT:
            return [f"{lasts}, as where the one is counted in {units}: correct one of them."]
    own_hz = source.clock.frames_hz
    for rate_hz in _CAMERA_HZ:
        is_camera = any(abs(own_hz / hz - 1) < _EXACT for hz in _CAMERA_HZ)
        if is_camera and abs(own_hz / ratio / rate_hz - 1) < _EXACT:
            return [
                f"{lasts}. At {rate_hz:g} frames a second instead of {own_hz:.4g} they would be"
                " alike: if both ran from beginning to end, the rate of one is wrong."
            ]
    return []


def _length(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 10 else f"{seconds:.0f} s"
