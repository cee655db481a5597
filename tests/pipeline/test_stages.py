"""Whatever a stage declares is written, keyed, made whole when lost, and collected."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import attunement
from attunement.columns import Column, types
from attunement.config import Config
from attunement.pipeline import stages
from attunement.pipeline.files_page import files_page
from attunement.pipeline.keys import stage_inputs, stage_keys
from attunement.pipeline.stage import Given, Stage, Table
from attunement.study import Session
from attunement.study.files import read_csv

FROM_TABLES = Path(__file__).parents[1] / "old_outputs" / "study" / "study.toml"
NAMES = [stage.name for stage in stages.STAGES]
COUNTED = (
    Column("session", "", "The session, as in the manifest.", "id"),
    Column("person", "", "Whose it is: caregiver or infant.", "id"),
    Column("n_usable", "", "How many rows may be scored.", "count"),
)


def contents(out: Path) -> dict[str, bytes]:
    """Return the bytes of every file of an output folder but the log, which tells times."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "log.jsonl"
    }


def computed(out: Path) -> list[str]:
    """Return the stages that the last run computed, as its log tells."""
    told = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    last = max(k for k, event in enumerate(told) if event["event"] == "run_started")
    return [
        stage
        for event in told[last:]
        if event["event"] == "session_finished"
        for stage in event["stages"]
    ]


@pytest.fixture
def session() -> Session:
    return attunement.read_study(FROM_TABLES).sessions[0]


def keys_of(session: Session) -> dict[str, str]:
    return stage_keys(session, stage_inputs(session))


def changed_keys(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name in NAMES if before[name] != after[name]]


def test_a_stage_reads_what_an_earlier_one_writes():
    there = {file.name for file in stages.SESSION_NOTES}
    for stage in stages.STAGES:
        assert set(stage.reads) <= there, stage.name
        there |= {table.name for table in stage.writes}
    for made in stages.STUDY_TABLES:
        assert set(made.reads) <= there, made.name


def test_every_file_has_a_name_of_its_own_and_a_sentence():
    for files in (stages.session_files(), stages.study_files()):
        assert all(file.says.endswith(".") for file in files.values())
        assert len({file.filename.casefold() for file in files.values()}) == len(files)
    assert len(stages.session_tables()) + len(stages.SESSION_NOTES) == len(stages.session_files())


def test_every_section_that_changes_a_score_has_its_stage():
    sections = [stage.section for stage in stages.STAGES if stage.section]
    assert [*sections, "association", "execution"] == list(Config.model_fields)


OTHER_VALUES = {"backend": "fake", "keep_landmarks": True, "surrogate": "phase"}


@pytest.mark.parametrize(
    ("section", "setting"),
    [
        (section, setting)
        for section in Config.model_fields
        for setting in Config.model_fields[section].annotation.model_fields
        if section != "association"
    ],
)
def test_a_changed_setting_changes_the_key_of_its_stage_and_those_after(session, section, setting):
    value = getattr(getattr(session.config, section), setting)
    other = OTHER_VALUES.get(setting, f"{value}x" if isinstance(value, str) else value)
    if other == value:
        other = value / 2 if isinstance(value, float) and value else value + 1
    config = session.config.model_dump()
    config[section][setting] = other
    changed = keys_of(replace(session, config=Config(**config)))
    first = [k for k, stage in enumerate(stages.STAGES) if stage.section == section]
    expected = NAMES[first[0] :] if first else []
    assert changed_keys(keys_of(session), changed) == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_raised_version_changes_the_key_of_its_stage_and_those_after(session, monkeypatch, name):
    before = keys_of(session)
    raised = tuple(
        replace(stage, version=stage.version + (stage.name == name)) for stage in stages.STAGES
    )
    monkeypatch.setattr(stages, "STAGES", raised)
    assert changed_keys(before, keys_of(session)) == NAMES[NAMES.index(name) :]


