"""Reading the file of a coder, whatever program wrote it."""

from pathlib import Path

import pandas as pd

from attunement import schema
from attunement.codes import formats
from attunement.errors import TableError

_TIMES = (("onset_s", "offset_s"), ("onset", "offset"), ("time_s",), ("time",))


def read_codes(path: str | Path) -> pd.DataFrame:
    r"""Read one file of codes into a plain table, which `codes_to_signals` takes.

    Parameters
    ----------
    path : str or Path
        A file of a format that ``attunement.codes.formats`` lists, told by its ending: a plain
        table (.csv, .tsv, .txt) with the columns that `codes_to_signals` describes.

    Returns
    -------
    DataFrame
        The file's rows and columns; times in seconds. `session` is the file's name without its
        ending where the file does not say one. Empty cells are missing.

    Raises
    ------
    TableError
        There is no such file, no format has its ending, or it lacks codes or times.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from attunement.codes import read_codes
    >>> path = Path(tempfile.mkdtemp()) / "s1.csv"
    >>> _ = path.write_text("person,code,onset_s,offset_s\ninfant,positive,0,1.5\n")
    >>> print(read_codes(path).to_dict("records"))
    [{'session': 's1', 'person': 'infant', 'code': 'positive', 'onset_s': 0.0, 'offset_s': 1.5}]
    """
    path = Path(path)
    if not path.is_file():
        raise TableError(f"There is no file {path.name} in {path.parent}.", "Check the name.")
    for one in formats.FORMATS:
        if path.suffix.lower() in one.suffixes:
            break
    else:
        known = ", ".join(f"{one.name} ({', '.join(one.suffixes)})" for one in formats.FORMATS)
        raise TableError(
            f"{path.name} is of no kind of coders' file that can be read here.",
            f"Export it as one of: {known}.",
        )
    try:
        table = one.read(path)
    except TableError as error:
        raise TableError(f"{path.name} {error.reason}", error.advice) from None
    times = next((names for names in _TIMES if set(names) <= set(table.columns)), None)
    if times is None or "code" not in table.columns:
        raise TableError(
            f"{path.name} must have code and either onset_s and offset_s or time_s;"
            f" found {', '.join(map(str, table.columns))}.",
        )
    try:
        table = table.astype(dict.fromkeys(times, "float64"))
    except (ValueError, TypeError):
        raise TableError(
            f"{path.name} has times that are no numbers in {' or '.join(times)}.",
            "Write times as seconds.",
        ) from None
    if "session" not in table.columns:
        table.insert(0, "session", pd.Series(path.stem, index=table.index, dtype=schema.TEXT))
    return table
