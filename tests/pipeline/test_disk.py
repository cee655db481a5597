"""What the disk does to a run: full, write-protected, in the way, files that change or vanish."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import attunement
from attunement.errors import OutputError
from attunement.pipeline import jobs
from attunement.study.files import read_parquet


def run(study: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "attunement.cli", "run", str(study), "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def mount(tmp_path) -> Iterator:
    """Return a function that mounts a small file system; it is unmounted in the end."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        if os.name != "posix" or os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("only root can mount a small disk to fill")
        folder = tmp_path / "disk"
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this system lets nobody mount a small disk: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_and_the_run_goes_on_once_there_is_space(
    make_sparse, tmp_path, finished, here, monkeypatch
):
    write_table, n_written = pq.write_table, 0

    def disk_with_little_space(*arguments, **options):
        nonlocal n_written
        n_written += 1
        if n_written > 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write_table(*arguments, **options)

    study = attunement.read_study(make_sparse(("a", "b")))
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", disk_with_little_space)
        with pytest.raises(OutputError, match="the disk is full") as full:
            attunement.run_study(study, out, executor=here)
    assert "run the same command again" in full.value.advice
    assert "\n" not in full.value.reason
    log = (out / "log.jsonl").read_text()
    assert log.count('"session_failed"') == 2
    summary = attunement.run_study(study, out, executor=here)
    assert summary.computed["spans"] == 12 - 4
    assert {name: (out / name).read_bytes() for name in ("scores.csv", "windows.parquet")} == {
        name: (finished.out / name).read_bytes() for name in ("scores.csv", "windows.parquet")
    }


@pytest.mark.slow
def test_a_disk_that_is_really_full(make_sparse, mount):
    folder = mount("size=2000k")
    (folder / "filler").write_bytes(bytes(1_940_000))
    study = make_sparse(("a", "b"))
    done = run(study, folder / "out")
    assert done.returncode in (1, 2)
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    for path in folder.rglob("*.parquet"):
        read_parquet(path)
    (folder / "filler").unlink()
    done = run(study, folder / "out")
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stdout


def test_a_write_protected_disk(make_sparse, mount):
    folder = mount("ro")
    study = attunement.read_study(make_sparse(("a",)))
    with pytest.raises(OutputError, match="cannot be written to") as refused:
        attunement.run_study(study, folder / "out")
    assert "--out" in refused.value.advice


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="root may write where others may not"
)
def test_a_folder_without_permission(make_sparse, tmp_path):
    tmp_path.joinpath("locked").mkdir(mode=0o500)
    study = attunement.read_study(make_sparse(("a",)))
    with pytest.raises(OutputError, match="cannot be written to"):
        attunement.run_study(study, tmp_path / "locked" / "out")


