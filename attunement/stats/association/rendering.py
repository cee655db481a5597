"""Numbers and tables as papers print them: APA text, HTML, LaTeX."""

import html
import math
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

MINUS = "\u2212"
TIMES = "\u00d7"
_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#",
    "_": r"\_\allowbreak{}",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    MINUS: "$-$", TIMES: r"$\times$", "∞": r"$\infty$", "—": "---", "≤": r"$\leq$", "≥": r"$\geq$",
}  # fmt: skip
# Row widths in characters: what fits a line of 16 cm at 10 pt, and at 9 pt; longer texts wrap.
_NORMAL, _SMALL, _WRAPPED = 84, 98, 30
_LARGEST = 1e7
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_NUMBER_WITH_BLANKS = re.compile(r"\[[^\]]*\]|[<>] \S+|\S+ \u00d7 \S+")
# Blanks; and words, cut after joining signs and where they are very long.
_RUNS = re.compile(r"\s+|[^\s_*/|]{1,24}[_*/|]*|[_*/|]+")
_RAISED_RUN = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def number(value: float, digits: int = 2, *, bounded: bool = False) -> str:
    """Return a number with fixed digits; without the leading zero where it cannot exceed 1."""
    if value is None or math.isnan(value):
        return "—"
    if math.isinf(value):
        return "> 10³⁰⁸" if value > 0 else f"< {MINUS}10³⁰⁸"
    size = abs(value)
    if size >= _LARGEST or (size and size < 0.5 * 10 ** -(digits + 2)):
        power = math.floor(math.log10(size))
        mantissa = f"{value / 10**power:.1f}".replace("-", MINUS)
        return f"{mantissa} {TIMES} 10{str(power).translate(_RAISED)}"
    if size and size < 0.5 * 10**-digits:
        digits = min(6, digits + 2)
    text = f"{value:.{digits}f}"
    if bounded and size < 1:
        text = text.replace("0.", ".", 1)
    return text.replace("-", MINUS)


def limit(value: float) -> str:
    """Return the end of an interval; words where it is open."""
    return "no limit" if math.isinf(value) else number(value)


def interval(low: float, high: float) -> str:
    """Return ``[0.12, 0.56]``; words where an end is open or there is no interval."""
    if math.isnan(low) or math.isnan(high):
        return "no interval"
    return f"[{limit(low)}, {limit(high)}]"


def p_value(p: float) -> str:
    """Return ``= .034`` or ``< .001``."""
    if math.isnan(p):
        return "not computed"
    return "< .001" if p < 0.001 else f"= {number(p, 3, bounded=True)}"


def sentence(parts: Sequence[str], *, style: str) -> str:
    """Join parts; a part between asterisks is a symbol, set in italics."""
    text = "".join(parts)
    pieces = text.split("*")
    out = []
    for k, piece in enumerate(pieces):
        if style == "html":
            safe = html.escape(piece)
            out.append(f"<em>{safe}</em>" if k % 2 else safe)
        else:
            out.append(piece)
    return "".join(out)


def latex(text: str) -> str:
    """Return text with LaTeX's own characters escaped and signs that fonts lack as commands."""
    escaped = "".join(_LATEX.get(c, c) for c in text)
    return _RAISED_RUN.sub(lambda run: f"$^{{{run[0].translate(_LOWERED)}}}$", escaped)


def p_cell(p: float) -> str:
    """Return a p-value in a table: ``.034``, ``< .001``; empty where there is none."""
    if math.isnan(p):
        return ""
    return "< .001" if p < 0.001 else number(p, 3, bounded=True)


def cell(name: str, value: object) -> str:
    """Return a value as papers print it, by its type and the name of its column."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return str(value)
    if isinstance(value, (float, np.floating)):
        number_of = float(value)
        if name == "p" or name.startswith("p_"):
            return p_cell(number_of)
        if name.startswith("n_") and number_of.is_integer():
            return f"{number_of:.0f}"
        if name.endswith(("_low", "_high")):
            return "" if math.isnan(number_of) else limit(number_of)
        return "" if math.isnan(number_of) else number(number_of)
    return "" if value is None or pd.isna(value) else str(value)


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of text with numbers as papers print them; what is missing is empty."""
    return pd.DataFrame(
        {name: [cell(str(name), value) for value in table[name]] for name in table.columns}
    )


