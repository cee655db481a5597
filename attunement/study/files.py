"""Files that are whole or absent: written beside their place, then renamed into it."""

import contextlib
import errno
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from attunement.errors import OutputError, TableError

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_ROW_GROUP_ROWS = 2**17
_ROWS_FOR_THREADS = 10_000


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet; equal tables give equal bytes.

    The index is not kept. Neither are pandas' own notes, which differ between tables with the same
    cells. Missing values become nulls.

    Raises
    ------
    TableError
        When a column holds what Parquet cannot.
    OutputError
        When the file cannot be written.
    """
    try:
        arrow = _to_arrow(table)
    except ValueError as error:
        raise TableError(f"A table cannot be written to {path.name}: {error}") from None

    # zstd and a dictionary of numbers take twice the time, which small tables of many columns
    # consist of, and save nothing there; few numbers of a measurement are alike in any table.
    long = len(table) > _ROWS_FOR_THREADS
    text = [field.name for field in arrow.schema if pa.types.is_string(field.type)]

    def fill(file: IO[bytes]) -> None:
        pq.write_table(
            arrow,
            file,
            compression="zstd" if long else "snappy",
            compression_level=3 if long else None,
            use_dictionary=text,
            row_group_size=_ROW_GROUP_ROWS,
        )

    _write(path, fill)
    if long:
        del arrow
        pa.default_memory_pool().release_unused()


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a table that `write_parquet` wrote.

    Raises
    ------
    OutputError
        When the file is absent, cannot be read, or is not Parquet.
    """
    return _to_pandas(_read_arrow(path))


def read_joined_parquet(paths: Sequence[Path]) -> pd.DataFrame:
    """Read tables that `write_parquet` wrote, one under the other; those without rows are left out.

    Errors are those of `read_parquet`.
    """
    tables = [table for table in map(_read_arrow, paths) if table.num_rows]
    if all(table.schema == tables[0].schema for table in tables):
        # Joined before they are pandas', which takes half of the time where tables are small.
        return _to_pandas(pa.concat_tables(tables)) if tables else pd.DataFrame()
    return pd.concat(map(_to_pandas, tables), ignore_index=True)


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    if table.num_rows <= _ROWS_FOR_THREADS:
        return table.to_pandas(use_threads=False)
    # The tables of a long session: each column is given up as it is taken over, and what Arrow
    # would keep for later goes back, so that a worker does not hold them twice.
    converted = table.to_pandas(split_blocks=True, self_destruct=True)
    pa.default_memory_pool().release_unused()
    return converted


def _read_arrow(path: Path) -> pa.Table:
    try:
        # ParquetFile and not read_table, which takes a folder named "a=b" for a column.
        with pq.ParquetFile(path) as file:
            # Threads take longer to start than they save, but where there are many rows.
            return file.read(use_threads=file.metadata.num_rows > _ROWS_FOR_THREADS)
    except FileNotFoundError:
        raise OutputError(f"{path} is not there.", "Run the study again to make it.") from None
    except (pa.ArrowException, OSError) as error:
        raise OutputError(
            f"{path} cannot be read as Parquet ({_one_line(error)}).",
            "Delete it and run the study again.",
        ) from None


def write_csv(table: pd.DataFrame, path: Path) -> None:
    r"""Write a table as CSV: UTF-8, commas, ``\n``, numbers with all their digits.

    Missing values are empty cells. The index is not kept. A cell of text that a spreadsheet would
    run as a formula (it begins with ``=``, ``+``, ``-``, ``@``, tab or line end) gets a
    single quote in front; numbers do not.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    try:
        content = csv_text(table).encode()
    except UnicodeEncodeError as error:
        raise TableError(f"A text for {path.name} is not valid Unicode: {error.reason}.") from None
    write_bytes(content, path)


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as the text that `write_csv` writes."""
    cells = pd.DataFrame(
        {k: _text_guarded(table.iloc[:, k]) for k in range(table.shape[1])}, index=table.index
    )
    header = [_guarded(str(name)) for name in table.columns]
    return str(cells.to_csv(index=False, header=header, lineterminator="\n"))


