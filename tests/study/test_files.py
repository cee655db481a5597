import csv
import errno
import io
import json
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attunement import schema
from attunement.columns import types
from attunement.errors import OutputError, TableError
from attunement.scoring.columns import columns as scoring_columns
from attunement.study import files
from attunement.study.files import (
    read_csv,
    read_joined_parquet,
    read_parquet,
    write_csv,
    write_json,
    write_parquet,
)

SCHEMAS = {
    "faces": schema.FACES, "signals": schema.SIGNALS,
    **{table: types(declared) for table, declared in scoring_columns().items()},
    "events": schema.EVENTS, "states": schema.STATES,
    "contingency": schema.CONTINGENCY, "failures": schema.FAILURES,
}  # fmt: skip
VALUES = {"str": ["a", "", "=ä"], "int64": [1, -2, 2**62], "float64": [0.1, np.nan, -1e-300],
          "bool": [True, False, True]}  # fmt: skip


@pytest.mark.parametrize("columns", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("n_rows", [0, 3])
def test_tables_come_back_with_their_types(tmp_path, columns, n_rows):
    table = schema.empty(columns)
    if n_rows:
        table = pd.DataFrame(
            {k: pd.Series(VALUES[kind], dtype=kind) for k, kind in columns.items()}
        )
    write_parquet(table, tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read_parquet(tmp_path / "t.parquet"), table)


def test_equal_tables_give_equal_bytes(tmp_path):
    table = pd.DataFrame({"s": ["a", "b", None, "d"], "x": [1.5, np.nan, 3, 4], "k": [1, 2, 3, 4]})
    table["s"] = table["s"].astype("str")
    twins = [
        table,
        pd.concat([table[:1], table[1:]]),
        table.set_index(pd.Index([9, 8, 7, 6], name="row")),
        table.assign(s=table["s"].astype(object)),
        table.assign(s=table["s"].astype("category")),
        table.assign(s=table["s"].astype("string[python]")),
        table.iloc[::-1].iloc[::-1],
    ]
    twins[2].attrs["note"] = "x"
    contents = set()
    for k, twin in enumerate(twins):
        write_parquet(twin, tmp_path / f"{k}.parquet")
        contents.add((tmp_path / f"{k}.parquet").read_bytes())
    assert len(contents) == 1


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path):
    table = pd.DataFrame({"x": [1.0]})
    write_parquet(table, tmp_path / "dyad=7" / "t.parquet")
    assert list(read_parquet(tmp_path / "dyad=7" / "t.parquet").columns) == ["x"]


def test_lists_of_numbers_can_be_kept(tmp_path):
    table = pd.DataFrame({"landmarks": [np.zeros(6, "float32"), None]})
    write_parquet(table, tmp_path / "t.parquet")
    back = read_parquet(tmp_path / "t.parquet")["landmarks"]
    assert back[0].dtype == "float32"
    assert back[1] is None


def test_a_column_that_parquet_cannot_hold_is_said(tmp_path):
    with pytest.raises(TableError, match=r"t\.parquet"):
        write_parquet(pd.DataFrame({"x": [1, "a"]}), tmp_path / "t.parquet")
    with pytest.raises(TableError, match=r"t\.parquet"):
        write_parquet(pd.DataFrame([[1, 2]], columns=["x", "x"]), tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_parquet_file_is_said(tmp_path):
    with pytest.raises(OutputError, match="not there"):
        read_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 half a file")
    with pytest.raises(OutputError, match="Delete it"):
        read_parquet(tmp_path / "t.parquet")
    with pytest.raises(OutputError):
        read_parquet(tmp_path)


def test_csv_is_plain(tmp_path):
    table = pd.DataFrame(
        {
            "s": ["a", "", None],
            "x": [0.1 + 0.2, np.nan, -1e-300],
            "k": [1, 2, 3],
            "b": [True, False, True],
        },
        index=[5, 6, 7],
    )
    write_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == (
        b"s,x,k,b\na,0.30000000000000004,1,True\n,,2,False\n,-1e-300,3,True\n"
    )


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_csv_keeps_every_digit(tmp_path_factory, numbers):
    path = tmp_path_factory.getbasetemp() / "digits.csv"
    write_csv(pd.DataFrame({"x": numbers}), path)
    assert [float(line) for line in path.read_text().splitlines()[1:]] == numbers


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=cmd|' /C calc'!A0"])
@pytest.mark.parametrize("kind", ["str", object, "category"])
def test_text_is_never_a_formula(tmp_path, text, kind):
    table = pd.DataFrame(
        {"s": pd.Series([text, "a=b"], dtype=kind), "x": [-1.5, 2], "o": [-1, "-1"]}
    )
    write_csv(table.rename(columns={"s": text}), tmp_path / "t.csv")
    header, first, second = csv.reader(io.StringIO((tmp_path / "t.csv").read_text("utf-8")))
    quoted = f"'{text}".replace("\r", "\n")
    assert header == [quoted, "x", "o"]
    assert first == [quoted, "-1.5", "-1"]
    assert second == ["a=b", "2.0", "'-1"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1))
