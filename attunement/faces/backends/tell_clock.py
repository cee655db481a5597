"""The clock of a table of another program: which times its rows have, and why they are believed.

Times stand in a column, in the program's unit. They are believed where they go forward with the
frame numbers at a rate that a camera can have. What contradicts that is refused, except where one
reading alone explains every row: another unit (seconds in a column called milliseconds, fractions
of a day), times that a spreadsheet has rounded, or a few that the program lost. Each is said in the
clock's notes. A rate that the manifest gives is for frames without times, or with times that cannot
be used: their times then follow from their numbers.
"""

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import FacesError
from attunement.faces.backends import table_rates as rates
from attunement.faces.backends.cells import Cells
from attunement.faces.backends.stamps import (
    between_numbers,
    change_of_pace,
    fill_lost,
    find_lost,
    find_rounded,
    shared,
)
from attunement.faces.backends.table_clock import TableClock
from attunement.faces.programs.program import Program
from attunement.faces.programs.written import Written, read_times
from attunement.study.sessions import MAX_RATE_HZ

_LATEST_S = 2 * 86400.0
# A stretch of rows whose times pass so many times as fast as in another is in another unit.
_OTHER_UNIT = 300.0
_FEW = 10  # rows, of which no rate is told


def _lasts_s(times_s: NDArray[np.float64], step_s: float) -> float:
    if not times_s.size:
        return 0.0
    return float(times_s.max()) + (step_s if np.isfinite(step_s) and step_s > 0 else 0.0)


def _plain(rate_hz: float) -> str:
    return f"{rate_hz:.0f}" if rate_hz >= 100 else f"{rate_hz:.3g}"


class _RateContradicted(FacesError):
    """The rate that is given is not the table's."""


def tell_clock(
    raw: Cells, program: Program, numbers: NDArray[np.int64], *, person: str
) -> tuple[NDArray[np.float64], TableClock]:
    """Return the time of every row in seconds, and where it comes from.

    Parameters
    ----------
    raw : Cells
        The table, with the rate that the manifest gives (``rate_hz``), if it does.
    program : Program
        That wrote it.
    numbers : ndarray of int
        Of the rows' frames, from 0.
    person : str
        Whose table it is.

    Raises
    ------
    FacesError
        When the times are impossible or contradict each other, the frame numbers, the frame rate
        or the approximate times that the table itself gives, or the rate given; or when there are
        none, and no rate.
    """
    column = program.time if raw.has(program.time) else ""
    reading = _Reading(raw, program, numbers, person, column)
    if not column:
        has = "frame numbers and no" if reading.has_numbers else "neither frame numbers nor"
        return reading.by_rate(f"has {has} time stamps")
    try:
        return reading.by_column()
    except FacesError as error:
        if raw.rate_hz is None or isinstance(error, _RateContradicted):
            raise
        why = error.reason.removeprefix(f"{raw.path.name}: ")
        why = f"{why} The rate of the manifest is taken."
        return reading.by_rate("", notes=(why,))