def write_json(obj: Any, path: Path) -> None:
    """Write JSON with sorted keys, indented; a NaN, which JSON has not, is written as null.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    text = json.dumps(_as_json(obj), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(f"{text}\n".encode(), path)


def write_text(text: str, path: Path) -> None:
    r"""Write text as UTF-8 with ``\n`` line ends.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    write_bytes(text.encode(), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Write bytes as they are.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    _write(path, lambda file: file.write(content))


def _write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    # The name is the same every time, so that what a killed run leaves is overwritten by the next
    # one. One run at a time holds an output folder, and one process at a time writes a file.
    partial = path.with_name(f".{path.name}.partial")
    with _said_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # Makes the rename itself last through a power cut, where the system lets a folder be opened.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"{path} cannot be written: the disk is full.", "Free some space and run again."
            ) from None
        raise OutputError(
            f"{path} cannot be written ({error.strerror or _one_line(error)}).",
            "Check that the folder may be written to and that no other program has the file open.",
        ) from None


def read_csv(path: Path, *, text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a table that `write_csv` wrote, with its formula guard taken off again.

    Parameters
    ----------
    path : Path
        The file.
    text : sequence of str
        Columns that stay text as written: an id "007", "NA" or "None" is that id. In the others
        an empty cell is missing, and nothing else is.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    table.columns = [_unguarded(name) for name in table.columns]
    columns = {}
    for name, cells in table.items():
        cells = cells.map(_unguarded)
        if name not in text:
            cells = cells.mask(cells == "")
            with contextlib.suppress(ValueError):
                cells = pd.to_numeric(cells)
        columns[name] = cells
    return pd.DataFrame(columns)


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA_STARTS) else cell


def _to_arrow(table: pd.DataFrame) -> pa.Table:
    """Return a table as Arrow's, without index and notes of pandas; missing values are nulls.

    Done here, and not by ``pa.Table.from_pandas``, which takes three times as long for the many
    columns and few rows of a short session.
    """
    names = [str(name) for name in table.columns]
    if len(set(names)) < len(names):
        raise ValueError(f"two columns have the same name among {', '.join(names)}")
    # Numbers in place of names, of which pandas makes an index anew for every selection.
    table = table.set_axis(range(len(names)), axis="columns")
    places: dict[Any, list[int]] = {}
    for place, kind in enumerate(table.dtypes):
        places.setdefault(kind, []).append(place)
    columns: dict[int, pa.Array] = {}
    for kind, of_kind in places.items():
        # Together, they are copied: of a long session they go one by one, as they lie.
        few = len(table) <= _ROWS_FOR_THREADS
        if few and isinstance(kind, np.dtype) and kind.kind in "biuf":
            rows = np.ascontiguousarray(table[of_kind].to_numpy().T)
            for place, values in zip(of_kind, rows, strict=True):
                columns[place] = pa.array(values, from_pandas=True)
        else:
            for place in of_kind:
                try:
                    columns[place] = _plain(pa.array(table[place], from_pandas=True))
                except (pa.ArrowException, ValueError, TypeError) as error:
                    raise ValueError(f"column {names[place]!r}: {_one_line(error)}") from None
    return pa.Table.from_arrays([columns[place] for place in range(len(names))], names=names)


def _plain(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    kind = values.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    # pandas hands over either kind of text, depending on how a column came about.
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        kind = pa.string()
    if kind != values.type:
        values = values.cast(kind)
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _text_guarded(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column
    return column.astype(object).map(_guarded, na_action="ignore")


def _guarded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    start = "'" if value.startswith(_FORMULA_STARTS) else ""
    # A lone carriage return inside a cell would end the row for many readers.
    return start + value.replace("\r\n", "\n").replace("\r", "\n")


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
