"""An association: every dyad as a point, the fitted line with its interval, who went in."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.scoring.columns import score_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from attunement.figures import Picture

# Okabe & Ito (2008): told apart by people with any colour vision.
_POINTS, _LINE = "#0072B2", "#D55E00"
_CATEGORIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = ("-", "--", "-.", ":")
_SPREAD = 0.12  # of points of one category, so that they can be counted
_WIDTH_IN = 6.4
_MOST_OF_TITLE, _MOST_OF_CAPTION = 62, 92  # characters a line


class _Drawn(Protocol):
    """What `Drawing` of the room of associations holds."""

    @property
    def outcome(self) -> str:
        """Column of the outcome."""

    @property
    def predictor(self) -> str:
        """Column that is drawn along."""

    @property
    def kind(self) -> str:
        """Of the outcome."""

    @property
    def points(self) -> pd.DataFrame:
        """dyad, x, y, seen."""

    @property
    def line(self) -> pd.DataFrame:
        """x, estimate, ci_low, ci_high."""

    @property
    def shares(self) -> pd.DataFrame:
        """x, category, estimate."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of x where it has categories."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of y where it has categories."""

    @property
    def held(self) -> tuple[str, ...]:
        """Other columns, at their means."""

    @property
    def n(self) -> str:
        """Who went in."""

    @property
    def level(self) -> str:
        """Of the interval."""

    @property
    def said(self) -> str:
        """The finding in words."""


class Drawable(Protocol):
    """A fitted model, or a fitted study, whose first primary model is drawn."""

    def drawing(self, predictor: str = "") -> _Drawn:
        """Return points, line and names."""


def plot_association(fitted: Drawable, *, predictor: str = "", title: str = "") -> Picture:
    """Draw a fitted association: points, fitted line with interval, units, N.

    Parameters
    ----------
    fitted : Result or FittedStudy
        From `fit_association`; of `fit_study` the first primary model is drawn.
    predictor : str, optional
        Along which column; the first predictor by default. Other columns of the model are held at
        their means, which the caption says.
    title : str
        Drawn above; outcome and predictor by default.

    Returns
    -------
    Picture
        A matplotlib Figure that a notebook shows by itself, made without touching the current
        figure or any setting. One point a dyad (a session where sessions are rows). A line where
        the model has a mean to draw: of a quantity, of the probability of the last category, of a
        rate. The hazard against that at the mean has a panel of its own, as have the fitted
        probabilities of more than two categories. The band is the interval point by point, left
        out where there is none. The level by chance of a score is a dotted line. Points of
        categories are spread a little, the same way every time.

    Raises
    ------
    AssociationError
        When the result has no rows of its own, or the predictor is not in the model.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from attunement.report import plot_association
    >>> from attunement.stats.association import fit_association
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 60))
    >>> scores = pd.DataFrame({"dyad": range(60), "mirroring": x, "sensitivity": x + noise})
    >>> result = fit_association(
    ...     scores, outcome="sensitivity", kind="continuous", predictors="mirroring"
    ... )
    >>> figure = plot_association(result)
    >>> print(figure.axes[0].get_xlabel())
    mirroring (Fisher's z, chance 0)
    """
    from attunement.figures import Picture

    drawn = fitted.drawing(predictor)
    below = drawn.kind in ("ordered", "unordered", "time")
    figure = Picture(figsize=(_WIDTH_IN, 6.0 if below else 4.4), layout="constrained")
    panels = figure.subplots(2 if below else 1, 1, sharex=True, squeeze=False)[:, 0]
    first, last = panels[0], panels[-1]
    _draw_points(first, drawn)
    if drawn.kind == "time":
        _draw_line(last, drawn)
        last.axhline(1, color="#888888", linewidth=0.8, linestyle=":")
        last.set_ylabel("hazard, against\nthat at the mean")
    elif below:
        _draw_shares(last, drawn)
    else:
        _draw_line(first, drawn)
    _label_x(last, drawn)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    said = title or f"{drawn.outcome} and {drawn.predictor}, N = {drawn.n}"
    first.set_title(_wrapped(said, _MOST_OF_TITLE), loc="left", fontsize=11)
    caption = _caption(drawn, has_band=_has_band(drawn))
    figure.supxlabel(_wrapped(caption, _MOST_OF_CAPTION), fontsize=8)
    return figure


def _draw_points(axes: Axes, drawn: _Drawn) -> None:
    x = drawn.points["x"].to_numpy(float)
    y = drawn.points["y"].to_numpy(float)
    if drawn.groups:
        x = x + _spread(len(x), seed=0)
    if drawn.levels:
        y = y + _spread(len(y), seed=1)
    seen = drawn.points["seen"].to_numpy(bool)
    for chosen, face, label in ((seen, _POINTS, "ended"), (~seen, "none", "censored")):
        axes.plot(
            x[chosen], y[chosen], "o", color=_POINTS, markerfacecolor=face, markersize=4.5,
            alpha=0.7, label=label, linestyle="none",
        )  # fmt: skip
    if not seen.all():
        axes.legend(frameon=False, fontsize=8)
    if drawn.levels:
        axes.set_yticks(range(len(drawn.levels)), _counted(drawn.levels, drawn.points["y"]))
        axes.set_ylim(-0.5, len(drawn.levels) - 0.5)
    axes.set_ylabel(_named(drawn.outcome))


def _draw_line(axes: Axes, drawn: _Drawn) -> None:
    line = drawn.line
    x = line["x"].to_numpy(float)
    low, mid, high = (line[name].to_numpy(float) for name in ("ci_low", "estimate", "ci_high"))
    has_band = _has_band(drawn)
    if drawn.groups:
        if has_band:
            axes.vlines(x, low, high, color=_LINE, linewidth=2)
        axes.plot(x, mid, "D", color=_LINE, markersize=6)
        return
    if has_band:
        axes.fill_between(x, low, high, color=_LINE, alpha=0.2, linewidth=0)
    axes.plot(x, mid, color=_LINE, linewidth=1.8)


def _draw_shares(axes: Axes, drawn: _Drawn) -> None:
    for k, level in enumerate(drawn.levels):
        rows = drawn.shares[drawn.shares["category"] == level]
        axes.plot(
            rows["x"].to_numpy(float), rows["estimate"].to_numpy(float),
            color=_CATEGORIES[k % len(_CATEGORIES)],
            linestyle="none" if drawn.groups else _STYLES[k % len(_STYLES)],
            marker="D" if drawn.groups else None, label=level,
        )  # fmt: skip
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("fitted probability")
    axes.legend(frameon=False, fontsize=8, title=drawn.outcome, title_fontsize=8)


def _label_x(axes: Axes, drawn: _Drawn) -> None:
    axes.set_xlabel(_named(drawn.predictor))
    if drawn.groups:
        axes.set_xticks(range(len(drawn.groups)), _counted(drawn.groups, drawn.points["x"]))
        axes.set_xlim(-0.6, len(drawn.groups) - 0.4)
        return
    chance = _chance(drawn.predictor)
    low, high = axes.get_xlim()
    if chance is not None and low <= chance <= high:
        for panel in axes.figure.axes:
            panel.axvline(chance, color="#888888", linewidth=0.8, linestyle=":")
        axes.annotate(
            "by chance", (chance, 0), xycoords=("data", "axes fraction"), xytext=(2, 3),
            textcoords="offset points", fontsize=7, color="#555555",
        )  # fmt: skip


def _caption(drawn: _Drawn, *, has_band: bool) -> str:
    parts = [drawn.said]
    if drawn.kind == "binary":
        parts.append(f"Line: fitted probability of {drawn.levels[-1]}.")
    if has_band:
        what = "Lines at the diamonds" if drawn.groups else "Band"
        parts.append(f"{what}: {drawn.level} interval, point by point.")
    elif len(drawn.line):
        parts.append("No band: the model has no interval here.")
    if drawn.held:
        parts.append(f"Held at the mean: {', '.join(drawn.held)}.")
    return " ".join(filter(None, parts))


def _has_band(drawn: _Drawn) -> bool:
    ends = drawn.line[["ci_low", "ci_high"]].to_numpy(float)
    return len(ends) > 0 and bool(np.isfinite(ends).all())


def _chance(name: str) -> float | None:
    level = next((c.chance_level for c in score_columns() if c.name == name), "")
    try:
        return float(level)
    except ValueError:
        return None


def _named(column: str) -> str:
    """Return the name with what is declared of it: unit and level by chance."""
    unit = next((c.unit for c in score_columns() if c.name == column), "")
    chance = _chance(column)
    said = ", ".join(filter(None, (unit, "" if chance is None else f"chance {chance:g}")))
    return f"{column} ({said})" if said else column


def _counted(names: Sequence[str], codes: pd.Series) -> list[str]:
    return [f"{name}\n(n = {int((codes == k).sum())})" for k, name in enumerate(names)]


def _spread(n: int, *, seed: int) -> NDArray[np.float64]:
    """Return small shifts that are the same every time."""
    return np.random.default_rng(seed).uniform(-_SPREAD, _SPREAD, n)


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width))