def _cut_off(path: Path) -> None:
    # A table with a line less cannot be told from a whole one; an empty file is none.
    size = path.stat().st_size
    os.truncate(path, 0 if path.suffix == ".csv" else size // 2)


@pytest.mark.parametrize("damage", [Path.unlink, _cut_off])
@pytest.mark.parametrize("name", stages.session_files())
def test_a_session_that_lost_a_file_is_made_whole(
    make_sparse, tmp_path, finished, here, name, damage
):
    study = attunement.read_study(make_sparse(("a", "b")))
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    damage(out / "sessions" / "a" / stages.session_files()[name].filename)
    summary = attunement.run_study(study, out, executor=here)
    assert summary.computed["sessions"] == 1
    assert contents(out) == contents(finished.out)
    # Without the record nothing is known of the others.
    lost = [
        stage.name
        for stage in stages.STAGES
        if name == "provenance" or name in (*stage.reads, *(table.name for table in stage.writes))
    ]
    assert computed(out) == NAMES[NAMES.index(lost[0]) :]
    assert (summary.computed["spans"] > 0) == (lost[0] == "tracks")


def _count(given: Given) -> pd.DataFrame:
    signals = given.read("signals")
    counts = signals.groupby(["session", "person"], sort=False)["usable"].sum()
    return counts.rename("n_usable").reset_index()


COUNTS = Table("counts", "parquet", "One row a person.", COUNTED, collected="parquet")
COUNTING = Stage(
    name="counting",
    version=1,
    reads=("signals",),
    section="",
    inputs=lambda session: {"dyad": session.dyad},
    writes=(COUNTS,),
    compute=lambda given: {"counts": _count(given)},
)
SCORING_THAT_COUNTS = replace(
    stages.SCORING,
    writes=(*stages.SCORING.writes, COUNTS),
    compute=lambda given: {**stages.SCORING.compute(given), "counts": _count(given)},
)


@pytest.mark.parametrize(
    ("declared", "stage"),
    [
        ((*stages.STAGES, COUNTING), "counting"),
        ((*stages.STAGES[:-1], SCORING_THAT_COUNTS), "scoring"),
    ],
)
def test_a_declared_table_is_written_keyed_made_whole_and_collected(
    make_sparse, tmp_path, finished, here, monkeypatch, declared, stage
):
    monkeypatch.setattr(stages, "STAGES", declared)
    study = attunement.read_study(make_sparse(("a", "b")))
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    before = contents(out)

    attunement.run_study(study, out, executor=here)
    assert computed(out) == [stage, stage], "what was there before holds"
    whole = contents(out)
    for name, content in before.items():
        may_differ = ("provenance.json", "columns.csv")
        assert whole[name] == content or name.endswith(may_differ), name
    of_session = pd.read_parquet(out / "sessions" / "a" / "counts.parquet")
    assert of_session.dtypes.astype(str).to_dict() == types(COUNTED)
    assert (of_session["n_usable"] > 0).all()
    collected = pd.read_parquet(out / "counts.parquet")
    assert collected["session"].tolist() == ["a", "a", "b", "b"]
    dictionary = read_csv(out / "columns.csv").set_index(["table", "column"])
    assert dictionary.loc[("counts", "n_usable"), "sentence"] == "How many rows may be scored."
    assert "How many rows may be scored." in attunement.explain("n_usable")
    assert "| `counts.parquet` | One row a person. |" in files_page()
    told = json.loads((out / "sessions" / "a" / "provenance.json").read_text())
    assert stage in told["keys"]
    assert told["stages"][stage]["inputs"] == {"dyad": "a"}

    (out / "sessions" / "b" / "counts.parquet").unlink()
    attunement.run_study(study, out, executor=here)
    assert computed(out) == [stage]
    assert contents(out) == whole

    attunement.run_study(study, out, executor=here)
    assert computed(out) == []

    raised = (*declared[:-1], replace(declared[-1], version=declared[-1].version + 1))
    monkeypatch.setattr(stages, "STAGES", raised)
    attunement.run_study(study, out, executor=here)
    assert computed(out) == [stage, stage]


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (replace(COUNTING, reads=("faces",)), "does not declare to read 'signals'"),
        (replace(COUNTING, writes=()), "declares no tables and computes counts"),
    ],
)
def test_what_is_not_declared_is_refused(make_sparse, tmp_path, here, monkeypatch, stage, said):
    monkeypatch.setattr(stages, "STAGES", (*stages.STAGES, stage))
    study = attunement.read_study(make_sparse(("a",)))
    failures = attunement.run_study(study, tmp_path / "out", executor=here).failures
    assert failures["stage"].tolist() == ["counting"]
    assert said in failures["reason"].iloc[0]
