"""Whose rows are whose in a table that tells several people apart.

Programs number the faces that they follow (OpenFace's ``face_id``), name them (Py-Feat's
``Identity``) or carry the name of a participant (FaceReader). None of them knows a face again for
certain: one person may have several identities, and one table may hold two people who never share
a frame. So several identities are named and one is asked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import FacesError
from attunement.faces.backends.cells import Cells
from attunement.faces.programs.written import read_times
from attunement.study.sessions import EVERYONE

_MAX_NAMED = 6
# A row without an identity belongs to nobody in particular.
_NOBODY = re.compile(
    r"|nan|none|null|n/?a|unknown|no[ _-]?ident\w*|not[ _-]?identified|find_failed|fit_failed",
    re.IGNORECASE,
)
# What tells one frame of a table from another, whatever the program.
_FRAME = ("frame", "Frame")
_TIME = ("timestamp", "Video Time")


@dataclass(frozen=True)
class Rows:
    """The rows of one person.

    Attributes
    ----------
    kept : ndarray of int
        Which rows of the table are left: one a frame, in their order.
    is_theirs : ndarray of bool, shape (len(kept),)
        Where it is this person's row; elsewhere only somebody else is seen.
    """

    kept: NDArray[np.int64]
    is_theirs: NDArray[np.bool_]


def rows_of_one(
    raw: Cells,
    columns: Sequence[str],
    has_face: NDArray[np.bool_],
    *,
    person: str,
    wanted: str,
) -> Rows:
    """Return which rows of a table are one person's.

    Parameters
    ----------
    raw : Cells
        The table.
    columns : sequence of str
        Columns by which the program tells people apart; those that are not there are passed over.
    has_face : ndarray of bool
        Which rows show a face.
    person : str
        Whose table it is said to be.
    wanted : str
        Identities of that person, several joined by ``|``; `EVERYONE`; empty where nothing is said.

    Raises
    ------
    FacesError
        When faces have several identities and nothing is said, when one that is wanted is not
        there, or when those that are wanted share a frame.
    """
    column, labels = _labels(raw.cells[[name for name in columns if name in raw.cells]])
    every_row = Rows(np.arange(len(labels)), np.ones(len(labels), bool))
    if not wanted:
        _refuse_several(raw, column, labels, has_face, person)
        return every_row
    cell = f"{person}_table_id"
    frames = _frames(raw)
    everyone = wanted.strip().casefold() == EVERYONE
    is_theirs = every_row.is_theirs if everyone else _named(raw, column, labels, wanted, cell)
    _refuse_shared_frames(raw, frames, is_theirs & has_face, f"{cell} is {wanted!r}")
    # Of several rows of one frame the one that shows this person's face stays.
    rank = np.where(is_theirs & has_face, 0, np.where(is_theirs, 1, 2))
    by_rank = np.argsort(rank, kind="stable")
    kept = np.sort(by_rank[~frames.iloc[by_rank].duplicated().to_numpy()])
    # Where another recording stands below, its frames are none of this person's.
    numbers = _numbers(raw)[kept]
    if (np.diff(numbers) < 0).any():
        kept = kept[is_theirs[kept]]
    return Rows(kept, is_theirs[kept])


def _refuse_several(
    raw: Cells,
    column: str,
    labels: pd.Series,
    has_face: NDArray[np.bool_],
    person: str,
) -> None:
    named = labels[has_face & (labels != "").to_numpy()]
    there = [str(label) for label in named.value_counts().index]
    if len(there) < 2:
        return
    frames = _frames(raw).loc[named.index]
    n_shared = int((frames[~pd.DataFrame([frames, named]).T.duplicated()].value_counts() > 1).sum())
    company = (
        f"{n_shared:,} frames show several of them at once."
        if n_shared
        else "They never share a frame, so they may be one person or several."
    )
    of_first = set(frames[named == there[0]])
    apart = [one for one in there[1:] if of_first.isdisjoint(frames[named == one])]
    joined = (
        f", several joined as {there[0]}|{apart[0]} (a face that is lost and found may get a new"
        " one)"
        if apart
        else ""
    )
    everyone = "" if n_shared else f", or {EVERYONE} where every row is the {person}'s"
    raise FacesError(
        f"{raw.path.name} holds {len(there)} identities in its column {column}:"
        f" {_described(raw, named, there)}. {company}",
        f"Write in the manifest which of them is the {person}: {person}_table_id = {there[0]}"
        f"{joined}{everyone}.",
    )


def _labels(identities: pd.DataFrame) -> tuple[str, pd.Series]:
    """Return the name of the column or columns that tell people apart, and the label of each row.

    Columns that say the same throughout tell nobody apart; where several do, they are put together.
    """
    texts = identities.apply(lambda column: column.str.strip())
    for name in texts:
        nobody = [text for text in texts[name].unique() if _NOBODY.fullmatch(text)]
        texts[name] = texts[name].where(~texts[name].isin(nobody), "")
    telling = [name for name in texts if len(set(texts[name]) - {""}) > 1]
    telling = telling or list(texts.columns[:1])
    if not telling:
        return "", pd.Series("", index=identities.index, dtype="str")
    labels = texts[telling[0]]
    for name in telling[1:]:
        labels = (labels + ", " + texts[name]).str.strip(", ")
    return " and ".join(map(str, telling)), labels.astype("str")


def _named(raw: Cells, column: str, labels: pd.Series, wanted: str, cell: str) -> NDArray[np.bool_]:
    there = [str(name) for name in labels[labels != ""].unique()]
    is_theirs = pd.Series(data=False, index=labels.index)
    for name in filter(None, map(str.strip, wanted.split("|"))):
        found = [label for label in there if _is_same(label, name)]
        if not found:
            more = f" and {len(there) - _MAX_NAMED} others" if len(there) > _MAX_NAMED else ""
            held = (
                f"its column {column} holds {', '.join(there[:_MAX_NAMED])}{more}"
                if there
                else "none of its columns tells people apart"
            )
            # Another spelling only: whether Person_1 is Person_0 or Person_2 is no guess.
            alike = [label for label in there if _letters(label) == _letters(name)]
            meant = f"Did you mean {alike[0]!r}? " if len(alike) == 1 else ""
            raise FacesError(
                f"{raw.path.name} has no identity {name!r}, which {cell} names: {held}.",
                f"{meant}Correct {cell} in the manifest, or empty it where the table shows one "
                "person.",
            )
        is_theirs |= labels.isin(found)
    return is_theirs.to_numpy(bool)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def _is_same(one: str, other: str) -> bool:
    """Return whether two texts name one identity; a spreadsheet turns 0 into 0.0."""
    if one == other:
        return True
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _refuse_shared_frames(
    raw: Cells, frames: pd.Series, is_seen: NDArray[np.bool_], said: str
) -> None:
    twice = frames[is_seen & frames.where(is_seen).duplicated().to_numpy()]
    if len(twice):
        raise FacesError(
            f"{raw.path.name}: {said}, but several of these faces are in one frame, in"
            f" {twice.nunique():,} of its frames, the first at {twice.iloc[0]}: they are not one"
            " person.",
            "Name the identities of one person only.",
        )


def _frames(raw: Cells) -> pd.Series:
    """Return what names the frame of every row, in words of the table."""
    names = [name for name in (*_FRAME, *_TIME) if name in raw.cells]
    said = [name + " " + raw.cells[name].str.strip() for name in names]
    if not said:
        return pd.Series(np.arange(len(raw.cells)), index=raw.cells.index).astype("str")
    return said[0] if len(said) == 1 else said[0].str.cat(said[1:], sep=", ")


def _numbers(raw: Cells) -> NDArray[np.float64]:
    """Return what grows from frame to frame of one recording."""
    for name in (*_FRAME, *_TIME):
        if name in raw.cells:
            return read_times(raw.cells[name]).seconds_or_number
    return np.arange(len(raw.cells), dtype=float)


def _described(raw: Cells, named: pd.Series, there: Sequence[str]) -> str:
    parts = []
    for label in there[:_MAX_NAMED]:
        places = raw.cells.index.get_indexer(named.index[named == label])
        share = 100 * len(places) / len(named)
        parts.append(f"{label} ({len(places):,} rows, {share:.0f} %, {_span(raw, places)})")
    rest = len(there) - _MAX_NAMED
    if rest > 0:
        n_rows = int(named.isin(there[_MAX_NAMED:]).sum())
        parts.append(f"{rest} others ({n_rows:,} rows)")
    return ", ".join(parts[:-1]) + f" and {parts[-1]}"


def _span(raw: Cells, places: NDArray[np.int64]) -> str:
    for name in _TIME:
        if name in raw.cells:
            times_s = read_times(raw.cells[name]).seconds_or_number[places]
            if np.isfinite(times_s).any():
                return f"{_clock(np.nanmin(times_s))} to {_clock(np.nanmax(times_s))}"
    numbers = _numbers(raw)[places]
    if raw.rate_hz and np.isfinite(numbers).any():
        return (
            f"{_clock(np.nanmin(numbers) / raw.rate_hz)} to"
            f" {_clock(np.nanmax(numbers) / raw.rate_hz)}"
        )
    return f"rows {places[0] + 1:,} to {places[-1] + 1:,}"


def _clock(time_s: float) -> str:
    return f"{round(time_s) // 60}:{round(time_s) % 60:02d}"
