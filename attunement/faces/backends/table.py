"""Tables of other programs as faces of one partner.

A table is recognised by its columns (`attunement.faces.programs`; each program's file says how its
scale, times, angles and failures are read). Intensities are divided by the end of the program's
scale into columns ``AU01`` ... of ``schema.ACTION_UNITS``; units it does not list are left out.

Status: without a face ``no_face``; ``low_quality`` where the program's own confidence is below .5
or it says so itself. Outer eye corners (68-point landmarks 36 and 45) give ``interocular_px`` where
they are in the table; otherwise it is missing.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from attunement import schema
from attunement.errors import FacesError
from attunement.faces.backends.cells import Cells, read_cells
from attunement.faces.backends.identities import rows_of_one
from attunement.faces.backends.intensities import refuse_text, to_shares
from attunement.faces.backends.lacking import lacking_sentences
from attunement.faces.backends.table_clock import TableClock
from attunement.faces.backends.tell_clock import tell_clock
from attunement.faces.programs import PROGRAMS
from attunement.faces.programs.program import Program
from attunement.faces.programs.strangers import refuse_stranger
from attunement.study.sessions import Span

# What reads tables of other programs; a higher one reads anew those that were read before.
READER_VERSION = 5


def read_table_and_clock(
    path: Path,
    *,
    session: str,
    person: str,
    offset_s: float = 0.0,
    drift_ppm: float = 0.0,
    exclude: Sequence[Span] = (),
    rate_hz: float | None = None,
    table_id: str = "",
    table_scale: float | None = None,
) -> tuple[pd.DataFrame, TableClock]:
    """Read another program's table as the faces of one partner, and where its times come from.

    Parameters
    ----------
    path : Path
        Comma, semicolon or tab between columns; decimal points, or commas where columns are
        divided by something else.
    session, person : str
        Ids that every row carries.
    offset_s : float
        Added to the table's times.
    drift_ppm : float
        By how much its clock is slower: times * (1 + `drift_ppm` * 1e-6) + `offset_s`.
    exclude : sequence of Span
        Session time that is not analysed.
    rate_hz : float, optional
        Frames a second of the recording, for a table without times or with times that cannot be
        used.
    table_id : str
        Which of the table's identities are this person's, several joined by ``|``, or ``all``
        (`attunement.faces.backends.identities`).
    table_scale : float, optional
        End of the scale of its intensities, where that is not the program's.

    Returns
    -------
    tuple of (pandas.DataFrame, TableClock)
        ``schema.FACES`` and a column per action unit, one row per frame, in the order of time;
        MediaPipe's measures are missing. And how its times were told
        (`attunement.faces.backends.tell_clock`).

    Raises
    ------
    FacesError
        When the file cannot be read, no program is recognised (the columns looked for are
        listed), its times are impossible or contradict each other, there are none and no rate, a
        frame is there twice, or several people may be in it and none is chosen.
    """
    raw = replace(read_cells(path, rate_hz=rate_hz), scale=table_scale)
    program = next((p for p in PROGRAMS if p.wrote(raw)), None)
    if program is None:
        refuse_stranger(raw)
        known = "; ".join(f"{p.name}: {', '.join(p.needs)}" for p in PROGRAMS)
        raise FacesError(
            f"{path.name} is not a table that is known here. Looked for {known}. Found:"
            f" {', '.join(map(str, raw.cells.columns[:12]))}.",
            "Export the table from its program with these columns.",
        )
    refuse_text(raw, program)
    if program.expand is not None:
        raw = program.expand(raw)
    table = program.read(raw)
    has_face = table["status"].isin(["ok", "low_quality"]).to_numpy(bool)
    rows = rows_of_one(raw, program.identities, has_face, person=person, wanted=table_id)
    table = table.iloc[rows.kept].reset_index(drop=True)
    table["status"] = table["status"].where(rows.is_theirs, "no_face")
    units = [name for name in (*schema.ACTION_UNITS, *schema.AFFECT) if name in table]
    has_face = table["status"].eq("ok").to_numpy(bool)
    shares = to_shares(raw, program, table[units], has_face, person=person)
    table[units] = shares.table
    # Where no face was found, empty columns say nothing of what the program was asked for.
    seen = table[has_face] if has_face.any() else table.fillna(0)
    there = [name for name in (*units, *schema.POSE) if name in seen and seen[name].notna().any()]
    notes = program.notes(raw) if program.notes is not None else lacking_sentences(there)
    raw = raw.only(rows.kept)
    numbers = table["frame"].to_numpy("int64")
    table["time_s"], clock = tell_clock(raw, program, numbers, person=person)
    clock = replace(clock, value_notes=(*notes, *shares.notes), is_open=shares.is_open)
    _check_times(raw, program, table, person)
    table["time_s"] = table["time_s"] * (1 + drift_ppm * 1e-6) + offset_s
    away = np.zeros(len(table), bool)
    for span in exclude:
        away |= ((table["time_s"] >= span.start_s) & (table["time_s"] < span.end_s)).to_numpy()
    table["status"] = table["status"].where(~away, "excluded")
    table[units] = table[units].where(table["status"] == "ok")
    seen = table["status"].isin(["ok", "low_quality"])
    places = ["presence", "interocular_px", *schema.BOX, *schema.POSE]
    places = [name for name in places if name in table]
    table[places] = table[places].where(seen)
    table = table.assign(
        session=session,
        person=person,
        role_confidence=1.0,
        track=np.where(seen, schema.PERSONS.index(person), -1),
    )
    table = schema.conform(table.sort_values("time_s", ignore_index=True), schema.FACES)
    return table, clock


def _check_times(raw: Cells, program: Program, table: pd.DataFrame, person: str) -> None:
    twice = table["time_s"].duplicated().to_numpy()
    if twice.any():
        time_s = float(table.loc[twice, "time_s"].iloc[0])
        why = "" if raw.has(program.frame) else ", or its times were rounded"
        raise FacesError(
            f"{raw.path.name} has several rows for {time_s:.3f} s, as when it holds several"
            f" faces{why}.",
            "Give a table of this partner's face only"
            + (
                f", or one with {' or '.join(program.identities)}, of which {person}_table_id"
                " chooses."
                if program.identities
                else "."
            ),
        )