def test_an_output_folder_that_is_a_file_is_refused(make_sparse, tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written to"):
        attunement.run_study(attunement.read_study(make_sparse(("a",))), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "in the way"


def test_a_table_that_a_spreadsheet_has_open_is_named_and_all_else_is_written(
    make_sparse, tmp_path, finished, monkeypatch
):
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    for name in ("scores.csv", "study.json"):
        (out / name).write_text("old")
    replace = os.replace

    def locked_by_a_spreadsheet(source, target):
        if Path(target).name == "scores.csv":
            raise PermissionError(errno.EACCES, "Permission denied", str(target))
        replace(source, target)

    study = attunement.read_study(make_sparse(("a", "b")))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", locked_by_a_spreadsheet)
        with pytest.raises(OutputError, match=r"scores\.csv cannot be written") as locked:
            attunement.run_study(study, out)
    assert "has the file open" in locked.value.advice
    assert "not computed again" in locked.value.advice
    assert (out / "study.json").read_bytes() == (finished.out / "study.json").read_bytes()
    assert not list(out.rglob("*.partial"))
    summary = attunement.run_study(study, out)
    assert summary.computed["sessions"] == 0
    assert (out / "scores.csv").read_bytes() == (finished.out / "scores.csv").read_bytes()


def own_videos(folder: Path, videos: dict[str, Path]) -> dict[str, Path]:
    return {person: Path(shutil.copy(path, folder / path.name)) for person, path in videos.items()}


def study_of(tmp_path: Path, make_sparse, videos: dict[str, Path]) -> tuple[Path, dict[str, Path]]:
    """Write a study of a session "mine" with copied videos and one of the usual ones."""
    copied = own_videos(tmp_path, videos)
    path = make_sparse(("mine", "b"))
    manifest = path.parent / "sessions.csv"
    lines = manifest.read_text().splitlines()
    lines[1] = f"mine,two_files,{copied['caregiver']},{copied['infant']}"
    manifest.write_text("\n".join(lines) + "\n")
    return path, copied


def append_a_byte(video: Path) -> None:
    with video.open("ab") as file:
        file.write(b"\0")


def overwrite_in_place(video: Path) -> None:
    """Change a file and set its time back, as some copying programs do."""
    state = video.stat()
    content = bytearray(video.read_bytes())
    content[len(content) // 2] ^= 255
    video.write_bytes(content)
    os.utime(video, ns=(state.st_atime_ns, state.st_mtime_ns))


def cut_off(video: Path) -> None:
    os.truncate(video, 1000)


@pytest.mark.parametrize(
    ("harm", "spans_that_hold"),
    # Where nobody could see when a file changed, nothing from before is relied on.
    [(append_a_byte, 2), (overwrite_in_place, 0), (Path.unlink, 2), (cut_off, 2)],
)
def test_a_video_that_changes_or_vanishes_during_the_run_fails_its_session(
    make_sparse, tmp_path, sparse, here, harm, spans_that_hold
):
    path, videos = study_of(tmp_path, make_sparse, sparse)
    study = attunement.read_study(path)
    out = tmp_path / "out"
    n_spans = 0

    def listen(update) -> None:
        nonlocal n_spans
        if update.step == "mine: faces":
            n_spans += 1
            if n_spans == 2:
                harm(videos["infant"])

    summary = attunement.run_study(study, out, executor=here, progress=listen)
    assert summary.scores["session"].tolist() == ["b"]
    assert summary.failures["session"].tolist() == ["mine"]
    failure = summary.failures.iloc[0]
    assert "infant.mp4 was changed, or went away" in failure["reason"]
    assert "run again" in failure["advice"]
    assert not (out / "sessions" / "mine" / "provenance.json").exists()
    assert not (out / "sessions" / "mine" / "faces.parquet").exists()

    shutil.copy(sparse["infant"], videos["infant"])
    summary = attunement.run_study(study, out, executor=here)
    assert len(summary.failures) == 0
    # A span of the other video, which did not change, may have been done meanwhile.
    assert 0 <= 6 - summary.computed["spans"] - spans_that_hold <= 1 * (spans_that_hold > 0)


def test_a_video_that_is_only_copied_anew_has_not_changed(
    make_sparse, tmp_path, sparse, here, monkeypatch
):
    path, videos = study_of(tmp_path, make_sparse, sparse)
    extract_span = jobs.faces_stage.extract_span

    def touched(*arguments, **options):
        os.utime(videos["infant"])
        return extract_span(*arguments, **options)

    monkeypatch.setattr(jobs.faces_stage, "extract_span", touched)
    summary = attunement.run_study(attunement.read_study(path), tmp_path / "out", executor=here)
    assert len(summary.failures) == 0


def test_a_video_that_is_gone_when_its_turn_comes(make_sparse, tmp_path, sparse, here):
    path, videos = study_of(tmp_path, make_sparse, sparse)
    study = attunement.read_study(path)
    videos["infant"].unlink()
    summary = attunement.run_study(study, tmp_path / "out", executor=here)
    assert summary.scores["session"].tolist() == ["b"]
    assert "infant.mp4 is not there" in summary.failures["reason"].iloc[0]
