"""A check of a study as text for people, at most a hundred columns wide."""

import re
from collections.abc import Sequence
from itertools import takewhile
from math import isfinite
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd

from attunement.cards import PRINTED_WIDTH
from attunement.study import Session
from attunement.study.one_source import one_source_lines

_MAX_ID = 18
_HEADS = ("length", "rate", "decode", "found", "usable", "eyes", "yaw", "pitch")
_UNITS = ("s", "Hz", "%", "%", "%", "px", "deg", "deg")
_IN = "    "
# Cells of the manifest, or rows of roles.csv.
_CELL = r"\w+ = [\w,.:-]+?|[^;: ]+,\d+,\w+,[\d.]+,[\d.]*?"
_CELLS = re.compile(rf"((?:(?:{_CELL}); )*(?:{_CELL})\.)(?: (.*))?")
_COLUMNS = {
    "duration_s": "{:.0f}", "rate_hz": "{:.1f}", "decodable_share": "{:.0%}",
    "found_share": "{:.0%}", "usable_share": "{:.0%}", "interocular_px": "{:.0f}",
    "yaw_deg": "{:.0f}", "pitch_deg": "{:.0f}",
}  # fmt: skip


def to_text(table: pd.DataFrame) -> str:
    """Return the table, and under it the advice of each session.

    Advice that both partners' rows share is said once. Ids longer than 18 characters are cut in
    the table and whole under it. A face whose person is not known is called A or B. Cells for the
    manifest stand on lines of their own.
    """
    wide = min(_MAX_ID, max([len("session"), *(len(name) for name in table["session"])]))
    lines = [
        _line(wide, "session", "person", _HEADS, "verdict"),
        _line(wide, "", "", _UNITS, ""),
    ]
    # Faces that nobody has named in the order of their letters, everyone else as they stand.
    order = pd.factorize(table["session"])[0]
    table = table.iloc[np.lexsort((table["face"], order))]
    for row in table.to_dict("records"):
        cells = [_cell(row[name], how) for name, how in _COLUMNS.items()]
        who = str(row["face"] or row["person"])
        lines.append(_line(wide, str(row["session"]), who, cells, row["verdict"]))
    for session, rows in table.groupby("session", sort=False):
        said = _advice(rows)
        if said:
            lines += ["", str(session)]
            lines += [line for text in said for line in _paragraphs(text)]
    return "\n".join(lines)


def one_source_text(sessions: Sequence[Session]) -> str:
    """Return where one recording or table is named for both partners; empty where none is."""
    return "\n".join(fill(line, PRINTED_WIDTH) for line in one_source_lines(sessions))


def estimate_text(run_s: float, workers: int) -> str:
    """Return what the whole run will take, and what that rests on."""
    if not run_s:
        return "A run has no recording to search."
    who = "1 worker" if workers == 1 else f"{workers} workers"
    return fill(
        f"A run of the whole study will take about {_duration(run_s)} with {who}. This takes every "
        "frame to need the time that the sampled ones did, a machine as busy as it was just now, "
        "and nothing finished by an earlier run.",
        PRINTED_WIDTH,
    )


def pictures_text(table: pd.DataFrame, folder: Path | None) -> str:
    """Return where the pictures are, or that some would tell who is who; else the empty text."""
    if folder is not None:
        said = (
            "They show the people recorded, in the recordings' own pixels: keep them as safe as "
            "the recordings. They were sent nowhere."
        )
        head = f"Pictures of every session (<session>_1.png and on):\n  {folder}"
        return f"{head}\n{fill(said, PRINTED_WIDTH)}"
    if (table["face"] != "").any():
        return fill(
            "To see who A and B are: attunement check STUDY --pictures FOLDER", PRINTED_WIDTH
        )
    return ""


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _advice(rows: pd.DataFrame) -> list[str]:
    texts = list(rows["advice"])
    if len(set(texts)) == 1:
        return [texts[0]] if texts[0] else []
    # What is said of the session stands first in both.
    sentences = [_sentences(text) for text in texts]
    n_common = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(*sentences, strict=False))))
    own = [
        f"{person}: {' '.join(said[n_common:])}"
        for person, said in zip(
            rows["face"].where(rows["face"] != "", rows["person"]), sentences, strict=True
        )
        if any(said[n_common:])
    ]
    return [" ".join(sentences[0][:n_common]), *own] if n_common else own


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=\.) (?=[A-Z])", text)


def _paragraphs(text: str) -> list[str]:
    """Return a text as lines, cells of the manifest unbroken, so that they can be copied."""
    parts: list[str] = []
    plain: list[str] = []

    def flush() -> None:
        if plain:
            parts.append(
                fill(" ".join(plain), PRINTED_WIDTH, initial_indent="  ", subsequent_indent=_IN)
            )
            plain.clear()

    for sentence in _sentences(text):
        head, _, cells = sentence.partition(": ")
        if match := _CELLS.fullmatch(cells):
            flush()
            parts.append(f"  {head}:")
            parts += [f"{_IN}{cell}" for cell in match[1].removesuffix(".").split("; ")]
            # What follows begins with a number or the name of a file.
            plain += [match[2]] if match[2] else []
        else:
            plain.append(sentence)
    flush()
    return parts


def _line(wide: int, session: str, person: str, cells: Sequence[str], end: str) -> str:
    shown = session if len(session) <= wide else f"{session[: wide - 1]}…"
    numbers = "".join(f"{cell:>7}" for cell in cells)
    return f"{shown:<{wide}} {person:<9}{numbers}  {end}".rstrip()


def _cell(value: float, how: str) -> str:
    return how.format(value).replace("%", "") if isfinite(value) else "-"
