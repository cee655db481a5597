"""What every stage computes from two small sessions, as a few numbers a column.

``stage_values.json`` holds them with the version of each stage. After a stage was changed and its
version raised, renew it with: python tests/pipeline/stage_values.py

One session is of tables of OpenFace and goes through all of scoring. The other is a video of four
seconds with two faces in one picture, which the networks find and follow.
"""

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd
from skimage.data import astronaut

import attunement
from attunement.pipeline import stages
from attunement.pipeline.places import Places
from attunement.study.files import read_csv, read_parquet

HERE = Path(__file__).parent
RECORD = HERE / "stage_values.json"
COMMAND = "python tests/pipeline/stage_values.py"
TABLES = HERE.parent / "old_outputs" / "study"
# By how much a number may differ, as a share of its column's size: other versions of numpy and
# scipy change last digits, those of OpenCV (4 and 5) up to a hundredth of what a network says.
TOLERANCE = {"tables": 1e-6, "video": 2e-2}
# The faces hardly move in the video, so that the later stages would mostly see such differences.
STAGES = {"tables": ("tracks", "faces", "signals", "scoring"), "video": ("tracks", "faces")}

Values = dict[str, Any]


def compute(folder: Path) -> Values:
    """Return versions and values of all stages, from runs into `folder`."""
    studies = {"tables": _tables_study(folder / "tables"), "video": _video_study(folder / "video")}
    values: Values = {}
    for name, toml in studies.items():
        study = attunement.read_study(toml)
        out = folder / f"{name}-out"
        with ThreadPoolExecutor(1) as here:
            summary = attunement.run_study(study, out, executor=here)
        assert len(summary.failures) == 0, summary.failures.to_dict("records")
        places = Places(out).session(study.sessions[0].session)
        values[name] = {
            stage.name: {
                table.name: _columns(
                    {"parquet": read_parquet, "csv": read_csv}[table.ending](
                        places.path(table.name)
                    )
                )
                for table in stage.writes
            }
            for stage in stages.STAGES
            if stage.name in STAGES[name]
        }
    return {"versions": {stage.name: stage.version for stage in stages.STAGES}, "values": values}


def faults(recorded: Values, now: Values) -> list[str]:
    """Return what is wrong: stages that changed without their version, and a record out of date."""
    found = []
    for stage, version in now["versions"].items():
        if recorded["versions"].get(stage) != version:
            was = recorded["versions"].get(stage, "none")
            # What later stages give may differ too, and needs no version of their own.
            return [*found, f"{RECORD.name} is of version {was} of stage {stage!r}, which is now"
                            f" {version}. Renew it with: {COMMAND}"]  # fmt: skip
        differing = [
            f"{session}: {line}"
            for session, of_stages in now["values"].items()
            for line in _differing(
                recorded["values"][session].get(stage, {}),
                of_stages.get(stage, {}),
                TOLERANCE[session],
            )
        ]
        if differing:
            shown = "; ".join(differing[:6]) + ("; ..." if len(differing) > 6 else "")
            # Those after it compute from another input.
            return [*found, f"Stage {stage!r} computes something else from the same input, and its"
                            f" version is still {version} ({shown}). If that is meant, raise the"
                            " version of the stage in attunement/pipeline/stages.py, and renew the"
                            f" record with: {COMMAND}"]  # fmt: skip
    return found


def _columns(table: pd.DataFrame) -> Values:
    told = {str(name): _of_column(table[name]) for name in table}
    # One entry for all that are missing: they are many.
    empty = [name for name, column in told.items() if not column["present"]]
    full = {name: column for name, column in told.items() if column["present"]}
    return {**full, "all missing": empty} if empty else full


def _of_column(column: pd.Series) -> Values:
    present = column.dropna()
    told: Values = {"n": len(column), "present": len(present)}
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return told | _of_numbers(present.to_numpy(float), np.flatnonzero(column.notna()))
    if len(present) and not isinstance(present.iloc[0], str):
        numbers = np.concatenate([np.asarray(cell, float).ravel() for cell in present])
        known = np.flatnonzero(~np.isnan(numbers))
        return told | {"numbers": len(known)} | _of_numbers(numbers[known], known)
    counts = present.value_counts()
    if len(counts) <= 12:
        return told | {"cells": {name: int(n) for name, n in sorted(counts.items())}}
    return told | {"distinct": len(counts)}


