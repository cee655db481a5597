"""A study from painted videos to tables: complete, resumable, the same for any worker count."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import attunement
from attunement import schema
from attunement.pipeline import Progress
from attunement.scoring.columns import columns


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of every file of an output folder but the log, which tells times."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "log.jsonl"
    }


def test_a_study_becomes_its_tables(make_study, tmp_path, here):
    path = make_study(("a",), extra={"dyad": "d1", "family": "f1", "sensitivity": "4"})
    study = attunement.read_study(path)
    told: list[Progress] = []
    summary = attunement.run_study(study, tmp_path / "out", progress=told.append, executor=here)

    assert len(summary.failures) == 0
    declared = columns()
    names = [column.name for column in declared["scores"]]
    assert list(summary.scores.columns) == [*names, "family", "sensitivity"]
    assert summary.scores["session"].tolist() == ["a"]
    assert summary.scores["dyad"].tolist() == ["d1"]
    assert summary.scores["family"].tolist() == ["f1"]
    assert summary.scores["sensitivity"].tolist() == [4.0]
    assert summary.scores["mirroring_lag_s"].tolist() == pytest.approx([0.6], abs=0.051)
    assert (summary.scores["mirroring_p"] <= 0.05).all()

    out = tmp_path / "out"
    for name in (
        "scores.csv", "scores_by_episode.csv", "windows.parquet", "events.parquet",
        "states.parquet", "contingency_by_family.csv",
        "failures.csv", "reliability.csv", "columns.csv", "study.json", "log.jsonl",
    ):  # fmt: skip
        assert (out / name).is_file(), name
    for name in ("faces", "signals", "windows", "events", "states", "contingency", "halves"):
        assert (out / "sessions" / "a" / f"{name}.parquet").is_file()
    assert not list(out.rglob(".parts")), "spans are cleared away once the faces are whole"

    reliability = pd.read_csv(out / "reliability.csv")
    assert reliability["estimate"].isna().all()
    lasting = reliability["term"] == "stability"
    few = "at least 10 sessions of 5 families are needed"
    assert reliability.loc[~lasting, "reason"].str.contains(few).all()
    assert set(reliability.loc[lasting, "reason"]) == {"no dyad has several sessions"}
    assert "not for ranking" in json.loads((out / "study.json").read_text())["about_the_scores"]

    faces = pd.read_parquet(out / "sessions" / "a" / "faces.parquet")
    assert list(faces.columns[: len(schema.FACES)]) == list(schema.FACES)
    assert (faces["status"] == "ok").all()
    states = pd.read_parquet(out / "states.parquet")
    assert list(states.columns) == list(schema.STATES)
    assert len(states) == 70
    by_family = pd.read_csv(out / "contingency_by_family.csv", dtype={"family": str})
    assert by_family["family"].tolist() == ["f1"]
    windows = pd.read_parquet(out / "windows.parquet")
    assert list(windows.columns) == [column.name for column in declared["windows"]]
    dictionary = pd.read_csv(out / "columns.csv")
    for path in out.rglob("*"):
        table = path.name.partition(".")[0]
        if path.suffix in (".csv", ".parquet") and table != "columns":
            written = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
            said = set(dictionary.loc[dictionary["table"] == table, "column"])
            assert set(written.columns) <= said, path
    pd.testing.assert_frame_equal(
        pd.read_csv(out / "scores.csv", dtype={"session": str, "dyad": str, "family": str})[
            ["session", "mirroring", "mirroring_p"]
        ],
        summary.scores[["session", "mirroring", "mirroring_p"]],
        check_dtype=False,
        rtol=1e-15,
    )

    assert told[-1].sessions_done == 1
    assert told[-1].recorded_done_s == pytest.approx(told[-1].recorded_total_s)
    assert told[-1].recorded_total_s == pytest.approx(2 * 70)
    assert told[-1].frames_done == 2 * 700
    assert told[-1].left_s == 0
    done = [update.recorded_done_s for update in told]
    assert done == sorted(done)

    five_calls = attunement.extract_faces(study.sessions[0])
    signals = attunement.compute_signals(five_calls, study.sessions[0])
    scored = attunement.score_windows(signals, study.config)
    for name, table in {"faces": five_calls, "signals": signals, "windows": scored}.items():
        written = pd.read_parquet(out / "sessions" / "a" / f"{name}.parquet")
        pd.testing.assert_frame_equal(written, table, check_dtype=False, check_exact=True)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 8])
def test_the_bytes_do_not_depend_on_the_workers(make_sparse, tmp_path, finished, workers):
    study = attunement.read_study(make_sparse(("a", "b")))
    attunement.run_study(study, tmp_path / "out", workers=workers)
    several, one = contents(tmp_path / "out"), contents(finished.out)
    assert several.keys() - one.keys() == {".workers"} - one.keys()
    assert [name for name in one if one[name] != several[name]] == []


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_who_takes_up_what_was_stopped(make_sparse, tmp_path, finished):
    study = attunement.read_study(make_sparse(("a", "b")))
    told = []

    def stop(update: Progress) -> None:
        told.append(update.step)
        if len([step for step in told if step.endswith("faces")]) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attunement.run_study(study, tmp_path / "out", workers=8, progress=stop)
    assert list((tmp_path / "out").rglob(".parts")), "nothing was left half done"
    attunement.run_study(study, tmp_path / "out", workers=1)
    several, one = contents(tmp_path / "out"), contents(finished.out)
    assert [name for name in one if one[name] != several[name]] == []


def test_a_run_in_a_worker_process_gives_the_bytes_of_one_in_this(make_sparse, tmp_path, finished):
    attunement.run_study(attunement.read_study(make_sparse(("a", "b"))), tmp_path / "out")
    there, here = contents(tmp_path / "out"), contents(finished.out)
    assert there.keys() - here.keys() == {".workers"} - here.keys()
    assert [name for name in here if here[name] != there[name]] == []


def test_a_second_run_computes_nothing_and_starts_no_worker(
    make_sparse, tmp_path, finished, monkeypatch
):
    def no_pool(*arguments, **options):
        raise AssertionError("a worker process is started where there is nothing to do")

    monkeypatch.setattr("attunement.pipeline.work.open_pool", no_pool)
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    before = contents(out)
    faces = out / "sessions" / "a" / "faces.parquet"
    written_ns = faces.stat().st_mtime_ns
    summary = attunement.run_study(attunement.read_study(make_sparse(("a", "b"))), out)
    assert summary.computed == {"spans": 0, "sessions": 0}
    assert faces.stat().st_mtime_ns == written_ns
    assert contents(out) == before
    pd.testing.assert_frame_equal(summary.scores, finished.scores)


@pytest.mark.parametrize(
    ("toml", "again"),
    [
        ("[signals]\nsampling_hz = 2\nmax_gap_s = 0.6\n[scoring]\nwindow_s = 4\n", {"windows"}),
        ("[signals]\nsampling_hz = 2\n[scoring]\nn_surrogates = 50\n", {"signals", "windows"}),
        (
            "[signals]\nsampling_hz = 2\nmax_gap_s = 0.6\n[scoring]\nn_surrogates = 50\n"
            '[execution]\nworkers = 2\n[association]\nkey = "dyad"\n',
            set(),
        ),
    ],
)
def test_a_changed_setting_recomputes_its_stage_and_what_follows(
    make_sparse, tmp_path, finished, here, toml, again
):
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    folder = out / "sessions" / "a"
    before = {
        name: (folder / f"{name}.parquet").stat().st_mtime_ns
        for name in ("faces", "signals", "windows")
    }
    study = attunement.read_study(make_sparse(("a",), toml=toml))
    summary = attunement.run_study(study, out, executor=here)
    assert summary.computed["spans"] == 0
    written = {
        name for name in before if (folder / f"{name}.parquet").stat().st_mtime_ns != before[name]
    }
    assert written == again


def test_a_changed_face_setting_extracts_again(make_sparse, tmp_path, finished, here):
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    path = make_sparse(("a",), toml="frame_rate_hz = 1\n")
    summary = attunement.run_study(attunement.read_study(path), out, executor=here)
    assert summary.computed["spans"] == 6
    faces = pd.read_parquet(out / "sessions" / "a" / "faces.parquet")
    assert len(faces) == 2 * 70


def test_a_changed_dyad_reaches_the_scores(make_sparse, tmp_path, finished, here):
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    study = attunement.read_study(make_sparse(("a", "b"), extra={"dyad": "d9"}))
    summary = attunement.run_study(study, out, executor=here)
    assert summary.computed["spans"] == 0
    assert summary.scores["dyad"].tolist() == ["d9", "d9"]


def test_one_bad_session_never_stops_the_others(make_sparse, tmp_path, sparse, here):
    path = make_sparse(("a", "bad", "c"))
    text = tmp_path / "text.mp4"
    text.write_text("this is no video")
    manifest = path.parent / "sessions.csv"
    lines = manifest.read_text().splitlines()
    lines[2] = f"bad,two_files,{text},{sparse['infant']}"
    manifest.write_text("\n".join(lines) + "\n")
    out = tmp_path / "out"
    told: list[Progress] = []
    study = attunement.read_study(path)
    summary = attunement.run_study(study, out, executor=here, progress=told.append)
    assert summary.scores["session"].tolist() == ["a", "c"]
    assert summary.failures["session"].tolist() == ["bad"]
    failure = summary.failures.iloc[0]
    assert failure["stage"] == "video"
    assert "text.mp4" in failure["reason"]
    assert "\n" not in failure["reason"]
    assert told[-1].sessions_failed == 1

    lines[2] = lines[1].replace("a,", "bad,", 1)
    manifest.write_text("\n".join(lines) + "\n")
    summary = attunement.run_study(attunement.read_study(path), out, executor=here)
    assert summary.computed["sessions"] == 1, "only the session that failed is tried again"
    assert summary.scores["session"].tolist() == ["a", "bad", "c"]
    assert len(summary.failures) == 0


def test_provenance_tells_inputs_and_no_place_or_time(finished, sparse):
    text = (finished.out / "sessions" / "a" / "provenance.json").read_text()
    told = json.loads(text)
    assert set(told["keys"]) == {"tracks", "faces", "signals", "scoring"}
    assert told["versions"]["attunement"] == attunement.__version__
    assert told["seed"] == 0
    assert set(told["recordings"]) == {"caregiver", "infant"}
    of_infant = told["recordings"]["infant"]
    assert (of_infant["picture_track"], of_infant["n_picture_tracks"]) == (1, 1)
    assert of_infant["sizes"] == [[0.0, of_infant["width_px"], of_infant["height_px"]]]
    log = (finished.out / "log.jsonl").read_text()
    for name in (str(sparse["infant"].parent), str(finished.out.parent)):
        assert name not in text
        assert name not in log
        assert name not in (finished.out / "study.json").read_text()
