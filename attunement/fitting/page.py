"""The page of a study's associations: n, the primary result with its figure, then the rest."""

import base64
import html
from collections.abc import Sequence

import pandas as pd

from attunement.config import Association
from attunement.errors import AssociationError
from attunement.fitting.declaration import is_primary, primaries
from attunement.fitting.entered import EnteredColumns
from attunement.fitting.entered_words import columns_html, doubts_html, unmatched_shown
from attunement.fitting.words import (
    Section,
    first_drawn,
    primary_words,
    rest_words,
    tests_table,
    who_went_in,
)
from attunement.stats.association import Result
from attunement.stats.association.rendering import table_html

_DPI = 150
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Scores and outcomes</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font-family: sans-serif; line-height: 1.45; max-width: 60em; margin: 2em auto;
  padding: 0 1em }
p, h2 { overflow-wrap: anywhere }
td, th { overflow-wrap: break-word }
table { border-collapse: collapse; margin: 1em 0; font-size: .88em; max-width: 100% }
caption { text-align: left; font-weight: bold; padding: .3em 0 }
td, th { padding: .2em .55em; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top }
td.num, th.num { text-align: right; overflow-wrap: normal }
td.num { font-variant-numeric: tabular-nums }
figure { margin: 1em 0 }
img { max-width: 100%; height: auto }
.n { font-size: 1.15em; font-weight: bold }
.note { font-size: .85em; margin: .3em 0; color: #444 }
.warning { border-left: .3em solid #D55E00; padding-left: .6em }
@page { size: A4; margin: 16mm }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt }
  h1, h2, section > p:first-child { break-after: avoid }
  figure, tr, .warning { break-inside: avoid }
  thead { display: table-header-group }
  img { max-width: 15cm }
}
</style></head><body>"""


def page_html(
    table: pd.DataFrame,
    sections: Sequence[Section],
    entered: EnteredColumns,
    settings: Association,
) -> str:
    """Return the page: n, doubts, the primary models with figures, all tests, each model, the data.

    Where no model was declared primary the first fitted one has the figure, and is called
    exploratory like the others.
    """
    parts = [
        _HEAD,
        "<h1>Scores and outcomes</h1>",
        f'<p class="n">{html.escape(who_went_in(sections))}</p>',
        doubts_html(entered),
        *_first(table, sections, settings),
        table_html(
            tests_table(sections, table, settings),
            caption="All tests",
            text_columns=("model", "note"),
        ),
    ]
    for section in sections:
        parts += _model(section)
    parts.append(columns_html(entered))
    if len(entered.unmatched):
        parts.append(
            table_html(unmatched_shown(entered.unmatched), caption="Ids found in one table only")
        )
    return "\n".join([*parts, "</body></html>", ""])


def _first(table: pd.DataFrame, sections: Sequence[Section], settings: Association) -> list[str]:
    declared = ", ".join(primaries(settings)) or "none declared: everything is exploratory"
    parts = [f"<p>Primary: {html.escape(declared)}.</p>"]
    primary = [section for section in sections if is_primary(settings, *section.model)]
    shown = primary or [section for section in [first_drawn(sections, settings)] if section]
    for section in shown:
        outcome, predictor = map(html.escape, section.model)
        kind = "Primary" if primary else "Exploratory"
        parts.append(f"<h2>{kind}: {outcome} and {predictor}</h2>")
        parts += [f"<p>{html.escape(said)}</p>" for said in primary_words(section, table)]
        if section.result is not None:
            parts.append(_figure(section.result))
    rest = rest_words(sections, table, settings)
    if rest:
        parts += ["<h2>The rest</h2>", *(f"<p>{html.escape(said)}</p>" for said in rest)]
    return parts


def _figure(result: Result) -> str:
    from attunement.report import plot_association

    try:
        picture = plot_association(result)
    except AssociationError as error:
        return f'<p class="note">No figure: {html.escape(error.reason)}</p>'
    data = base64.b64encode(picture.to_png(dpi=_DPI)).decode("ascii")
    said = html.escape(" ".join(result.in_words()))
    return f'<figure><img alt="{said}" src="data:image/png;base64,{data}"></figure>'


def _model(section: Section) -> list[str]:
    outcome, predictor = map(html.escape, section.model)
    parts = [f"<h2>{outcome} and {predictor}</h2>"]
    if section.result is None:
        return [*parts, f"<p>Not fitted: {html.escape(section.refused)}</p>"]
    parts.append(section.result.to_html())
    if section.shape is not None:
        parts.append(section.shape.to_html())
    elif section.shape_refused:
        reason = html.escape(section.shape_refused)
        parts.append(f"<p>Square and two lines: not computed. {reason}</p>")
    left_out = section.result.diagnostics["left_out"]
    if len(left_out):
        parts.append(table_html(left_out, caption="Sessions left out"))
    return parts