def _of_numbers(numbers: np.ndarray, rows: np.ndarray) -> Values:
    if not len(numbers):
        return {}
    # The third changes with the order of the rows, which the others do not.
    later = numbers * (rows + 1) / (rows[-1] + 1)
    figures = {"mean": numbers.mean(), "sd": numbers.std(), "later": later.mean()}
    return {name: float(f"{value:.9g}") for name, value in figures.items()}


def _differing(before: Values, after: Values, tolerance: float) -> list[str]:
    lines = []
    for table in sorted({*before, *after}):
        old, new = before.get(table, {}), after.get(table, {})
        for column in [*new, *(name for name in old if name not in new)]:
            if not _alike(old.get(column), new.get(column), tolerance):
                lines.append(f"{table}.{column} {_short(old, column)} -> {_short(new, column)}")
    return lines


def _short(columns: Values, column: str) -> str:
    if column == "all missing":
        return ", ".join(columns.get(column, []))
    told = columns.get(column)
    if told is None:
        return "absent"
    return " ".join(f"{name} {value}" for name, value in told.items() if name != "later")


def _alike(old: object, new: object, tolerance: float) -> bool:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return old == new
    if old.keys() != new.keys():
        return False
    figures = ("mean", "sd", "later")
    if any(old[name] != new[name] for name in old if name not in figures):
        return False
    size = max((abs(old.get(name, 0.0)) for name in ("mean", "sd")), default=0.0)
    return all(abs(old[n] - new[n]) <= tolerance * size + 1e-9 for n in figures if n in old)


def _tables_study(folder: Path) -> Path:
    """Write a study of one session of two tables, one episode of which is long enough for a p."""
    folder.mkdir(parents=True)
    (folder / "sessions.csv").write_text(
        "session,layout,caregiver_table,infant_table,offset_s,episodes\n"
        f'001,two_files,"{TABLES / "caregiver.csv"}","{TABLES / "infant.csv"}",0,'
        "play=0:00-1:02; reunion=1:02-1:30\n"
    )
    (folder / "study.toml").write_text("[signals]\nsampling_hz = 5\n[scoring]\nn_surrogates = 50\n")
    return folder / "study.toml"


def _video_study(folder: Path) -> Path:
    """Write a study of one video in which two faces move, and go away for a second."""
    folder.mkdir(parents=True)
    face = np.ascontiguousarray(astronaut()[:240, 120:320])
    with av.open(str(folder / "two.mkv"), "w") as file:
        # Lossless, so that every version of every encoder gives the same pictures.
        stream = file.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 640, 320, "yuv444p"
        stream.time_base = Fraction(1, 5)
        for k in range(20):
            picture = np.full((320, 640, 3), 90, np.uint8)
            if not 8 <= k < 13:
                picture[20 + k : 260 + k, 30 + 2 * k : 230 + 2 * k] = face
            picture[60 - k : 300 - k, 400:600] = np.roll(face[:, ::-1], 2 * (k % 3), axis=0)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, 5)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    (folder / "sessions.csv").write_text(
        "session,layout,video,caregiver_roi,infant_roi\n"
        'v,one_frame,two.mkv,"20,20,240,260","390,40,220,270"\n'
    )
    (folder / "study.toml").write_text("[signals]\nsampling_hz = 5\n")
    return folder / "study.toml"


def main() -> int:
    """Renew the record, unless a stage changed without its version."""
    with tempfile.TemporaryDirectory() as folder:
        now = compute(Path(folder))
    if RECORD.exists():
        recorded = json.loads(RECORD.read_text(encoding="utf-8"))
        without = [fault for fault in faults(recorded, now) if "version is still" in fault]
        if without:
            sys.stderr.write("\n".join(without) + "\n")
            return 1
    RECORD.write_text(_text(now), encoding="utf-8")
    return 0


def _text(values: Values, depth: int = 5, indent: str = "") -> str:
    """Return JSON with one line a column, so that a change reads well."""
    if depth == 0 or not isinstance(values, dict) or not values:
        return json.dumps(values, ensure_ascii=False)
    further = indent + " "
    lines = [
        f"{further}{json.dumps(name)}: {_text(value, depth - 1, further)}"
        for name, value in values.items()
    ]
    end = "\n" if not indent else ""
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}{end}"


if __name__ == "__main__":
    sys.exit(main())
