"""The log: one JSON object a line, whole lines only, appended, without places or names of hosts."""

import json
import os
import socket
from datetime import datetime

import pytest

from attunement.errors import OutputError
from attunement.pipeline.log import RunLog


def read(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_events_are_appended_run_after_run(tmp_path):
    path = tmp_path / "log.jsonl"
    for k in range(2):
        with RunLog(path) as log:
            log.write("span_done", session="Zoë\n<script>", span=k, seconds=1.5)
    told = read(path)
    assert [event["span"] for event in told] == [0, 1]
    assert told[0]["session"] == "Zoë\n<script>"
    assert datetime.fromisoformat(told[0]["time"]).utcoffset().total_seconds() == 0


@pytest.mark.parametrize("torn", ['{"event": "span_d', "x" * 9000])
@pytest.mark.parametrize("whole", ["", '{"event": "run_started"}\n'])
def test_a_line_that_was_torn_is_removed(tmp_path, whole, torn):
    path = tmp_path / "log.jsonl"
    path.write_text(whole + torn)
    with RunLog(path) as log:
        log.write("run_started")
    assert [event["event"] for event in read(path)] == ["run_started"] * (1 + bool(whole))


def test_a_line_that_cannot_be_written_is_left_out_whole(tmp_path, monkeypatch):
    path = tmp_path / "log.jsonl"
    write = os.write
    with RunLog(path) as log:
        log.write("first")
        monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:5]))
        log.write("torn")
        monkeypatch.setattr(os, "write", write)
        log.write("last")
    assert [event["event"] for event in read(path)] == ["first", "last"]


def test_a_log_that_cannot_be_opened_is_said(tmp_path):
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(OutputError, match=r"log\.jsonl cannot be written"):
        RunLog(tmp_path / "log.jsonl")


def test_a_run_tells_what_it_did(finished):
    told = read(finished.out / "log.jsonl")
    names = [event["event"] for event in told]
    assert names[0] == "run_started"
    assert names[-1] == "run_ended"
    assert names.count("session_opened") == names.count("session_finished") == 2
    spans = [event for event in told if event["event"] == "span_done"]
    assert {(event["session"], event["span"]) for event in spans} == {
        (session, span) for session in ("a", "b") for span in range(6)
    }
    assert sum(event["frames"] for event in spans) == 2 * 2 * 140
    assert all(event["seconds"] > 0 for event in spans)
    assert told[-1]["outcome"] == "done"
    times = [datetime.fromisoformat(event["time"]) for event in told]
    assert times == sorted(times)
    text = (finished.out / "log.jsonl").read_text()
    assert socket.gethostname() not in text
    assert str(finished.out.parent) not in text