def table_html(
    table: pd.DataFrame,
    *,
    caption: str = "",
    notes: Sequence[str] = (),
    text_columns: Sequence[str] | None = None,
) -> str:
    """Return a table as HTML, every text escaped, with caption before and notes after.

    Columns of numbers have the class ``num``: those that hold numbers, or all but `text_columns`.
    """
    shown = cells(table)
    marks = [' class="num"' if n else "" for n in _of_numbers(table, text_columns)]
    head = "".join(
        f"<th{mark}>{_breakable(str(name))}</th>"
        for name, mark in zip(shown.columns, marks, strict=True)
    )
    body = "\n".join(
        "<tr>"
        + "".join(
            f"<td{mark}>{_whole(text) if mark else _breakable(text)}</td>"
            for text, mark in zip(row, marks, strict=True)
        )
        + "</tr>"
        for row in shown.itertuples(index=False)
    )
    said = "".join(f'<p class="note">{html.escape(note)}</p>\n' for note in notes)
    title = f"<caption>{html.escape(caption)}</caption>\n" if caption else ""
    top = f"<table>\n{title}<thead><tr>{head}</tr></thead>\n"
    return f"{top}<tbody>\n{body}\n</tbody>\n</table>\n{said}"


def table_latex(
    table: pd.DataFrame,
    *,
    caption: str = "",
    notes: Sequence[str] = (),
    text_columns: Sequence[str] | None = None,
) -> str:
    """Return a table as LaTeX for the package booktabs, no wider than a column of 16 cm.

    Long texts wrap; a table of many characters a row is set smaller.
    """
    shown = cells(table)
    widths = [
        max([len(str(name)), *(len(str(text)) for text in shown[name])]) for name in shown.columns
    ]
    align = "".join(
        "r"
        if numeric
        else f">{{\\raggedright\\arraybackslash}}p{{{_WRAPPED / 100:g}\\linewidth}}"
        if width > _WRAPPED
        else "l"
        for numeric, width in zip(_of_numbers(table, text_columns), widths, strict=True)
    )
    rows = [" & ".join(latex(str(name)) for name in shown.columns) + r" \\"]
    rows.append(r"\midrule")
    rows += [" & ".join(latex(c) for c in row) + r" \\" for row in shown.itertuples(index=False)]
    lines = ["% Packages: booktabs, array", r"\begin{table}", r"\centering"]
    total = sum(min(width, _WRAPPED) + 2 for width in widths)
    if total > _NORMAL:
        lines.append(
            (r"\small" if total <= _SMALL else r"\footnotesize") + r"\setlength{\tabcolsep}{3pt}"
        )
    if caption:
        lines.append(rf"\caption{{{latex(caption)}}}")
    lines += [rf"\begin{{tabular}}{{@{{}}{align}@{{}}}}", r"\toprule", *rows, r"\bottomrule"]
    lines += [r"\end{tabular}"]
    if notes:
        said = " ".join(latex(note) for note in notes)
        lines += [
            r"\par\smallskip",
            rf"\begin{{minipage}}{{\linewidth}}\footnotesize\raggedright {said}\end{{minipage}}",
        ]
    return "\n".join([*lines, r"\end{table}", ""])


def _of_numbers(table: pd.DataFrame, text_columns: Sequence[str] | None) -> list[bool]:
    if text_columns is not None:
        return [name not in text_columns for name in table.columns]
    return [
        pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
        for name in table.columns
    ]


def _breakable(text: str) -> str:
    """Return a text escaped, with places where a long name of a column may be broken."""
    broken, before = "", " "
    for run in _RUNS.findall(text):
        within = not before.isspace() and not run.isspace()
        broken += "<wbr>" * within + html.escape(run)
        before = run
    return broken


def _whole(text: str) -> str:
    """Return numbers escaped, without a line's end inside an interval, a power or a small p."""
    kept = _NUMBER_WITH_BLANKS.sub(lambda found: found[0].replace(" ", "\u00a0"), text)
    return html.escape(kept)
