"""The page of a study's associations."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from attunement.config import Association
from attunement.fitting.declaration import primaries
from attunement.fitting.entered import EnteredColumns
from attunement.fitting.entered_words import entered_html
from attunement.stats.association import Result
from attunement.stats.association.rendering import table_html

_SHOWN = (
    "outcome", "term", "estimate", "ci_low", "ci_high", "p", "p_permutation", "p_adjusted",
    "adjustment", "n_dyads", "n_left_out", "note",
)  # fmt: skip
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Scores and outcomes</title>
<style>
body { font-family: sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 }
td, th { padding: .2em .6em; border-bottom: 1px solid #ccc; text-align: left }
</style></head><body>"""


@dataclass(frozen=True)
class Section:
    """One model on the page.

    Attributes
    ----------
    model : (str, str)
        Outcome and predictor.
    result : Result, optional
        The fit.
    shape : Result, optional
        The test of "good enough".
    refused, shape_refused : str
        Why there is no fit; why there is no test of "good enough" where one was due.
    """

    model: tuple[str, str]
    result: Result | None = None
    shape: Result | None = None
    refused: str = ""
    shape_refused: str = ""


def page_html(
    table: pd.DataFrame,
    sections: Sequence[Section],
    entered: EnteredColumns,
    settings: Association,
) -> str:
    """Return the page: all tests, each model with its test of "good enough", what is left out."""
    declared = ", ".join(primaries(settings)) or "none declared: everything is exploratory"
    shown = table[[name for name in _SHOWN if name in table.columns]]
    parts = [
        _HEAD,
        f"<h1>Scores and outcomes</h1>\n<p>Primary: {html.escape(declared)}.</p>",
        entered_html(entered),
        table_html(shown, caption="All tests"),
    ]
    for section in sections:
        outcome, predictor = map(html.escape, section.model)
        parts.append(f"<h2>{outcome} and {predictor}</h2>")
        if section.result is None:
            parts.append(f"<p>Not fitted: {html.escape(section.refused)}</p>")
            continue
        parts.append(section.result.to_html())
        if section.shape is not None:
            parts.append(section.shape.to_html())
        elif section.shape_refused:
            reason = html.escape(section.shape_refused)
            parts.append(f"<p>Square and two lines: not computed. {reason}</p>")
        left_out = section.result.diagnostics["left_out"]
        if len(left_out):
            parts.append(table_html(left_out, caption="Sessions left out"))
    if len(entered.unmatched):
        parts.append(table_html(entered.unmatched, caption="Ids found in one table only"))
    return "\n".join([*parts, "</body></html>", ""])
