"""Tables of other programs as faces of one partner.

A table is recognised by its columns:

==================  ==============================================  =====  =======================
program             recognised by                                   scale  time
==================  ==============================================  =====  =======================
OpenFace 2          ``confidence``, ``success``, ``AU12_r``           5    ``timestamp`` in s
Py-Feat             ``FaceScore``, ``AU12``                           1    ``frame`` / rate
LibreFace           ``au_12_intensity``                               5    ``frame_time_in_ms``
(Baby) FaceReader   ``Video Time``, ``Action Unit 12 - ...``          1    ``Video Time``
==================  ==============================================  =====  =======================

Intensities are divided by the end of the program's scale into columns ``AU01`` ... of
``schema.ACTION_UNITS``; units it does not list are left out. Py-Feat's ``approx_time`` counts
whole seconds and is not used. FaceReader's detailed log may begin with lines about the analysis;
its letters ``NotActive``, ``A`` ... ``E`` are read as 0, .2 ... 1; Baby FaceReader's joint unit
3 + 4 stands as AU04; one-sided units are left out.

Pose: OpenFace's radians are about the camera's axes (x right, y down, z away; R = Rx Ry Rz), so
its pitch and yaw change sign here. The other programs state degrees and no convention; their
signs are taken as they are, so only the size of these angles should be relied on. (Py-Feat 0.6
and before print degrees; where it also prints X, Y, Z and no angle exceeds pi they are radians.)

Status: without a face ``no_face`` (OpenFace ``success`` 0, FaceReader ``FIND_FAILED``, elsewhere
no values); ``low_quality`` where the program's own confidence is below .5 or FaceReader says
``FIT_FAILED``. Outer eye corners (68-point landmarks 36 and 45) give ``interocular_px`` where they
are in the table; otherwise it is missing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from attunement import schema
from attunement.errors import FacesError
from attunement.faces.backends.cells import Cells, read_cells
from attunement.study.sessions import Span

MIN_CONFIDENCE = 0.5
_GRADES = {"NotActive": 0.0, "A": 0.2, "B": 0.4, "C": 0.6, "D": 0.8, "E": 1.0}
_FACEREADER_UNIT = re.compile(r"^Action Unit (\d+)(?: \+ (\d+))? - (?!.*\b(?:Left|Right)\b)")


@dataclass(frozen=True)
class _Program:
    name: str
    needs: tuple[str, ...]
    scale: float
    read: Callable[[Cells], pd.DataFrame]


def read_table(
    path: Path,
    *,
    session: str,
    person: str,
    offset_s: float = 0.0,
    drift_ppm: float = 0.0,
    exclude: Sequence[Span] = (),
    rate_hz: float | None = None,
) -> pd.DataFrame:
    """Read another program's table as the faces of one partner.

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
        Frames a second of the recording; only for a table without time stamps.

    Returns
    -------
    pandas.DataFrame
        ``schema.FACES`` and a column per action unit, one row per frame. MediaPipe's measures are
        missing.

    Raises
    ------
    FacesError
        When the file cannot be read, no program is recognised (the columns looked for are
        listed), there are no time stamps and no rate, or a frame is there twice.
    """
    raw = read_cells(path, rate_hz=rate_hz)
    program = next((p for p in _PROGRAMS if all(map(_present(raw), p.needs))), None)
    if program is None:
        known = "; ".join(f"{p.name}: {', '.join(p.needs)}" for p in _PROGRAMS)
        raise FacesError(
            f"{path.name} is not a table that is known here. Looked for {known}. Found:"
            f" {', '.join(map(str, raw.cells.columns[:12]))}.",
            "Export the table from its program with these columns.",
        )
    table = program.read(raw)
    units = [name for name in schema.ACTION_UNITS if name in table]
    table[units] = table[units] / program.scale
    table["time_s"] = table["time_s"] * (1 + drift_ppm * 1e-6) + offset_s
    _check_times(path, table)
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
    return schema.conform(table.sort_values("time_s", ignore_index=True), schema.FACES)


def _openface(raw: Cells) -> pd.DataFrame:
    table = _units(raw, r"^AU(\d+)_r$")
    table["frame"] = _frames(raw, "frame", first=1)
    table["time_s"] = raw.numbers("timestamp") if raw.has("timestamp") else _by_rate(raw, table)
    table["presence"] = raw.numbers("confidence")
    if raw.has("pose_Rx", "pose_Ry", "pose_Rz"):
        table["yaw_deg"] = -np.degrees(raw.numbers("pose_Ry"))
        table["pitch_deg"] = -np.degrees(raw.numbers("pose_Rx"))
        table["roll_deg"] = np.degrees(raw.numbers("pose_Rz"))
    _add_eye_corners(raw, table)
    table["status"] = _status(raw.numbers("success") > 0, table["presence"])
    return table


def _py_feat(raw: Cells) -> pd.DataFrame:
    table = _units(raw, r"^AU(\d+)$")
    table["frame"] = _frames(raw, "frame", first=0)
    table["time_s"] = _by_rate(raw, table)
    table["presence"] = raw.numbers("FaceScore")
    table[list(schema.POSE)] = np.column_stack([raw.numbers(n) for n in ("Yaw", "Pitch", "Roll")])
    angles = table[list(schema.POSE)]
    if raw.has("X", "Y", "Z") and not (angles.abs() > np.pi).any(axis=None):
        table[list(schema.POSE)] = np.degrees(angles)
    for ours, theirs in zip(schema.BOX, ("X", "Y", "Width", "Height"), strict=True):
        table[ours] = raw.numbers(f"FaceRect{theirs}")
    _add_eye_corners(raw, table)
    table["status"] = _status(table["presence"].notna(), table["presence"])
    return table


def _libreface(raw: Cells) -> pd.DataFrame:
    table = _units(raw, r"^au_(\d+)_intensity$")
    table["frame"] = _frames(raw, "frame_idx", first=0)
    if raw.has("frame_time_in_ms"):
        table["time_s"] = raw.numbers("frame_time_in_ms") / 1000.0
    else:
        table["time_s"] = _by_rate(raw, table)
    for ours, theirs in zip(schema.POSE, ("yaw", "pitch", "roll"), strict=True):
        table[ours] = raw.numbers(theirs)
    found = table.filter(regex=r"^AU\d+$").notna().any(axis=1)
    table["status"] = np.where(found, "ok", "no_face")
    return table


def _facereader(raw: Cells) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    for name in raw.cells:
        if match := _FACEREADER_UNIT.match(str(name)):
            unit = f"AU{int(match[2] or match[1]):02d}"
            grades = raw.cells[name].str.strip().map(_GRADES).astype("float64")
            columns.setdefault(unit, raw.numbers(str(name)).fillna(grades))
    table = pd.DataFrame(columns, index=raw.cells.index)
    table["frame"] = _frames(raw, "Frame", first=0)
    table["time_s"] = _clock_s(raw, "Video Time")
    pose = {
        "yaw_deg": ("Y - Head Orientation", "Yaw"),
        "pitch_deg": ("X - Head Orientation", "Pitch"),
        "roll_deg": ("Z - Head Orientation", "Roll"),
    }
    for ours, (older, newer) in pose.items():
        table[ours] = raw.numbers(older if raw.has(older) else newer)
    said = raw.cells.apply(lambda column: column.str.strip())
    not_found = said.eq("FIND_FAILED").any(axis=1)
    no_values = table[list(columns)].isna().all(axis=1)
    doubtful = said.eq("FIT_FAILED").any(axis=1)
    table["status"] = np.select(
        [not_found, doubtful, no_values], ["no_face", "low_quality", "no_face"], "ok"
    )
    return table


_PROGRAMS = (
    _Program("OpenFace", ("confidence", "success", "AU12_r"), 5.0, _openface),
    _Program("Py-Feat", ("FaceScore", "AU12"), 1.0, _py_feat),
    _Program("LibreFace", ("au_12_intensity",), 5.0, _libreface),
    _Program("FaceReader", ("Video Time", "Action Unit 12 - ..."), 1.0, _facereader),
)


def _present(raw: Cells) -> Callable[[str], bool]:
    def is_there(name: str) -> bool:
        if name.endswith("..."):
            return any(str(column).startswith(name[:-3]) for column in raw.cells)
        return name in raw.cells

    return is_there


def _units(raw: Cells, pattern: str) -> pd.DataFrame:
    found = {str(name): re.match(pattern, str(name)) for name in raw.cells}
    columns = {
        f"AU{int(match[1]):02d}": raw.numbers(name) for name, match in found.items() if match
    }
    known = {name: values for name, values in columns.items() if name in schema.ACTION_UNITS}
    return pd.DataFrame(known, index=raw.cells.index)


def _frames(raw: Cells, name: str, *, first: int) -> pd.Series:
    rows = pd.Series(np.arange(len(raw.cells)), index=raw.cells.index, dtype="float64")
    frames = (raw.numbers(name) - first) if raw.has(name) else rows
    return frames.fillna(rows).round().astype("int64")


def _by_rate(raw: Cells, table: pd.DataFrame) -> pd.Series:
    if raw.rate_hz is None:
        raise FacesError(
            f"{raw.path.name} has frame numbers and no time stamps.",
            "Set frame_rate_hz under [faces] to the frame rate of the recording.",
        )
    return table["frame"] / raw.rate_hz


def _clock_s(raw: Cells, name: str) -> pd.Series:
    """Return seconds of a column of [[h:]mm:]ss with a fraction after a point or a comma."""
    seconds = pd.Series(0.0, index=raw.cells.index)
    parts = raw.cells[name].str.strip().str.replace(",", ".", regex=False).str.split(":")
    for k in range(int(parts.str.len().max())):
        value = pd.to_numeric(parts.str[-1 - k], errors="coerce")
        seconds += value.where(parts.str.len() > k, 0.0) * 60.0**k
    return seconds


def _status(found: pd.Series, confidence: pd.Series) -> np.ndarray:
    return np.select(
        [~found, confidence < MIN_CONFIDENCE], ["no_face", "low_quality"], default="ok"
    )


def _add_eye_corners(raw: Cells, table: pd.DataFrame) -> None:
    across = raw.numbers("x_36") - raw.numbers("x_45")
    table["interocular_px"] = np.hypot(across, raw.numbers("y_36") - raw.numbers("y_45"))


def _check_times(path: Path, table: pd.DataFrame) -> None:
    if table["time_s"].isna().any():
        row = int(np.flatnonzero(table["time_s"].isna())[0]) + 1
        raise FacesError(f"{path.name} has no time in its row {row}.", "Export the table again.")
    twice = table["time_s"].duplicated()
    if twice.any():
        time_s = float(table.loc[twice, "time_s"].iloc[0])
        raise FacesError(
            f"{path.name} has several rows for {time_s:.3f} s, as when it holds several faces.",
            "Give a table of this partner's face only.",
        )
