"""Logs of FaceReader: how they are saved, and what those without action units give."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attunement import compute_signals, faces
from attunement.config import Config
from attunement.errors import FacesError
from attunement.faces.backends.table import read_table_and_clock
from attunement.study import Clock, Partner, Session

N = 900
HZ = 30
TIMES = [f"00:00:{k // 30:02d}.{1000 * (k % 30) // 30:03d}" for k in range(N)]
HAPPY = np.clip(np.sin(np.linspace(0, 25, N)), 0, 1).round(6)
SAD = np.clip(-np.sin(np.linspace(0, 25, N)), 0, 1).round(6) / 2
AROUSAL = (0.3 + 0.2 * np.cos(np.linspace(0, 40, N))).round(6)
LINES = [
    ["Video analysis detailed log"],
    [],
    ["Face Model", "General"],
    ["Calibration", "-"],
    ["Start time", "6/4/2026 09:54:03.048"],
    ["Filename", "C:\\a.mp4"],
    ["Frame rate", "30.000000000"],
    [],
]


def detailed(**columns):
    negative = {"Sad": SAD, "Angry": 0.01, "Surprised": 0.9, "Scared": 0.02, "Disgusted": 0.03}
    told = {"Video Time": TIMES, "Neutral": 0.5, "Happy": HAPPY, **negative}
    return pd.DataFrame({**told, "Valence": HAPPY - SAD, "Arousal": AROUSAL, **columns})


def baby(**columns):
    return pd.DataFrame({"Video Time": TIMES, "Valence": HAPPY - SAD, "Quality": 0.8, **columns})


def saved(table, separator="\t", *, lines=LINES, decimal=".", quoting=csv.QUOTE_MINIMAL, end="\n"):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerows(lines)
    writer.writerow(table.columns)
    for row in table.itertuples(index=False):
        cells = [str(cell) for cell in row]
        times = {k for k, name in enumerate(table.columns) if name == "Video Time"}
        writer.writerow(
            cell if k in times else cell.replace(".", decimal) for k, cell in enumerate(cells)
        )
    return text.getvalue()


@pytest.fixture
def write(tmp_path):
    def to(text, name="log.txt", encoding="utf-8"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return to


@pytest.fixture
def read(write):
    def of(text, **further):
        return read_table_and_clock(write(text, **further), session="s", person="infant")[0]

    return of


@pytest.mark.parametrize("lines", [LINES, []], ids=["lines kept", "lines lost"])
@pytest.mark.parametrize(
    ("how", "encoding"),
    [
        ({}, "utf-8"),
        ({"end": "\r"}, "utf-8"),
        ({"end": "\r\n"}, "utf-8-sig"),
        ({}, "utf-16"),
        ({}, "utf-16-le"),
        ({}, "utf-16-be"),
        ({"separator": ","}, "utf-8"),
        ({"separator": ";", "decimal": ","}, "utf-8"),
        ({"separator": ",", "decimal": ","}, "utf-8"),  # quoted where a comma stands in a cell
        ({"separator": ";", "decimal": ",", "quoting": csv.QUOTE_ALL}, "latin-1"),
    ],
)
@pytest.mark.parametrize("kind", ["units", "expressions", "baby"])
def test_however_a_spreadsheet_saves_a_log_it_says_the_same(read, lines, how, encoding, kind):
    units = {"Action Unit 12 - Lip Corner Puller": HAPPY}
    table = {"units": detailed(**units), "expressions": detailed(), "baby": baby()}[kind].iloc[:90]
    found = read(saved(table, lines=lines, **how), encoding=encoding)
    name = "AU12" if kind == "units" else "affect_positive"
    assert found[name].to_numpy() == pytest.approx(HAPPY[:90])
    assert found["time_s"].to_numpy() == pytest.approx(np.arange(90) / HZ, abs=1.1e-3)
    assert (found["status"] == "ok").all()


def test_expressions_without_action_units(read):
    found = read(saved(detailed()))
    assert found["affect_positive"].to_numpy() == pytest.approx(HAPPY)
    assert found["affect_negative"].to_numpy() == pytest.approx(np.maximum(SAD, 0.03))
    assert found["affect_arousal"].to_numpy() == pytest.approx(AROUSAL)
    assert not [name for name in found if name.startswith("AU")]


def test_where_there_are_action_units_they_alone_are_read(read):
    found = read(saved(detailed(**{"Action Unit 12 - Lip Corner Puller": HAPPY})))
    assert [name for name in found if name.startswith(("AU", "affect"))] == ["AU12"]


def test_failed_frames_are_missing_with_a_status(read):
    table = detailed().astype(object)
    table.iloc[10:20, 1:] = "FIND_FAILED"
    table.iloc[20:25, 1:] = "FIT_FAILED"
    table.iloc[30:32, 1:] = "Unknown"
    found = read(saved(table))
    assert found["status"].value_counts().to_dict() == {
        "ok": N - 17, "no_face": 12, "low_quality": 5
    }  # fmt: skip
    assert found.loc[found["status"] != "ok", "affect_positive"].isna().all()


def test_percent_is_asked_about_and_read(read, write):
    table = detailed()
    shares = table.select_dtypes("number").columns
    table[shares] = table[shares] * 100
    with pytest.raises(FacesError, match="up to 100"):
        read(saved(table))
    path = write(saved(table))
    found = read_table_and_clock(path, session="s", person="infant", table_scale=100)[0]
    assert found["affect_positive"].to_numpy() == pytest.approx(HAPPY)


CHANGES = [(0.0, "Unknown"), (1.0, "Neutral"), (3.033, "Happy"), (5.966, "Sad"), (8.0, "Unknown")]


def states(*last):
    rows = [[f"00:00:0{t:.3f}", state] for t, state in (*CHANGES, *last)]
    return pd.DataFrame(rows, columns=["Video Time", "Dominant Expression"])


@pytest.mark.parametrize("lines", [LINES, []], ids=["30 Hz", "rate lost"])
def test_a_log_of_states_is_a_series_of_steps(read, lines):
    found = read(saved(states((9.5, "END")), lines=lines))
    rate_hz = 30 if lines else 10
    assert len(found) == 9.5 * rate_hz
    assert found["time_s"].to_numpy() == pytest.approx(np.arange(len(found)) / rate_hz, abs=1e-5)
    at = found["time_s"].to_numpy()
    slack = 1.5e-3
    expected = [
        ("no_face", at < 1 - slack), ("ok", (at >= 1) & (at < 8 - slack)), ("no_face", at >= 8),
    ]  # fmt: skip
    for status, rows in expected:
        assert (found["status"][rows] == status).all()
    happy = (at >= 3.033 - slack) & (at < 5.966 - slack)
    sad = (at >= 5.966 - slack) & (at < 8 - slack)
    seen = found["status"] == "ok"
    assert found["affect_positive"][seen].to_numpy() == pytest.approx(happy[seen].astype(float))
    assert found["affect_negative"][seen].to_numpy() == pytest.approx(sad[seen].astype(float))


def test_a_log_of_states_without_its_end_has_one_frame_of_the_last(read):
    found = read(saved(states()))
    assert len(found) == 8 * HZ + 1


def test_a_log_of_as_many_states_as_frames_has_each_at_its_time(read):
    table = states((8.5, "END"))
    table["Video Time"] = [f"00:00:0{t:.3f}" for t in (0.0, 0.01, 0.02, 0.28, 0.45, 0.6)]
    found = read(saved(table, lines=[]))
    assert len(found) == len(table)
    assert found["status"].to_list() == ["no_face", "ok", "ok", "ok", "ok", "no_face"]
    assert found["affect_positive"].to_list()[1:5] == [1, 1, 0, 0]


def test_a_state_that_is_not_known_is_named(read):
    table = states((9.5, "END"))
    table.loc[2, "Dominant Expression"] = "Glücklich"
    with pytest.raises(FacesError, match=r"row 12, column Dominant Expression: found 'Glücklich'"):
        read(saved(table))


@pytest.mark.parametrize("time", ["", "soon", "00:00:00.500", "1e999"])
def test_a_change_without_its_time_is_named_whatever_rate_is_given(write, time):
    table = states((9.5, "END"))
    table.loc[2, "Video Time"] = time
    path = write(saved(table))
    for rate_hz in (None, 30):
        with pytest.raises(FacesError, match=r"row 12, column Video Time"):
            read_table_and_clock(path, session="s", person="infant", rate_hz=rate_hz)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (detailed(), r"valence \(Happy less .* and arousal \(its Arousal\) can be scored; smile"),
        (baby(), r"valence \(its Valence\) can be scored; smile"),
        (states((9.5, "END")), "log of states.* series of steps"),
    ],
)
def test_what_stays_missing_is_said(write, table, said):
    _, clock = read_table_and_clock(write(saved(table)), session="s", person="infant")
    with pytest.raises(FacesError, match=said):
        raise FacesError(" ".join(clock.value_notes))


def signals_of(caregiver, infant):
    session = Session(
        "s", "s", "s", "two_files",
        Partner("caregiver", table=caregiver), Partner("infant", table=infant), clock=Clock(),
    )  # fmt: skip
    table = faces.extract_faces(session, Config())
    return compute_signals(table, session, Config())


def test_expressions_give_valence_and_arousal_and_nothing_else(write):
    other = saved(detailed(Happy=HAPPY[::-1], Sad=SAD[::-1]))
    signals = signals_of(write(saved(detailed())), write(other, "i.txt"))
    own = signals[signals["person"] == "caregiver"]
    assert own["usable"].mean() > 0.98
    for name in ("smile", "distress", "anger", "brow_raise", "mouth_opening", "head_movement"):
        assert own[name].isna().all(), name
    at = np.clip((own["time_s"] * HZ).round().astype(int), 0, N - 1)
    # z of each side over its own resting face, clipped at 3.
    happy, unhappy = HAPPY[at], np.maximum(SAD, 0.03)[at]
    assert np.corrcoef(own["valence"].fillna(0), happy - 2 * unhappy)[0, 1] > 0.97
    assert (own["valence"][happy > 0.5] > 0.5).all()
    assert (own["valence"][unhappy > 0.3] < -0.5).all()
    assert np.corrcoef(own["arousal"].fillna(0), AROUSAL[at])[0, 1] > 0.99
    assert not [name for name in signals if name.startswith("affect")]


def test_one_log_of_expressions_does_not_stand_for_both(write):
    one, copy = write(saved(detailed())), write(saved(detailed()), "copy.txt")
    with pytest.raises(FacesError, match="hold the same intensities"):
        signals_of(one, copy)


@pytest.mark.shared_data
def test_real_logs_of_one_recording_agree(shared: Path):
    folder = shared / "coder_files" / "facereader"
    detailed, steps = (
        read_table_and_clock(folder / f"testdata_{kind}.txt", session="s", person="infant")[0]
        for kind in ("detailed", "state")
    )
    assert detailed["status"].value_counts().to_dict() == {
        "no_face": 7351, "ok": 3161, "low_quality": 1594
    }  # fmt: skip
    both = detailed.merge(steps, on="frame", suffixes=("", "_steps"))
    both = both[(both["status"] == "ok") & (both["status_steps"] == "ok")]
    assert len(both) > 1800
    valence = both["affect_positive"] - both["affect_negative"]
    happy = both["affect_positive_steps"] == 1
    assert valence[happy].mean() > valence[~happy].mean() + 0.3
