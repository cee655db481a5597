"""Intensities of action units in a table, and on which scale they are.

A program's scale is documented; what stands in a file is not always as the program wrote it. A
scale that the values contradict is asked for. Where none exceeds 1 under the name of a program
whose scale ends later, they may be weak, or shares already: shares where they are not as the
program writes them, its own scale else, and both is said.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import FacesError
from attunement.faces.backends.cells import Cells
from attunement.faces.programs.program import Program

# With fewer rows that show a face nothing can be scored, and nothing is to be learnt from them.
_ENOUGH_ROWS = 50
# Of fewer action units all may be 0 in a calm face (OpenFace rounds to that).
_ENOUGH_UNITS = 5
# How far beyond its scale a value may lie, as a share of the scale: rounding, and regressions that
# no one has clipped (Py-Feat's MPDetector).
_BEYOND = 0.02
_BEYOND_UNCLIPPED = 0.5
_MISSING = re.compile(
    r"|[-\u2013\u2014.?]|nan|na|n/?a|n\.a\.|none|null|missing|unknown|find_failed|fit_failed|#n/a|-?inf\w*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Shares:
    """Intensities as shares of their scale.

    Attributes
    ----------
    table : pandas.DataFrame
        A column a unit, 0 to 1.
    notes : tuple of str
        Sentences on what is not as the program documents it, to follow the name of the file.
    is_open : bool
        Whether the scale is still to be told.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    is_open: bool = False


def refuse_text(raw: Cells, program: Program) -> None:
    """Refuse cells of intensities that are neither numbers nor mean that there is none.

    Raises
    ------
    FacesError
        Names the first such cell, as a spreadsheet makes them of numbers (``01. Feb`` of 1.02).
    """
    for name in program.unit_columns(raw):
        text = raw.cells[name].str.strip()
        no_number = text[raw.numbers(name).isna()]
        meant = [cell for cell in no_number.unique() if _MISSING.fullmatch(cell)]
        strange = no_number[~no_number.isin([*meant, *program.grades])]
        if len(strange):
            also = f" ({len(strange):,} such cells)" if len(strange) > 1 else ""
            raise FacesError(
                f"{raw.found(strange)}{also}, expected a number.",
                "Export the table again, and do not save it from a spreadsheet; a cell without a"
                " value is left empty.",
            )


def to_shares(
    raw: Cells,
    program: Program,
    values: pd.DataFrame,
    has_face: NDArray[np.bool_],
    *,
    person: str,
) -> Shares:
    """Return intensities as shares of their scale, 0 to 1.

    Parameters
    ----------
    raw : Cells
        The table, for messages and for the end of the scale where the manifest says it.
    program : Program
        Whose scale they are on where nothing else is said.
    values : pandas.DataFrame
        A column a unit.
    has_face : ndarray of bool, shape (n,)
        Rows that show a face; the others say nothing of the scale.
    person : str
        Whose table it is.

    Raises
    ------
    FacesError
        When no row with a face has a value, when all are 0, or when values lie beyond the scale or
        are negative.
    """
    scale = raw.scale
    seen = values.to_numpy(float)[has_face]
    seen = seen[:, np.isfinite(seen).any(axis=0)]
    n_rows = int(has_face.sum())
    if n_rows < 2:
        return Shares(values / (scale or program.scale))
    if seen.size == 0:
        raise FacesError(
            f"{raw.path.name} has no intensity in its {n_rows:,} rows with a"
            f" face: {program.name} did not measure any.",
            "Run the program again with its action units, and look at its messages.",
        )
    if not program.units:  # steps, which have no intensity
        return Shares(values)
    lowest, highest = float(np.nanmin(seen)), float(np.nanmax(seen))
    if lowest == highest == 0 and n_rows >= _ENOUGH_ROWS and seen.shape[1] >= _ENOUGH_UNITS:
        raise FacesError(
            f"Every intensity of {raw.path.name} is 0 in all of its {n_rows:,} rows with a face,"
            f" as where the models of {program.name} for them did not load.",
            "Run the program again with its action units, and look at its messages.",
        )
    cell = f"{person}_table_scale"
    end = scale or program.scale
    beyond = _BEYOND if program.is_clipped else _BEYOND_UNCLIPPED
    if lowest < -beyond * end:
        raise FacesError(
            f"{raw.path.name} has negative intensities, down to {lowest:.4g}, and {program.name}'s"
            f" run from 0 to {program.scale:g}: they were standardised, or are of another program.",
            "Give the table as the program wrote it: attunement takes every person's own baseline.",
        )
    if highest > (1 + beyond) * end:
        meant = f"{cell} is {scale:g}" if scale else f"{program.name}'s end at {program.scale:g}"
        other = next((known for known in (5, 100) if highest <= known), None)
        advice = (
            f"If they are on a scale of 0 to {other}, write {cell} = {other} into the manifest;"
            if other
            else "Correct it;"
        )
        raise FacesError(
            f"{raw.path.name} has intensities up to {highest:.4g}, but {meant}.",
            f"{advice} else export the table again.",
        )
    if n_rows < _ENOUGH_ROWS:
        return Shares(values / end)
    if (np.nanmax(seen, axis=0) == np.nanmin(seen, axis=0)).all():
        still = f"no intensity changes in its {n_rows:,} rows with a face: nothing can be scored."
        return Shares(values / end, (still,))
    if scale is None and program.scale > 1 and highest <= 1:
        return _weak_or_shares(raw, program, values, seen, cell)
    return Shares(values / end)


def _weak_or_shares(
    raw: Cells, program: Program, values: pd.DataFrame, seen: NDArray[np.float64], cell: str
) -> Shares:
    """Return intensities of which none exceeds 1 though the program's scale ends later."""
    highest = float(np.nanmax(seen))
    own = f"{program.name}'s 0 to {program.scale:g}"
    none = f"none of its intensities exceeds 1 (the strongest is {highest:.4g})"
    if evidence := _is_changed(raw, program, seen):
        note = (
            f"{none}, and {evidence}: they are taken for shares, 0 to 1, to which they were brought"
            f" before. If they are on {own}, write {cell} = {program.scale:g} into the manifest."
        )
        return Shares(values, (note,))
    note = (
        f"{none}: they are weak throughout on {own}, as which they are read, or were brought to"
        f" 0 to 1 before. Write into the manifest which it is: {cell} = {program.scale:g} or"
        f" {cell} = 1."
    )
    return Shares(values / program.scale, (note,), is_open=True)


def _is_changed(raw: Cells, program: Program, seen: NDArray[np.float64]) -> str:
    """Return why intensities cannot be as the program wrote them, or the empty text."""
    finite = seen[np.isfinite(seen)]
    if program.decimals is not None and raw.has(*program.identities):
        off = np.abs(finite - np.round(finite, program.decimals)) > 1e-9
        if off.any():
            return f"some have more than the {program.decimals} decimals that {program.name} writes"
    if np.count_nonzero(finite == 1) > 1:
        return "several are exactly 1"
    return ""
