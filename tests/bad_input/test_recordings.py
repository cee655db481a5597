"""One study of many bad sessions and a good one, run once from the command line.

Files that are missing or empty are among them: each costs its own session.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import attunement.study
from attunement.checking import examine_study
from attunement.cli import main

N_FRAMES = 100  # 20 s
TWO = {"layout": "two_files", "caregiver_video": "good_c.mp4", "infant_video": "good_i.mp4"}
ODD = "Äußere Aufnahmen 👶/" + "/".join(f"{k} {'x' * 96}" for k in range(4))


@dataclass(frozen=True)
class Bad:
    """A session that must fail: its cells, the stage, and what the sentence must hold."""

    cells: dict[str, str]
    stage: str
    found: str
    advice: str


def _two(**cells: str) -> dict[str, str]:
    return {**TWO, **cells}


BAD = {
    "gone": Bad(_two(infant_video="gone.mp4"), "video", "gone.mp4 is not there", "the name"),
    "unplugged": Bad(_two(infant_video="usb/1.mp4"), "video", "usb/1.mp4 is not there", "disk"),
    "chapter": Bad(
        _two(infant_video="good_i.mp4|2.mp4"), "video", "2.mp4 is not there", "the name"
    ),
    "no_table": Bad(
        {"layout": "two_files", "caregiver_video": "good_c.mp4", "infant_table": "faces.csv"},
        "video", "faces.csv is not there", "the name",
    ),
    "folder": Bad(
        _two(infant_video="folder.mp4"), "video", "folder.mp4 is a folder", "Name the file"
    ),
    "zero_bytes": Bad(_two(infant_video="zero.mp4"), "video", "zero.mp4 is empty", "Copy"),
    "text": Bad(_two(infant_video="text.mp4"), "video", "text.mp4 is not a video", "MP4"),
    "cut_mp4": Bad(_two(infant_video="cut.mp4"), "video", "cut.mp4 is an MP4", "Copy it again"),
    "sound": Bad(_two(infant_video="sound.mp4"), "video", "sound.mp4 has sound only", "pictures"),
    "link_loop": Bad(_two(infant_video="loop.mp4"), "video", "leads to no file", "Name the file"),
    "glued": Bad(_two(infant_video="glued.ts"), "video", "glued.ts start over", "chapters"),
    "codecs": Bad(
        _two(infant_video="good_i.mp4|old.avi"), "video", "old.avi is coded as mpeg4", "Chapters"
    ),
    "roi_outside": Bad(
        _two(infant_roi="50 0 50 50"), "video", "infant_roi is 50,0,50,50", "inside the picture"
    ),
    "no_overlap": Bad(_two(offset_s="500"), "video", "column offset_s: found 500", "offset"),
    "past_end": Bad(
        _two(episodes="play=0:05-9:00"), "video", "ends after the recording",
        "lasts 0:00:20. Correct the times",
    ),
    "excel_times": Bad(
        _two(episodes="play=00:10:00-00:20:00"), "video", "0:10:00-0:20:00", "0:00:10-0:00:20"
    ),
    "table_columns": Bad(
        {"layout": "two_files", "caregiver_video": "good_c.mp4", "infant_table": "columns.csv"},
        "faces", "columns.csv is not a table that is known", "Export",
    ),
    "table_clock": Bad(
        {"layout": "two_files", "caregiver_video": "good_c.mp4", "infant_table": "clock.csv"},
        "faces", "clock.csv has frame numbers and no time stamps", "infant_rate_hz",
    ),
    "table_shifted": Bad(
        {"layout": "two_files", "caregiver_video": "good_c.mp4", "infant_table": "shifted.csv"},
        "faces", "shifted.csv, row 2: found 22 cells", "semicolons",
    ),
}  # fmt: skip

# Sessions that can be read: what there is is scored, and what cannot be scored says why.
READ = {
    "good": TWO,
    "cut_ts": _two(infant_video="cut.ts"),
    "one_frame": _two(infant_video="one.mp4"),
    "black": {
        "layout": "two_files", "caregiver_video": "black.mp4", "infant_table": "rate.csv",
    },
    "one_side": {"layout": "side_by_side", "video": "one_side.mp4", "caregiver_side": "left"},
    "no_face": _two(infant_video="no_face.mp4"),
    "jump": _two(infant_video="jump.mp4"),
    "backwards": _two(infant_video="backwards.ts"),
    "sizes": _two(infant_video="good_i.mp4|wide.mp4"),
    "unlike": _two(infant_video="unlike.mp4"),
    "short_caregiver": _two(caregiver_video="unlike.mp4", offset_s="-11"),
    "odd_path": _two(infant_video=f"{ODD}/film.mp4"),
    "table_rate": {
        "layout": "two_files", "caregiver_video": "good_c.mp4", "infant_table": "rate.csv",
    },
    "table_semicolons": {
        "layout": "two_files", "caregiver_video": "good_c.mp4", "infant_table": "semicolons.csv",
    },
    "table_quoted": {
        "layout": "two_files", "caregiver_video": "good_c.mp4", "infant_table": "quoted.csv",
    },
}  # fmt: skip
WITHOUT_FACE = {
    "one_frame": "infant", "black": "caregiver", "one_side": "infant", "no_face": "infant",
}  # fmt: skip


def _write_inputs(folder: Path, make: SimpleNamespace) -> None:
    good = make.film(folder / "good_i.mp4", N_FRAMES, seed=1)
    make.film(folder / "good_c.mp4", N_FRAMES, seed=1)
    (folder / "folder.mp4").mkdir()
    (folder / "zero.mp4").touch()
    (folder / "loop2.mp4").symlink_to("loop.mp4")
    (folder / "loop.mp4").symlink_to("loop2.mp4")
    (folder / "text.mp4").write_text("session,layout\n001,two_files\n" * 50)
    whole = good.read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    make.sound(folder / "sound.mp4")
    stream = make.film(folder / "whole.ts", N_FRAMES).read_bytes()
    (folder / "cut.ts").write_bytes(stream[: len(stream) // 2])
    (folder / "glued.ts").write_bytes(2 * stream)
    tail = make.film(folder / "tail.ts", 8).read_bytes()
    (folder / "backwards.ts").write_bytes(stream + tail)
    make.film(folder / "wide.mp4", 80, size=(192, 96))
    make.film(folder / "old.avi", 20, codec="mpeg4")
    make.film(folder / "one.mp4", 1)
    make.film(folder / "black.mp4", 10_000, size=(64, 64), patches=(), rate_hz=50)
    make.film(folder / "one_side.mp4", N_FRAMES, size=(192, 96))
    make.film(folder / "no_face.mp4", N_FRAMES, patches=())
    make.film(folder / "jump.mp4", N_FRAMES, pts=lambda k: k + 30 * (k >= 50))
    make.film(folder / "unlike.mp4", 80, rate_hz=8)  # 10 s where the others have 20
    make.film(folder / ODD / "film.mp4", N_FRAMES)
    make.openface(folder / "columns.csv", N_FRAMES, without="success")
    make.openface(folder / "clock.csv", N_FRAMES, without="timestamp")
    make.openface(folder / "rate.csv", 400, rate_hz=30)
    make.openface(folder / "semicolons.csv", N_FRAMES, separator=";", decimal=",")
    quoted = make.openface(folder / "quoted.csv", N_FRAMES, decimal=",")
    (folder / "shifted.csv").write_text(quoted.read_text().replace('"', ""))


@pytest.fixture(scope="module")
def run(tmp_path_factory, make):
    """Exit code, what was printed, and the tables of the one run."""
    folder = tmp_path_factory.mktemp("bad")
    _write_inputs(folder, make)
    rows = {name: bad.cells for name, bad in BAD.items()} | READ
    table = pd.DataFrame([{"session": name, **cells} for name, cells in rows.items()])
    table.to_csv(folder / "sessions.csv", index=False)
    (folder / "study.toml").write_text(
        '[faces]\nbackend = "fake"\n[signals]\nmin_interocular_px = 10\n'
    )
    out = folder / "out"
    printed = {name: folder / f"{name}.txt" for name in ("stdout", "stderr")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["attunement", "run", str(folder), "--out", str(out)])
        with printed["stdout"].open("w") as told, printed["stderr"].open("w") as warned:
            patch.setattr(sys, "stdout", told)
            patch.setattr(sys, "stderr", warned)
            with pytest.raises(SystemExit) as stopped:
                main()
    return SimpleNamespace(
        code=stopped.value.code,
        stdout=printed["stdout"].read_text(),
        stderr=printed["stderr"].read_text(),
        out=out,
        scores=pd.read_csv(out / "scores.csv").set_index("session"),
        failures=pd.read_csv(out / "failures.csv").set_index("session"),
    )


@pytest.fixture(scope="module")
def looked(run):
    """The table of `attunement check` over what is wrong in the recordings themselves."""
    folder = run.out.parent
    names = [*BAD, *WITHOUT_FACE]
    table = pd.read_csv(folder / "sessions.csv", dtype=str, keep_default_na=False)
    (folder / "sessions.csv").rename(folder / "all_sessions.csv")
    table[table["session"].isin(names)].to_csv(folder / "sessions.csv", index=False)
    study = attunement.study.read_study(folder)
    return examine_study(study).table.set_index(["session", "person"])


def test_the_others_finish_and_the_exit_code_says_that_some_failed(run):
    assert run.code == 1
    assert set(run.failures.index) == set(BAD)
    assert set(run.scores.index) == set(READ)
    assert run.stdout.startswith(f"{len(BAD) + len(READ)} sessions\n")
    n_scored = int((run.scores["n_scorable"] >= 30).sum())
    assert f"\n  scored         {n_scored}\n" in run.stdout
    assert f"\n  failed        {len(BAD)}  " in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize("session", BAD)
def test_a_bad_session_is_said_in_a_sentence_with_advice(run, session):
    bad = BAD[session]
    failure = run.failures.loc[session].fillna("")
    assert failure["stage"] == bad.stage
    assert bad.found in failure["reason"]
    said = f"{failure['reason']} {failure['advice']}".strip()
    assert bad.advice in said.replace(bad.found, "")
    assert "\n" not in said
    assert "Unexpected" not in said, "a defect is no sentence for a user"
    shown = " ".join(said.removeprefix(f"Session {session}: ").split())
    assert shown in " ".join(run.stderr.split())


def test_the_good_session_is_what_it_is_alone(run, tmp_path):
    folder = run.out.parent
    (tmp_path / "study.toml").write_bytes((folder / "study.toml").read_bytes())
    cells = {name: str(folder / name) for name in ("good_c.mp4", "good_i.mp4")}
    (tmp_path / "sessions.csv").write_text(
        "session,layout,caregiver_video,infant_video\ngood,two_files," + ",".join(cells.values())
    )
    study = attunement.study.read_study(tmp_path)
    attunement.run_study(study, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out/sessions/good").glob("*.parquet"))
    assert len(names) > 4
    for name in names:
        alone = (tmp_path / "out/sessions/good" / name).read_bytes()
        assert alone == (run.out / "sessions/good" / name).read_bytes(), name
    assert run.scores.loc["good", "n_scorable"] > 10
    assert run.scores.loc["good", "mirroring"] > 0.2


@pytest.mark.parametrize("session", WITHOUT_FACE)
def test_without_a_face_nothing_is_scored_and_it_is_said_whose_is_missing(run, session):
    scores = run.scores.loc[session]
    assert scores["n_scorable"] == 0
    assert pd.isna(scores["mirroring"])
    assert f"coverage_{WITHOUT_FACE[session]}" in scores["reason"]


@pytest.mark.parametrize("session", WITHOUT_FACE)
def test_without_a_face_check_says_so_before_the_run(looked, session):
    row = looked.loc[session, WITHOUT_FACE[session]]
    assert row["verdict"] == "not_scorable"
    if session == "one_frame":
        assert "nothing can be scored" in row["advice"]
    else:
        sentence = f"No face of the {WITHOUT_FACE[session]} is found in any of the sampled frames"
        assert f"{sentence} of {session}.mp4" in row["advice"]
        assert ": check " in row["advice"]


@pytest.mark.parametrize("session", BAD)
def test_check_says_of_a_bad_session_what_the_run_says(looked, session):
    rows = looked.loc[session]
    said = rows["advice"].str.contains(BAD[session].found, regex=False)
    assert said.any()
    assert rows["verdict"][said].isin(["unreadable", "not_scorable"]).all()


def test_every_frame_of_ten_thousand_black_ones_is_accounted_for(run):
    faces = pd.read_parquet(run.out / "sessions/black/faces.parquet")
    statuses = faces.loc[faces["person"] == "caregiver", "status"]
    assert statuses.value_counts().to_dict() == {"no_face": 10_000}


@pytest.mark.parametrize(
    ("session", "n_frames", "last_s"),
    [
        ("cut_ts", (30, 70), None),
        ("jump", (N_FRAMES, N_FRAMES), 25.8),
        # The second recording's stamps begin again and lie in the first one's time.
        ("backwards", (N_FRAMES, N_FRAMES), 19.8),
        ("unlike", (80, 80), 9.875),
        ("table_rate", (400, 400), 399 / 30),
    ],
)
def test_what_can_be_read_is_read_at_its_own_times(run, session, n_frames, last_s):
    faces = pd.read_parquet(run.out / "sessions" / session / "faces.parquet")
    infant = faces[faces["person"] == "infant"]
    assert n_frames[0] <= len(infant) <= n_frames[1]
    assert infant["time_s"].is_monotonic_increasing
    assert last_s is None or infant["time_s"].iloc[-1] == pytest.approx(last_s)
    assert run.scores.loc[session, "n_scorable"] > 0
    assert run.scores.loc[session, "coverage_infant"] < 1 or session == "backwards"


def test_a_jump_of_time_stamps_leaves_a_gap_and_is_not_filled(run):
    signals = pd.read_parquet(run.out / "sessions/jump/signals.parquet")
    infant = signals[signals["person"] == "infant"].set_index("time_s")
    assert infant.loc[10.5:15.5, "smile"].isna().all()
    assert not infant.loc[10.5:15.5, "usable"].any()
    assert infant.loc[16.5:25, "smile"].notna().all()


def test_cameras_of_unlike_length_and_rate_meet_where_both_film(run):
    # The infant's 20 s begin 11 s before the caregiver's 10 s.
    windows = pd.read_parquet(run.out / "sessions/short_caregiver/windows.parquet")
    assert windows["following_z"].notna().any()
    assert windows.loc[windows["start_s"] + 5 > 9.5, "following_z"].isna().all()


def test_an_odd_path_changes_nothing(run):
    assert len(str(run.out.parent / ODD)) > 300
    pd.testing.assert_series_equal(
        run.scores.loc["odd_path"].drop(["dyad", "family"]),
        run.scores.loc["good"].drop(["dyad", "family"]),
        check_names=False,
    )


@pytest.mark.parametrize("session", ["table_semicolons", "table_quoted"])
def test_decimal_commas_of_another_program_are_read(run, session):
    faces = pd.read_parquet(run.out / "sessions" / session / "faces.parquet")
    infant = faces[faces["person"] == "infant"]
    assert (infant["status"] == "ok").all()
    assert infant["time_s"].iloc[-1] == pytest.approx(19.8)
    assert infant["AU12"].max() == pytest.approx(0.6, abs=0.01)
    assert infant["interocular_px"].eq(60).all()