class _Reading:
    """One table; all places within are in the order of its frames."""

    def __init__(
        self,
        raw: Cells,
        program: Program,
        numbers: NDArray[np.int64],
        person: str,
        column: str,
    ) -> None:
        self.raw = raw
        self.unit = program.unit
        self.name = raw.path.name
        self.key = f"{person}_rate_hz"
        self.column = column
        self.has_numbers = raw.has(program.frame)
        # Rows may be sorted by something else; frame numbers say in which order they were filmed.
        self.order = np.argsort(numbers, kind="stable")
        self.in_file = numbers.astype("float64")
        self.numbers = self.in_file[self.order]
        self.notes: list[str] = []

    def by_rate(
        self, reason: str, *, notes: tuple[str, ...] = ()
    ) -> tuple[NDArray[np.float64], TableClock]:
        rate_hz = self.raw.rate_hz
        if rate_hz is None:
            raise FacesError(
                f"{self.name} {reason}.",
                f"Write its recording's frames a second into the column {self.key} of the"
                f" manifest{self._proposal()}, or into rate_hz, where both partners' are alike;"
                " frame_rate_hz of [faces] thins videos and is not taken for it.",
            )
        self._refuse_restart()
        times_s = (self.in_file - min(0.0, self.in_file.min(initial=0.0))) / rate_hz
        whole_s = rates.approximate_s(self.raw)
        k = rates.off_approximate(times_s, whole_s) if whole_s is not None else None
        if k is not None:
            raise FacesError(
                f"{self.name}: at the {rate_hz:g} frames a second of the manifest its row"
                f" {self.raw.row(k)} lies at {times_s[k]:.1f} s, and its approx_time says"
                f" {self.raw.cells['approx_time'].iloc[k]}.",
                f"Correct the rate in {self.key}{self._proposal()}.",
            )
        counted = "frame numbers" if self.has_numbers else "rows, counted as frames"
        source = f"{counted}, {rate_hz:g} a second as the manifest says"
        return times_s, TableClock(
            self.name, source, rate_hz, _lasts_s(times_s, 1 / rate_hz), notes
        )

    def by_column(self) -> tuple[NDArray[np.float64], TableClock]:
        written = read_times(self.raw.cells[self.column].iloc[self.order])
        values = self._with_hours(written)
        lost = find_lost(values)
        if np.count_nonzero(lost) > len(values) / 2:
            self._refuse_lost(written, lost)
        self._refuse_back(written, values, lost)
        self._refuse_equal(written, values[~lost])
        unit = "s"
        source = f"column {self.column}, as hours, minutes and seconds"
        if not written.in_seconds:
            unit = self._told_unit(between_numbers(values[~lost], self.numbers[~lost]))
            source = f"column {self.column}, in {rates.UNIT_NAMES[unit]}"
        values = self._unrounded(written, values, lost, rates.UNITS_S[unit])
        times_s = self._filled(written, values, lost) * rates.UNITS_S[unit]
        self._check_plausible(written, times_s)
        frames_hz = 1 / between_numbers(times_s, self.numbers) if len(times_s) > 1 else np.nan
        self._check_rates(times_s, frames_hz, written.step * rates.UNITS_S[unit])
        in_file = np.empty_like(times_s)
        in_file[self.order] = times_s
        step_s = between_numbers(times_s, np.arange(len(times_s), dtype=float))
        return in_file, TableClock(
            self.name, source, frames_hz, _lasts_s(times_s, step_s), tuple(self.notes)
        )

    def _with_hours(self, written: Written) -> NDArray[np.float64]:
        """Add the hours that a spreadsheet drops when it shows minutes, seconds and tenths."""
        values = written.seconds_or_number
        if not written.in_seconds or written.has_hours:
            return values
        steps = np.diff(pd.Series(values).ffill().to_numpy(), prepend=values[:1])
        back = steps < 0
        if not back.any() or (np.abs(steps[back] + 3600) > 2).any():
            return values
        self.notes.append(
            f"the times of its column {self.column} begin anew after 59:59, without hours: an hour"
            " is added each time."
        )
        return values + 3600.0 * np.cumsum(back)

    def _told_unit(self, period: float) -> str:
        unit, perhaps = rates.tell_unit(period, self.unit, has_numbers=self.has_numbers)
        if perhaps:
            self._refuse(
                f"its column {self.column} has a row every {period * rates.UNITS_S[unit]:.3g} s in"
                f" {rates.UNIT_NAMES[unit]}, and every {period * rates.UNITS_S[perhaps]:.3g} s in"
                f" {rates.UNIT_NAMES[perhaps]}",
                f"Bring it to {rates.UNIT_NAMES[unit]}, or write its frames a second into the"
                f" column {self.key} of the manifest.",
            )
        if unit != self.unit:
            as_said_hz, as_told_hz = (1 / (period * rates.UNITS_S[u]) for u in (self.unit, unit))
            said, told = rates.UNIT_NAMES[self.unit], rates.UNIT_NAMES[unit]
            self.notes.append(
                f"its column {self.column} holds {told}, not {said}: taken as {said} there would"
                f" be {_plain(as_said_hz)} frames a second, as {told} there are"
                f" {as_told_hz:.4g}."
            )
        return unit

    def _unrounded(
        self,
        written: Written,
        values: NDArray[np.float64],
        lost: NDArray[np.bool_],
        unit_s: float,
    ) -> NDArray[np.float64]:
        """Return the times before they were rounded; note those that frames share otherwise."""
        kept = np.flatnonzero(~lost)
        times, numbers = values[kept], self.numbers[kept]
        repeats = kept[1:][shared(times, numbers)]
        rounded = find_rounded(times, numbers, step=written.step, unit_s=unit_s)
        if rounded is None:
            # Rows without frame numbers may be several faces of one frame.
            lost[repeats] |= self.has_numbers
            return values
        exact = rounded.times
        if exact is not None and not self.has_numbers:
            found_hz = 1 / (between_numbers(exact, numbers) * unit_s)
            header_hz = self.raw.header_rate_hz or 0.0
            exact = exact if rates.same_rate(found_hz, header_hz) else None
        shown = f"{rounded.grain:g}{' s' if unit_s == 1 else ''}"
        if exact is None:
            rows = self._rows([int(repeats[0]) - 1, int(repeats[0])])
            several = "" if self.has_numbers else ", or the table holds several faces"
            self._refuse(
                f"the times of its column {self.column} are rounded to {shown}, as by a"
                f" spreadsheet{several}: its rows {rows[0]} and {rows[1]} both have"
                f" {self._cell(written, int(repeats[0]))}, and nothing tells what was rounded off",
                "Export the table again and keep a spreadsheet from saving it; or write its frames"
                f" a second into the column {self.key} of the manifest.",
            )
        what = "frame numbers" if self.has_numbers else "frame rate"
        self.notes.append(
            f"the times of its column {self.column} are rounded to {shown}, as by a spreadsheet."
            f" With its {what} one rate explains all of them, and the times are taken from it."
        )
        values = values.copy()
        values[kept] = exact
        return values

    def _filled(
        self, written: Written, values: NDArray[np.float64], lost: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        if not lost.any():
            return values
        filled = fill_lost(values, self.numbers, lost) if self.has_numbers else None
        if filled is None:
            self._refuse_lost(written, lost)
        self.notes.append(
            f"in its column {self.column} {self._lost(written, lost)}; these times are taken from"
            " the frame numbers."
        )
        return filled

    def _check_plausible(self, written: Written, times_s: NDArray[np.float64]) -> None:
        if not times_s.size:
            return
        if times_s.min() < 0:
            k = int(np.argmin(times_s))
            self._refuse(
                f"row {self._rows([k])[0]} has the time {self._cell(written, k)} in its column"
                f" {self.column}, before its recording begins",
                "Add a constant to all of its times, so that its recording's first frame has the"
                " time 0, and correct offset_s.",
            )
        if times_s.min() > _LATEST_S:
            self._refuse(
                f"its column {self.column} begins at {self._cell(written, 0)}, a date rather than a"
                " time since the recording began",
                "Subtract the date of its recording's first frame from all of them; where both"
                " partners' tables have dates, the infant's minus the caregiver's is offset_s.",
            )
        period_s = between_numbers(times_s, self.numbers)
        if len(times_s) >= _FEW and np.isfinite(period_s) and not period_s >= 1 / MAX_RATE_HZ:
            found = _plain(1 / period_s) if period_s > 0 else "any number of"
            self._refuse(
                f"its column {self.column} gives {found} frames a second, where at most"
                f" {MAX_RATE_HZ:g} are expected of a camera",
                "As its recording did not say its rate, the program counted by another: write the"
                f" camera's frames a second into the column {self.key} of the manifest, and times"
                " follow from the frame numbers.",
            )
        ratio, k = change_of_pace(times_s, self.numbers)
        if ratio > _OTHER_UNIT:
            self._refuse(
                f"the times of its column {self.column} pass {float(f'{ratio:.2g}'):.0f} times as"
                f" fast in one part as in another (from about row {self._rows([k])[0]} on), as in"
                " two units",
                "Bring the whole column to one unit, or export the table again.",
            )

    def _check_rates(self, times_s: NDArray[np.float64], frames_hz: float, step_s: float) -> None:
        """Hold the rate of the times against the one before the table and the one given."""
        if not np.isfinite(frames_hz) or len(times_s) < _FEW:
            return
        mean_hz = (self.numbers[-1] - self.numbers[0]) / (times_s[-1] - times_s[0])
        rows_hz = 1 / between_numbers(times_s, np.arange(len(times_s), dtype=float))
        found = (frames_hz, mean_hz, rows_hz)
        given_hz, header_hz = self.raw.rate_hz, self.raw.header_rate_hz
        if given_hz is not None and not any(rates.same_rate(given_hz, one) for one in found):
            raise _RateContradicted(
                f"{self.name} has {frames_hz:.4g} frames a second by its column {self.column}, and"
                f" the manifest gives it {given_hz:g}.",
                "The rate of the manifest is for a table without times: empty the cell, or give the"
                " rate of the other partner alone (caregiver_rate_hz, infant_rate_hz). If it is the"
                f" times that are wrong, remove the column {self.column} from the table.",
            )
        # Every second frame, or every third, may have been analysed.
        # Where rows were dropped, most steps are still of one frame.
        usual_s = float(np.median(np.diff(times_s)))
        if header_hz is not None and not any(
            abs(k / header_hz - usual_s) <= step_s or rates.same_rate(header_hz / k, one)
            for k in range(1, 31)
            for one in found
        ):
            self._refuse(
                f"its column {self.column} gives {frames_hz:.4g} rows a second, and a line before"
                f" the table says Frame rate {header_hz:g}",
                "Find out which is right. Export the table again, or write its frames a second into"
                f" the column {self.key} of the manifest.",
            )

    def _proposal(self) -> str:
        whole_s = rates.approximate_s(self.raw)
        rate = rates.approximate_rate_hz(self.in_file, whole_s) if whole_s is not None else ""
        return f" (its approx_time comes to about {rate})" if rate else ""

    def _refuse_restart(self) -> None:
        """Refuse frame numbers that begin anew where other rows were put below the first."""
        back = np.flatnonzero(np.diff(self.in_file) < 0)
        if len(back) != 1 or len(np.unique(self.in_file)) == len(self.in_file):
            return
        row = self.raw.row(int(back[0]) + 1)
        self._refuse(
            f"its frame numbers begin anew in row {row}, as where two recordings, or two faces,"
            " stand one below the other",
            "Give a table of one recording and of this partner's face only.",
        )

    def _refuse_back(
        self, written: Written, values: NDArray[np.float64], lost: NDArray[np.bool_]
    ) -> None:
        self._refuse_restart()
        kept = np.flatnonzero(~lost)
        back = np.flatnonzero(np.diff(values[kept]) < 0)
        if len(back):
            places = [int(kept[back[0]]), int(kept[back[0] + 1])]
            rows, cells = self._rows(places), [self._cell(written, k) for k in places]
            self._refuse(
                f"the times of its column {self.column} go back, from {cells[0]} in row {rows[0]}"
                f" to {cells[1]} in row {rows[1]}, as where two recordings stand one below the"
                " other",
                "Give a table of one recording, its rows in the order of time.",
            )

    def _refuse_equal(self, written: Written, values: NDArray[np.float64]) -> None:
        if len(values) > 1 and values[-1] == values[0]:
            self._refuse(
                f"all times of its column {self.column} are {self._cell(written, 0)}, as of"
                " pictures that were analysed one by one, or as a spreadsheet shows large numbers",
                f"Write its frames a second into the column {self.key} of the manifest, or export"
                " the table again.",
            )

    def _refuse_lost(self, written: Written, lost: NDArray[np.bool_]) -> NoReturn:
        self._refuse(
            f"in its column {self.column} {self._lost(written, lost)}, and nothing tells when they"
            " were",
            f"Export the table again, or write its frames a second into the column {self.key} of"
            " the manifest.",
        )

    def _refuse(self, what: str, advice: str) -> NoReturn:
        raise FacesError(f"{self.name}: {what}.", advice)

    def _lost(self, written: Written, lost: NDArray[np.bool_]) -> str:
        places = [int(k) for k in np.flatnonzero(lost)]
        rows = sorted(self._rows(places))
        cells = list(dict.fromkeys(repr(self._cell(written, k)) for k in places))
        found = ", ".join(cells[:3]) + (", …" if len(cells) > 3 else "")
        if len(rows) == 1:
            return f"row {rows[0]} has no time of its own (found {found})"
        if rows[-1] - rows[0] == len(rows) - 1:
            return f"rows {rows[0]} to {rows[-1]} have no time of their own (found {found})"
        return f"{len(rows)} rows, row {rows[0]} first, have no time of their own (found {found})"

    def _rows(self, places: Sequence[int]) -> list[int]:
        return [self.raw.row(int(self.order[k])) for k in places]

    def _cell(self, written: Written, place: int) -> str:
        return str(written.text.iloc[place])
