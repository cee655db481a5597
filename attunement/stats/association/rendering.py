"""Numbers and tables as papers print them: APA text, HTML, LaTeX."""

import html
import math
from collections.abc import Sequence

import pandas as pd

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
MINUS = "\u2212"
TIMES = "\u00d7"
_LARGEST = 1e7
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 2, *, bounded: bool = False) -> str:
    """Return a number with fixed digits; without the leading zero where it cannot exceed 1."""
    if value is None or math.isnan(value):
        return "—"
    if math.isinf(value):
        return "> 10³⁰⁸" if value > 0 else f"< {MINUS}10³⁰⁸"
    size = abs(value)
    if size >= _LARGEST:
        power = math.floor(math.log10(size))
        mantissa = f"{value / 10**power:.1f}".replace("-", MINUS)
        return f"{mantissa} {TIMES} 10{str(power).translate(_RAISED)}"
    if size and size < 0.5 * 10**-digits:
        digits = min(6, digits + 2)
    text = f"{value:.{digits}f}"
    if bounded and size < 1:
        text = text.replace("0.", ".", 1)
    return text.replace("-", MINUS)


def interval(low: float, high: float) -> str:
    """Return ``[0.12, 0.56]``; words where an end is open or there is no interval."""
    if math.isnan(low) or math.isnan(high):
        return "no interval"
    ends = ["no limit" if math.isinf(end) else number(end) for end in (low, high)]
    return f"[{ends[0]}, {ends[1]}]"


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
    """Return text with LaTeX's own characters escaped."""
    escaped = "".join(_LATEX.get(c, c) for c in text)
    for sign, command in ((MINUS, "$-$"), ("∞", r"$\infty$"), ("—", "---"), ("²", "$^2$")):
        escaped = escaped.replace(sign, command)
    return escaped


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of text with numbers as papers print them."""
    shown = {}
    for name in table.columns:
        column = table[name]
        if pd.api.types.is_integer_dtype(column):
            shown[name] = [str(v) for v in column]
        elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            is_p = name == "p" or name.startswith("p_")
            is_end = name.startswith(("ci_", "ratio_")) and name.endswith(("low", "high"))
            shown[name] = [
                "no limit"
                if is_end and math.isinf(v)
                else "< .001"
                if is_p and v < 0.001
                else number(v, 3 if is_p else 2, bounded=is_p)
                for v in column.astype(float)
            ]
        else:
            shown[name] = ["" if pd.isna(v) else str(v) for v in column]
    return pd.DataFrame(shown)


def table_html(table: pd.DataFrame, *, caption: str = "", notes: Sequence[str] = ()) -> str:
    """Return a table as HTML, every text escaped, with caption before and notes after."""
    shown = cells(table)
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in shown.columns)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in shown.itertuples(index=False)
    )
    said = "".join(f"<p>{html.escape(note)}</p>\n" for note in notes)
    title = f"<caption>{html.escape(caption)}</caption>\n" if caption else ""
    top = f"<table>\n{title}<thead><tr>{head}</tr></thead>\n"
    return f"{top}<tbody>\n{body}\n</tbody>\n</table>\n{said}"


def table_latex(table: pd.DataFrame, *, caption: str = "", notes: Sequence[str] = ()) -> str:
    """Return a table as LaTeX for the package booktabs."""
    shown = cells(table)
    align = "".join(
        "r" if pd.api.types.is_numeric_dtype(table[name]) else "l" for name in table.columns
    )
    rows = [" & ".join(latex(str(name)) for name in shown.columns) + r" \\"]
    rows.append(r"\midrule")
    rows += [" & ".join(latex(c) for c in row) + r" \\" for row in shown.itertuples(index=False)]
    lines = [r"\begin{table}"]
    if caption:
        lines.append(rf"\caption{{{latex(caption)}}}")
    lines += [rf"\begin{{tabular}}{{{align}}}", r"\toprule", *rows, r"\bottomrule"]
    lines += [r"\end{tabular}"]
    if notes:
        lines.append(r"\par\footnotesize " + " ".join(latex(note) for note in notes))
    return "\n".join([*lines, r"\end{table}", ""])