def test_csv_text_comes_back_but_for_the_quote(tmp_path_factory, texts):
    path = tmp_path_factory.getbasetemp() / "texts.csv"
    write_csv(pd.DataFrame({"k": range(len(texts)), "s": texts}), path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    plain = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    guarded = [
        f"'{p}" if text[:1] in tuple("=+-@\t\r\n") else p
        for text, p in zip(texts, plain, strict=True)
    ]
    assert [row[1] for row in rows] == guarded


def test_json_is_sorted_and_plain(tmp_path):
    obj = {"b": np.float64(0.5), "a": {"x": (1, np.int64(2)), "p": Path("a/b")}, "n": float("nan"),
           "t": np.bool_(True), "ü": None}  # fmt: skip
    write_json(obj, tmp_path / "t.json")
    text = (tmp_path / "t.json").read_text("utf-8")
    assert json.loads(text) == {"a": {"p": "a/b", "x": [1, 2]}, "b": 0.5, "n": None, "t": True,
                                "ü": None}  # fmt: skip
    assert text.index('"a"') < text.index('"b"')
    assert text.endswith("}\n")


WRITERS = {
    "t.csv": lambda path, n: write_csv(pd.DataFrame({"x": [n]}), path),
    "t.parquet": lambda path, n: write_parquet(pd.DataFrame({"x": [n]}), path),
    "t.json": lambda path, n: write_json({"x": n}, path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_run_that_is_killed_leaves_the_old_file_whole(tmp_path, monkeypatch, name):
    path = tmp_path / "new" / name
    WRITERS[name](path, 1)
    before = path.read_bytes()

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            WRITERS[name](path, 2)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [name]
    WRITERS[name](path, 2)
    assert path.read_bytes() != before


def test_what_a_killed_run_left_is_overwritten(tmp_path):
    (tmp_path / ".t.json.partial").write_text("half a file that is longer than the new one " * 9)
    write_json({}, tmp_path / "t.json")
    assert (tmp_path / "t.json").read_text() == "{}\n"
    assert [p.name for p in tmp_path.iterdir()] == ["t.json"]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "no other program")]
)
def test_a_disk_that_refuses_is_said_plainly(tmp_path, monkeypatch, name, number, words):
    def refuse(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError, match=words) as caught:
        WRITERS[name](tmp_path / name, 1)
    assert name in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_said_plainly(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_json({}, tmp_path / "out" / "t.json")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_files_have_the_permissions_of_others(tmp_path):
    (tmp_path / "usual").touch()
    write_json({}, tmp_path / "t.json")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "t.json")}
    assert len(modes) == 1


@given(st.lists(st.text(max_size=8).filter(lambda text: not text.startswith("'")), min_size=1))
def test_csv_of_ids_is_read_as_it_was_written(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    ids = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    write_csv(pd.DataFrame({"=id": texts, "score": 0.5}), path)
    found = read_csv(path, text=["=id"])
    assert found["=id"].tolist() == ids
    assert found["score"].tolist() == [0.5] * len(texts)


def test_csv_only_an_empty_cell_is_missing(tmp_path):
    table = pd.DataFrame({"session": ["NA", "-1"], "x": [np.nan, 2.0], "site": ["None", None]})
    write_csv(table, tmp_path / "t.csv")
    found = read_csv(tmp_path / "t.csv", text=["session"])
    assert found["session"].tolist() == ["NA", "-1"]
    assert found["x"].isna().tolist() == [True, False]
    assert found["site"].isna().tolist() == [False, True]


def test_tables_are_read_one_under_the_other_without_the_empty_ones(tmp_path):
    tables = [
        pd.DataFrame({"a": [1, 2], "t": ["x", "y"]}),
        pd.DataFrame({"a": pd.Series(dtype="float64"), "t": pd.Series(dtype="str")}),
        pd.DataFrame({"a": [3], "t": ["z"]}),
        pd.DataFrame({"a": [4], "t": ["w"], "b": [0.5]}),
    ]
    paths = [tmp_path / f"{k}.parquet" for k in range(len(tables))]
    for table, path in zip(tables, paths, strict=True):
        write_parquet(table, path)
    alike = read_joined_parquet(paths[:3])
    assert alike.dtypes.astype(str).tolist() == ["int64", "str"]
    assert alike["a"].tolist() == [1, 2, 3]
    further = read_joined_parquet(paths)
    assert further["t"].tolist() == ["x", "y", "z", "w"]
    assert further["b"].isna().tolist() == [True, True, True, False]
    assert not len(read_joined_parquet(paths[1:2]))


def test_a_long_table_is_written_and_read_as_a_short_one(tmp_path, monkeypatch):
    table = pd.DataFrame(
        {"n": [1, 2], "x": [0.5, np.nan], "t": ["a", None], "ok": [True, False], "y": [1.0, 2.0]}
    )
    short, long = (tmp_path / f"{name}.parquet" for name in ("short", "long"))
    write_parquet(table, short)
    pd.testing.assert_frame_equal(read_parquet(short), table)
    monkeypatch.setattr(files, "_ROWS_FOR_THREADS", 0)
    write_parquet(table, long)
    for path in (short, long):
        pd.testing.assert_frame_equal(read_parquet(path), table)
