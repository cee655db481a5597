"""A study from painted videos to tables: complete, resumable, the same for any worker count."""

import json
from pathlib import Path

import pandas as pd
import pytest

import attunement
from attunement import schema
from attunement.errors import ConfigError, OutputError
from attunement.pipeline import Progress
from attunement.pipeline.lock import hold


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of every file of an output folder."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_a_study_becomes_its_tables(make_study, tmp_path):
    path = make_study(extra={"dyad": "d1", "family": "f1", "sensitivity": "4"})
    study = attunement.read_study(path)
    told: list[Progress] = []
    summary = attunement.run_study(study, tmp_path / "out", workers=2, progress=told.append)

    assert len(summary.failures) == 0
    assert list(summary.scores.columns[: len(schema.SCORES)]) == list(schema.SCORES)
    assert summary.scores["session"].tolist() == ["a", "b"]
    assert summary.scores["dyad"].tolist() == ["d1", "d1"]
    assert summary.scores["family"].tolist() == ["f1", "f1"]
    assert summary.scores["sensitivity"].tolist() == [4.0, 4.0]
    assert summary.scores["mirroring_lag_s"].tolist() == pytest.approx([0.6, 0.6], abs=0.051)
    assert (summary.scores["mirroring_p"] <= 0.05).all()

    out = tmp_path / "out"
    for name in (
        "scores.csv", "scores_by_episode.csv", "windows.parquet", "events.parquet",
        "failures.csv", "study.json",
    ):  # fmt: skip
        assert (out / name).is_file(), name
    for name in ("faces", "signals", "windows", "events"):
        assert (out / "sessions" / "a" / f"{name}.parquet").is_file()
    assert not list(out.rglob(".parts")), "spans are cleared away once the faces are whole"

    faces = pd.read_parquet(out / "sessions" / "a" / "faces.parquet")
    assert list(faces.columns[: len(schema.FACES)]) == list(schema.FACES)
    assert (faces["status"] == "ok").all()
    windows = pd.read_parquet(out / "windows.parquet")
    assert list(windows.columns[: len(schema.WINDOWS)]) == list(schema.WINDOWS)
    pd.testing.assert_frame_equal(
        pd.read_csv(out / "scores.csv", dtype={"session": str, "dyad": str, "family": str})[
            ["session", "mirroring", "mirroring_p"]
        ],
        summary.scores[["session", "mirroring", "mirroring_p"]],
        check_dtype=False,
        rtol=1e-15,
    )

    assert told[-1].sessions_done == 2
    assert told[-1].recorded_done_s == pytest.approx(told[-1].recorded_total_s)
    done = [update.recorded_done_s for update in told]
    assert done == sorted(done)


def test_the_bytes_do_not_depend_on_the_workers(make_study, tmp_path):
    study = attunement.read_study(make_study())
    attunement.run_study(study, tmp_path / "one", workers=1)
    attunement.run_study(study, tmp_path / "three", workers=3)
    one, three = contents(tmp_path / "one"), contents(tmp_path / "three")
    assert one.keys() == three.keys()
    assert [name for name in one if one[name] != three[name]] == []


def test_a_second_run_computes_nothing_and_changes_nothing(make_study, tmp_path):
    study = attunement.read_study(make_study())
    attunement.run_study(study, tmp_path / "out")
    before = contents(tmp_path / "out")
    faces = tmp_path / "out" / "sessions" / "a" / "faces.parquet"
    written_ns = faces.stat().st_mtime_ns
    summary = attunement.run_study(study, tmp_path / "out")
    assert summary.computed == {"spans": 0, "sessions": 0}
    assert faces.stat().st_mtime_ns == written_ns
    assert contents(tmp_path / "out") == before
    assert len(summary.scores) == 2


@pytest.mark.parametrize(
    ("toml", "again"),
    [
        ("[scoring]\nwindow_s = 4\n", {"windows"}),
        ("[signals]\nmax_gap_s = 0.2\n", {"signals", "windows"}),
        ('[execution]\nworkers = 2\n[association]\nkey = "dyad"\n', set()),
    ],
)
def test_a_changed_setting_recomputes_its_stage_and_what_follows(make_study, tmp_path, toml, again):
    out = tmp_path / "out"
    attunement.run_study(attunement.read_study(make_study(("a",))), out)
    folder = out / "sessions" / "a"
    before = {
        name: (folder / f"{name}.parquet").stat().st_mtime_ns
        for name in ("faces", "signals", "windows")
    }
    summary = attunement.run_study(attunement.read_study(make_study(("a",), toml=toml)), out)
    assert summary.computed["spans"] == 0
    written = {
        name for name in before if (folder / f"{name}.parquet").stat().st_mtime_ns != before[name]
    }
    assert written == again


