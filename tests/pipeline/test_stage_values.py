"""A stage that computes something else from the same input has another version."""

import copy
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest


def _load() -> ModuleType:
    path = Path(__file__).parent / "stage_values.py"
    spec = importlib.util.spec_from_file_location("attunement_test_stage_values", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stage_values = _load()


@pytest.fixture(scope="module")
def recorded() -> dict:
    return json.loads(stage_values.RECORD.read_text(encoding="utf-8"))


def _changed(recorded: dict, stage: str, table: str, column: str, **figures: object) -> dict:
    now = copy.deepcopy(recorded)
    now["values"]["tables"][stage][table][column] |= figures
    return now


def test_no_stage_changed_without_its_version(recorded, tmp_path):
    assert stage_values.faults(recorded, stage_values.compute(tmp_path)) == []


def test_every_stage_is_seen_to_work(recorded):
    tables = recorded["values"]["tables"]
    scores = tables["scoring"]["scores"]
    assert len(scores["all missing"]) < 8
    for name in ("mirroring", "markedness", "contingency", "congruence_p", "attuned_share"):
        assert scores[name]["present"] == 1, name
    assert tables["scoring"]["events"]["onset_s"]["n"] > 5
    video = recorded["values"]["video"]
    assert video["faces"]["faces"]["status"]["cells"] == {"no_face": 5, "ok": 35}
    assert set(video["faces"]["roles"]["person"]["cells"]) == {"caregiver", "infant"}


def test_the_stage_that_changed_is_named_alone_and_what_to_do(recorded):
    now = _changed(recorded, "signals", "signals", "smile", mean=0.5)
    now["values"]["tables"]["scoring"]["scores"]["mirroring"]["mean"] = 9.0
    (fault,) = stage_values.faults(recorded, now)
    assert "'signals'" in fault
    assert "'scoring'" not in fault
    assert "signals.smile" in fault
    assert "raise the version of the stage in attunement/pipeline/stages.py" in fault
    assert stage_values.COMMAND in fault

    now["versions"]["signals"] += 1
    (fault,) = stage_values.faults(recorded, now)
    assert "Renew it with" in fault
    assert stage_values.faults(now, now) == []


def test_a_column_more_is_a_change_and_a_last_digit_is_none(recorded):
    more = copy.deepcopy(recorded)
    more["values"]["video"]["faces"]["faces"]["hair"] = {"n": 40, "present": 1}
    (fault,) = stage_values.faults(recorded, more)
    assert "faces.hair absent -> n 40" in fault
    mean = recorded["values"]["tables"]["scoring"]["scores"]["mirroring"]["mean"]
    digit = _changed(recorded, "scoring", "scores", "mirroring", mean=mean * (1 + 1e-8))
    assert stage_values.faults(recorded, digit) == []
    one_less = _changed(recorded, "scoring", "scores", "mirroring", present=0)
    assert len(stage_values.faults(recorded, one_less)) == 1


def test_values_tell_order_gaps_and_texts_apart():
    told = [
        stage_values._of_column(pd.Series(cells))
        for cells in (
            [1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, None, 3.0], [True, False, True],
            ["a", "b", "b"], ["b", "a", "a"], [[1.0], [2.0], None],
        )
    ]  # fmt: skip
    assert all(told.count(one) == 1 for one in told)


def test_the_record_is_not_renewed_where_a_version_was_not_raised(
    recorded, tmp_path, monkeypatch, capsys
):
    record = tmp_path / "stage_values.json"
    record.write_text(json.dumps(recorded))
    now = _changed(recorded, "signals", "signals", "smile", mean=0.5)
    monkeypatch.setattr(stage_values, "RECORD", record)
    monkeypatch.setattr(stage_values, "compute", lambda _folder: now)
    assert stage_values.main() == 1
    assert "version is still" in capsys.readouterr().err
    assert json.loads(record.read_text()) == recorded
    now["versions"]["signals"] += 1
    assert stage_values.main() == 0
    assert json.loads(record.read_text()) == now
