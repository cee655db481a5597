"""What a fit returns: a frozen result with table, text, diagnostics and figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from attunement.cards import Card, Carded
from attunement.stats.association.card import result_card
from attunement.stats.association.printing import result_html, result_latex, short_table
from attunement.stats.association.rendering import (
    interval,
    number,
    p_value,
    sentence,
)
from attunement.stats.association.wording import n_text, sentences_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from attunement.stats.association.drawing import Drawing

STATISTICS = (
    "term", "estimate", "std_error", "ci_low", "ci_high", "statistic", "df", "p",
    "n_dyads", "n_sessions", "n_left_out",
)  # fmt: skip
RATIO_NAMES = {
    "binary": "odds ratio",
    "ordered": "odds ratio",
    "unordered": "odds ratio",
    "count": "rate ratio",
    "time": "hazard ratio",
}


@dataclass(frozen=True, repr=False)
class Result(Carded):
    """A fitted model as a paper needs it.

    Attributes
    ----------
    title : str
        The model in words.
    table : pandas.DataFrame
        One row a coefficient: the columns of `STATISTICS` and further ones (``role``,
        ``p_permutation``, ratios for models on a logarithmic scale, ``note``).
    text : str
        APA sentences, one a predictor, after one that says who was analysed and how.
    diagnostics : mapping
        What was decided and checked, and the table ``left_out`` of the sessions not used.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.stats.association import fit_association
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> result = fit_association(
    ...     scores, outcome="sensitivity", kind="continuous", predictors="mirroring"
    ... )
    >>> page = result.to_html()
    >>> print(result.table[["term", "estimate", "ci_low", "ci_high"]].round(2))
            term  estimate  ci_low  ci_high
    0  intercept      0.10   -0.17     0.36
    1  mirroring      0.87    0.53     1.21
    """

    title: str
    table: pd.DataFrame
    sentences: tuple[str, ...]
    diagnostics: Mapping[str, Any]
    refit: Any = field(default=None, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The sentences as plain text."""
        return sentence([" ".join(self.sentences)], style="plain")

    @property
    def text_html(self) -> str:
        """The sentences as HTML, symbols in italics."""
        return sentence([" ".join(self.sentences)], style="html")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the table must know."""
        return tuple(self.diagnostics.get("notes", ()))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes some of it unsure; among the notes too."""
        return tuple(self.diagnostics.get("warnings", ()))

    @property
    def n_text(self) -> str:
        """Who was analysed: ``58 dyads of 30 families, 60 sessions``."""
        return n_text(self.diagnostics)

    @property
    def ratio_name(self) -> str:
        """What the model's ratios are; empty where it has none."""
        return RATIO_NAMES.get(str(self.diagnostics.get("kind")), "") * ("ratio" in self.table)

    def label(self, term: str) -> str:
        """Return a term's name as readers are shown it, such as ``group: b vs a``."""
        return str(self.diagnostics.get("labels", {}).get(term, term))

    def in_words(self, predictor: str = "") -> list[str]:
        """Return what the model says of its predictors, or of one, a sentence a coefficient."""
        return sentences_of(self, predictor)

    def drawing(self, predictor: str = "") -> Drawing:
        """Return points, fitted line and names for `attunement.report.plot_association`."""
        from attunement.stats.association.drawing import make_drawing

        return make_drawing(self, predictor)

    def short(self) -> pd.DataFrame:
        """Return five columns of text: term, estimate with interval, p, n, note.

        The estimate is the ratio (and says which) where the model is on a logarithmic scale; n
        counts dyads; intercepts are left out.
        """
        return short_table(self)

    def to_html(self) -> str:
        """Return n, text, warnings, table and notes as a piece of HTML."""
        return result_html(self)

    def to_latex(self) -> str:
        """Return the table and its notes as LaTeX (packages booktabs and array)."""
        return result_latex(self)

    def printed(self) -> pd.DataFrame:
        """Return the table without columns that are empty throughout."""
        kept = [
            name
            for name in self.table.columns
            if name in STATISTICS
            or not (self.table[name].isna() | self.table[name].astype(str).eq("")).all()
        ]
        return self.table[kept]

    def plot(self) -> Figure:
        """Draw estimates with intervals, intercepts left out; returns a matplotlib Figure."""
        from attunement.figures import Picture

        rows = self.table
        if "role" in rows:
            rows = rows[~rows["role"].isin(("intercept",))]
        figure = Picture(figsize=(6.4, 0.9 + 0.38 * len(rows)), layout="constrained")
        axes = figure.subplots()
        heights = np.arange(len(rows))[::-1]
        low, high = (rows[name].to_numpy(float) for name in ("ci_low", "ci_high"))
        estimate = rows["estimate"].to_numpy(float)
        finite = np.isfinite(low) & np.isfinite(high)
        axes.hlines(heights[finite], low[finite], high[finite], color="#0072B2", linewidth=1.6)
        axes.plot(estimate, heights, "o", color="#0072B2", markersize=5)
        axes.axvline(0, color="#888888", linewidth=0.8, linestyle="--")
        axes.set_yticks(heights, rows["term"].tolist())
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.set_xlabel("estimate with interval (dashed: 0, no association)")
        axes.set_title(self.title, fontsize=10)
        return figure

    def _card(self) -> Card:
        """Return what it holds, in a few lines."""
        return result_card(self)


def describe_row(
    row: Mapping[str, Any], *, outcome: str, kind: str, alpha: float, label: str = ""
) -> str:
    """Return the APA sentence of one coefficient, under its name as readers are shown it."""
    level = f"{100 * (1 - alpha):g}% CI"
    df, statistic = float(row["df"]), float(row["statistic"])
    text = f"{label or row['term']} and {outcome}: *b* = {number(row['estimate'])}, "
    if np.isnan(statistic):
        text += "no interval and no p"
    else:
        reference = f"*z* = {number(statistic)}"
        if np.isfinite(df):
            degrees = f"{df:.0f}" if df == round(df) else number(df, 1)
            reference = f"*t*({degrees}) = {number(statistic)}"
        text += (
            f"{level} {interval(row['ci_low'], row['ci_high'])}, {reference}, "
            f"*p* {p_value(row['p'])}"
        )
    if kind in RATIO_NAMES:
        text += f", {RATIO_NAMES[kind]} {number(row['ratio'])}"
        if not np.isnan(statistic):
            text += f" {interval(row['ratio_low'], row['ratio_high'])}"
    permuted = row.get("p_permutation", np.nan)
    if not np.isnan(permuted):
        text += f" (permutation *p* {p_value(permuted)})"
    return text + "."
