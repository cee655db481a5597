"""What of an earlier run is used again, and why the rest is not, is said and true."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import attunement
from attunement.pipeline import Progress, jobs, stages

STAGES = [stage.name for stage in stages.STAGES]


@pytest.fixture
def computed(monkeypatch) -> list[str]:
    """The stages that were computed, one entry an execution, spans of faces among them."""
    done: list[str] = []

    def counting(stage):
        def compute(given):
            done.append(stage.name)
            return stage.compute(given)

        return stages.dataclasses.replace(stage, compute=compute)

    monkeypatch.setattr(stages, "STAGES", tuple(map(counting, stages.STAGES)))
    extract = jobs.faces_stage.extract_span

    def extract_span(*given, **options):
        done.append("span")
        return extract(*given, **options)

    monkeypatch.setattr(jobs.faces_stage, "extract_span", extract_span)
    return done


@pytest.fixture
def study(tmp_path, finished) -> Path:
    """The folder of a study that was run, with its results in `out`."""
    shutil.copytree(finished.out.parent / "study", tmp_path / "study")
    shutil.copytree(finished.out, tmp_path / "out")
    return tmp_path / "study"


def run(study: Path, here) -> tuple[attunement.pipeline.Summary, str]:
    told: list[Progress] = []
    loaded = attunement.read_study(study)
    out = study.parent / "out"
    summary = attunement.run_study(loaded, out, executor=here, progress=told.append)
    assert len(summary.failures) == 0
    return summary, "\n".join(line for update in told for line in update.news)


def edit(study: Path, **columns) -> None:
    """Set columns of the manifest; of a dict, by session."""
    table = pd.read_csv(study / "sessions.csv", dtype=str, keep_default_na=False)
    for name, values in columns.items():
        by_row = table["session"].map(values) if isinstance(values, dict) else values
        table[name] = by_row
    table.to_csv(study / "sessions.csv", index=False)


@pytest.mark.parametrize("column", ["family", "age", "site"])
def test_a_column_that_is_carried_along_computes_nothing_but_the_tables(
    study, here, computed, column
):
    out = study.parent / "out"
    files = {path: path.stat().st_mtime_ns for path in (out / "sessions").rglob("*.*")}
    edit(study, dyad={"a": "a", "b": "b"}, **{column: {"a": "y", "b": "z"}})
    summary, news = run(study, here)
    assert computed == []
    assert {path: path.stat().st_mtime_ns for path in (out / "sessions").rglob("*.*")} == files
    assert summary.computed == {"spans": 0, "sessions": 0}
    assert summary.stages["reused"].all()
    assert news == "2 sessions found finished: only the tables of the study are made anew."
    written = pd.read_csv(out / "scores.csv", dtype=str)
    assert written[column].tolist() == ["y", "z"]


@pytest.mark.parametrize(
    ("change", "expected", "said"),
    [
        (lambda study: edit(study, dyad={"a": "a", "b": "x"}), ["scoring"],
         "Scores: reused for 1, made anew for 1: the dyad changed (b)."),
        (lambda study: edit(study, exclude={"a": "", "b": "0:02-0:03"}),
         ["span"] * 6 + STAGES,
         "Faces and what follows: reused for 1, made anew for 1: excluded spans changed (b)."),
        (lambda study: edit(study, rotation={"a": "", "b": "180"}), ["span"] * 6 + STAGES,
         "Faces and what follows: reused for 1, made anew for 1: the rotation changed (b)."),
        (lambda study: edit(study, episodes={"a": "", "b": "play=0:01-1:09"}),
         ["signals", "scoring"],
         "Signals and what follows: reused for 1, made anew for 1: episodes changed (b)."),
        (lambda study: (study.parent / "out/sessions/b/states.parquet").unlink(), ["scoring"],
         "Scores: reused for 1, made anew for 1: a file of it is missing or damaged (b)."),
        (lambda study: shutil.rmtree(study.parent / "out/sessions/b"), ["span"] * 6 + STAGES,
         "Faces and what follows: reused for 1, made anew for 1: new (b)."),
    ],
)  # fmt: skip
def test_what_changed_is_named_and_nothing_else_is_computed(
    study, here, computed, change, expected, said
):
    change(study)
    summary, news = run(study, here)
    assert computed == expected
    assert said in news.splitlines()
    by_b = summary.stages.set_index(["session", "stage"])["reused"]["b"]
    assert [name for name in STAGES if not by_b[name]] == [n for n in expected if n != "span"]


def test_a_setting_that_changed_is_named(study, here, computed):
    toml = study / "study.toml"
    toml.write_text(toml.read_text().replace("n_surrogates = 50", "n_surrogates = 60"))
    _, news = run(study, here)
    assert computed == ["scoring"] * 2
    assert news.splitlines() == [
        "Faces: reused for all 2.",
        "Roles: reused for all 2.",
        "Signals: reused for all 2.",
        "Scores: reused for 0, made anew for 2: [scoring] n_surrogates changed (a, b).",
    ]


def test_results_of_another_version_are_named(study, here, computed):
    path = study.parent / "out/sessions/b/provenance.json"
    told = json.loads(path.read_text())
    told["keys"]["signals"], told["stages"]["signals"]["version"] = "of then", 1
    path.write_text(json.dumps(told))
    _, news = run(study, here)
    assert computed == ["signals", "scoring"]
    assert "1: this version of attunement computes it otherwise (b)." in news


def test_a_record_that_is_no_record_is_none(study, here, computed):
    for content in ("[]", "{", '{"keys": [], "stages": 3, "config": null}'):
        (study.parent / "out/sessions/b/provenance.json").write_text(content)
        computed.clear()
        _, news = run(study, here)
        assert computed == ["span"] * 6 + STAGES
        assert "made anew for 1: new (b)." in news


def test_a_recording_that_changed_is_named(study, here, computed, sparse):
    other = study / "other.mp4"
    shutil.copy(sparse["infant"], other)
    with other.open("ab") as file:
        file.write(b"\0" * 8)
    edit(study, infant_video={"a": str(sparse["infant"]), "b": str(other)})
    _, news = run(study, here)
    assert "made anew for 1: the recording changed (b)." in news
    assert computed.count("tracks") == 1


def test_a_first_run_says_nothing_of_reuse(study, here):
    shutil.rmtree(study.parent / "out")
    assert run(study, here)[1] == ""


def contents(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "log.jsonl"
    }


def only_names(tmp_path: Path, study: Path, here) -> dict[str, bytes]:
    """Return the results of a run of the study into an empty folder."""
    fresh = tmp_path / "fresh"
    attunement.run_study(attunement.read_study(study), fresh, executor=here)
    return contents(fresh)


def test_a_renamed_session_is_said_and_reads_no_video_again(study, here, computed, tmp_path):
    table = (study / "sessions.csv").read_text()
    (study / "sessions.csv").write_text(table.replace("\nb,", "\nb_2024,"))
    summary, news = run(study, here)
    assert computed == STAGES[1:]
    assert summary.scores["session"].tolist() == ["a", "b_2024"]
    assert "b_2024 looks renamed: its recordings are those of b, whose faces are reused." in news
    assert "made anew for 1: the session has another name (b_2024)." in news

    shutil.rmtree(study.parent / "out/sessions/b")
    assert contents(study.parent / "out") == only_names(tmp_path, study, here)
    _, news = run(study, here)
    assert "renamed" not in news


def test_names_that_are_exchanged_or_shifted_take_their_faces_along(
    make_sparse, tmp_path, here, computed, sparse
):
    path = make_sparse(("a", "b"))
    study = path.parent
    other = study / "other.mp4"
    shutil.copy(sparse["infant"], other)
    with other.open("ab") as file:
        file.write(b"\0" * 8)
    edit(study, infant_video={"a": str(sparse["infant"]), "b": str(other)})
    run(study, here)
    computed.clear()
    for names in ({"a": "b", "b": "a"}, {"a": "b", "b": "c"}):
        edit(study, session=names)
        _, news = run(study, here)
        assert "span" not in computed
        assert "tracks" not in computed
        assert "had when it was run: its faces are reused" in news
        shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
        again = contents(study.parent / "out")
        kept = {name: again[name] for name in again if not name.startswith("sessions/a/")}
        fresh = only_names(tmp_path, study, here)
        assert kept == {name: fresh[name] for name in fresh if not name.startswith("sessions/a/")}
        computed.clear()


def test_renamed_and_changed_is_said_too(study, here, computed):
    table = (study / "sessions.csv").read_text()
    (study / "sessions.csv").write_text(table.replace("\nb,", "\nb_2024,"))
    edit(study, exclude={"a": "", "b_2024": "0:02-0:03"})
    _, news = run(study, here)
    assert "b_2024 looks renamed from b, but its faces are made anew" in news
    assert "also holds results of b, which the manifest does not name" in news
    assert computed.count("tracks") == 1
