"""Coders' files by format; a format is one file and one line."""

import pandas as pd
import pytest

from attunement.codes import codes_to_signals, formats, read_codes
from attunement.codes.formats.format import Format
from attunement.errors import TableError


def test_a_plain_table_is_what_scoring_s_signals_are_made_of(tmp_path):
    path = tmp_path / "007.csv"
    path.write_text(
        "person,code,onset_s,offset_s\ninfant,neutral,0,1.5\ninfant,positive,1.5,3\n"
        "caregiver,positive,0,3\n"
    )
    codes = read_codes(path)
    assert codes["session"].tolist() == ["007"] * 3
    valence = codes_to_signals(codes).query("person == 'infant'")["valence"].to_numpy()
    assert valence[[0, 14, 15, 29]].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("Code;time;Note\npositive;0,5;a\nneutral;;\n", ".csv"),
        ("code\ttime\tnote\npositive\t0.5\ta\nneutral\t\t\n", ".TSV"),
        ('\ufeffcode,time,note\n"positive",0.5,a\n\nneutral,,\n', ".txt"),
    ],
)
def test_the_habits_of_spreadsheets_are_read_and_an_empty_cell_is_missing(tmp_path, text, suffix):
    path = tmp_path / f"s{suffix}"
    path.write_text(text, encoding="utf-8")
    codes = read_codes(path)
    assert codes["code"].tolist() == ["positive", "neutral"]
    assert codes["time"].iloc[0] == 0.5
    assert codes["time"].isna().tolist() == [False, True]
    assert codes["note"].isna().tolist() == [False, True]


def test_ids_and_codes_of_digits_stay_as_written(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("session,code,time\n007,01,0\n")
    assert read_codes(path)[["session", "code"]].iloc[0].tolist() == ["007", "01"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("absent.csv", None, r"There is no file absent\.csv"),
        ("a.xyz", b"code", r"a\.xyz is of no kind .*plain table \(\.csv, \.tsv, \.txt\)"),
        ("a.csv", b"code,time\n", r"a\.csv has no row below its header"),
        ("a.csv", b"", r"a\.csv has no row below its header"),
        ("a.csv", b"code,time\n\xe9,1\n", r"a\.csv is not text in UTF-8"),
        ("a.csv", b"code,time\na,1\nb,c,2\n", r"a\.csv has 3 cells in row 3 .* has 2"),
        ("a.csv", b"code,when\na,1\n", r"a\.csv must have code and .*; found code, when"),
        ("a.csv", b"code,time\na,0:12\n", r"a\.csv has times that are no numbers in time"),
    ],
)
def test_what_is_no_file_of_codes_is_refused_in_a_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TableError, match=sentence):
        read_codes(path)


def test_a_format_is_one_file_and_one_line(tmp_path, monkeypatch):
    def read(path):
        rows = [line.split("@") for line in path.read_text().split()]
        return pd.DataFrame(rows, columns=["code", "time_s"])

    toy = Format("toy", (".toy",), read)
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, toy))
    path = tmp_path / "s1.toy"
    path.write_text("positive@0 neutral@0.5")
    codes = read_codes(path)
    assert codes.columns.tolist() == ["session", "code", "time_s"]
    assert codes["time_s"].tolist() == [0.0, 0.5]