def test_a_changed_face_setting_extracts_again(make_study, tmp_path):
    out = tmp_path / "out"
    attunement.run_study(attunement.read_study(make_study(("a",))), out)
    path = make_study(("a",), toml="frame_rate_hz = 5\n")
    summary = attunement.run_study(attunement.read_study(path), out)
    assert summary.computed["spans"] > 0
    faces = pd.read_parquet(out / "sessions" / "a" / "faces.parquet")
    assert len(faces) == 2 * 70 * 5


def test_one_bad_session_never_stops_the_others(make_study, tmp_path, painted):
    path = make_study(("a", "bad", "c"))
    text = tmp_path / "text.mp4"
    text.write_text("this is no video")
    manifest = path.parent / "sessions.csv"
    lines = manifest.read_text().splitlines()
    lines[2] = f"bad,two_files,{text},{painted['infant']}"
    manifest.write_text("\n".join(lines) + "\n")
    summary = attunement.run_study(attunement.read_study(path), tmp_path / "out", workers=2)
    assert summary.scores["session"].tolist() == ["a", "c"]
    assert summary.failures["session"].tolist() == ["bad"]
    failure = summary.failures.iloc[0]
    assert failure["stage"] == "video"
    assert "text.mp4" in failure["reason"]
    assert "\n" not in failure["reason"]

    lines[2] = lines[1].replace("a,", "bad,", 1)
    manifest.write_text("\n".join(lines) + "\n")
    summary = attunement.run_study(attunement.read_study(path), tmp_path / "out")
    assert summary.computed["sessions"] == 1, "only the session that failed is tried again"
    assert summary.scores["session"].tolist() == ["a", "bad", "c"]
    assert len(summary.failures) == 0


def test_spans_of_an_interrupted_run_are_not_computed_twice(make_study, tmp_path):
    study = attunement.read_study(make_study(("a",)))
    out = tmp_path / "out"
    spans_done = 0

    def stop_after_two(update: Progress) -> None:
        nonlocal spans_done
        spans_done += update.step.endswith("faces")
        if spans_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attunement.run_study(study, out, progress=stop_after_two)
    parts = list(out.rglob(".parts/*/*.parquet"))
    assert len(parts) >= 2
    stamps = {part: part.stat().st_mtime_ns for part in parts}

    seen: dict[Path, int] = {}

    def look(update: Progress) -> None:
        if update.step.endswith(": opened"):
            seen.update({part: part.stat().st_mtime_ns for part in parts if part.exists()})

    attunement.run_study(study, out, progress=look)
    assert seen == stamps
    attunement.run_study(study, tmp_path / "undisturbed")
    assert contents(out) == contents(tmp_path / "undisturbed")


def test_provenance_tells_inputs_and_no_place_or_time(make_study, tmp_path, painted):
    attunement.run_study(attunement.read_study(make_study(("a",))), tmp_path / "out")
    text = (tmp_path / "out" / "sessions" / "a" / "provenance.json").read_text()
    told = json.loads(text)
    assert set(told["keys"]) == {"faces", "signals", "scoring"}
    assert told["versions"]["attunement"] == attunement.__version__
    assert told["seed"] == 0
    for name in (str(painted["infant"].parent), str(tmp_path)):
        assert name not in text
        assert name not in (tmp_path / "out" / "study.json").read_text()


def test_a_second_run_at_once_is_refused(make_study, tmp_path):
    study = attunement.read_study(make_study(("a",)))
    with hold(tmp_path / "out"):
        probe = "import sys, attunement; from pathlib import Path; "
        probe += "attunement.run_study(attunement.read_study(sys.argv[1]), sys.argv[2])"
        import subprocess
        import sys

        done = subprocess.run(
            [sys.executable, "-c", probe, str(study.path), str(tmp_path / "out")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    assert "Another run is writing to" in done.stderr


def test_an_output_folder_that_is_a_file_is_refused(make_study, tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written to"):
        attunement.run_study(attunement.read_study(make_study(("a",))), tmp_path / "out")


def test_a_scheduler_is_refused_until_there_is_one(make_study, tmp_path):
    path = make_study(("a",), toml='[execution]\nscheduler = "tcp://127.0.0.1:8786"\n')
    with pytest.raises(ConfigError, match="scheduler"):
        attunement.run_study(attunement.read_study(path), tmp_path / "out")


def test_the_five_calls_give_what_the_run_wrote(make_study, tmp_path):
    study = attunement.read_study(make_study(("a",)))
    session = study.sessions[0]
    faces = attunement.extract_faces(session)
    signals = attunement.compute_signals(faces, session)
    windows = attunement.score_windows(signals, study.config)
    attunement.run_study(study, tmp_path / "out")
    folder = tmp_path / "out" / "sessions" / "a"
    for name, table in {"faces": faces, "signals": signals, "windows": windows}.items():
        written = pd.read_parquet(folder / f"{name}.parquet")
        pd.testing.assert_frame_equal(written, table, check_dtype=False, check_exact=True)
