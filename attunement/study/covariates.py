"""The manifest's further columns: checked names, numbers where a whole column is numeric."""

import re
from functools import cache

from attunement import schema
from attunement.study.faults import Faults
from attunement.study.sheets import Sheet
from attunement.written_numbers import read_numbers, reads_two_ways

_IDS = {"dyad", "session", "family"}
_TABLES = (schema.EVENTS, schema.SIGNALS, schema.FACES, schema.FAILURES)


def read_covariates(
    sheet: Sheet, known: tuple[str, ...], required: tuple[str, ...], faults: Faults
) -> list[tuple[tuple[str, object], ...]]:
    """Return, for every row, the cells of the columns that are not `known`.

    A column is numeric where every cell is a number (as `read_numbers` reads them) or missing: then
    its cells are floats, NaN where missing. Otherwise they are text, None where empty. A name that
    an output uses is a fault, and so is one that is a known one but for a letter; only of the
    `required` columns is it left to who misses them to say that.
    """
    columns = {}
    for name in sheet.columns:
        if name in known:
            continue
        _check_name(name, [k for k in known if k not in required], faults)
        cells = [(row, cells[name]) for row, cells in sheet.rows]
        columns[name] = _values(name, cells, sheet.comma_separated, faults)
    return [
        tuple((name, values[k]) for name, values in columns.items()) for k in range(len(sheet.rows))
    ]


def _check_name(name: str, known: list[str], faults: Faults) -> None:
    if name.casefold() in _output_names():
        expected = "a name that no output uses"
        near = _one_letter_off(name, known)
        advice = f"Rename the column, for example to {name + '_given'!r}"
        faults.at(1, name, name, expected, f"{advice}, or to {near!r}." if near else f"{advice}.")
    elif near := _one_letter_off(name, known):
        expected = f"a known column, or a name less like {near!r}"
        faults.at(1, name, name, expected, f"Rename it to {near!r}, or to something else.")


@cache
def _output_names() -> frozenset[str]:
    """Return the names, in small letters, that tables of a study's results use."""
    # Loading what scores are made by takes a while: only a manifest with further columns needs it.
    from attunement.scoring.columns import columns

    scored = (column.name for table in columns().values() for column in table)
    names = {*scored, *(name for table in _TABLES for name in table)} - _IDS
    return frozenset(name.casefold() for name in names)


def _values(
    name: str, cells: list[tuple[int, str]], comma_separated: bool, faults: Faults
) -> list[object]:
    texts = [text for _, text in cells]
    read = read_numbers(texts, decimal_comma=not comma_separated)
    if any(not reads_two_ways(texts[place]) for place in read.wrong):
        return [text or None for text in texts]
    for place, advice in read.wrong.items():
        row, text = cells[place]
        faults.at(row, name, text, "a number that can be read in one way", advice)
    return list(read.values)


def _one_letter_off(name: str, known: list[str]) -> str:
    # A column that is almost a known one would be carried along unread. Only the nearest misses
    # count: caregiver_sex is no misspelt caregiver_side.
    plain = re.sub(r"[\W_]", "", name.casefold())
    return next((k for k in known if _distance_at_most_one(plain, k.replace("_", ""))), "")


def _distance_at_most_one(a: str, b: str) -> bool:
    """Whether one letter added, dropped, changed, or two swapped, make `b` of `a`."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    if start is None:
        return True
    tails = a[start:], b[start:]
    swapped = tails[0][1::-1] + tails[0][2:] == tails[1]
    return (
        swapped
        or tails[0][1:] == tails[1]
        or tails[0] == tails[1][1:]
        or (tails[0][1:] == tails[1][1:])
    )
