"""The specification curve: every analysis of a multiverse in order of what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from attunement.errors import TableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ALPHA = 0.05
_SETTINGS = {
    "window_s": "window {:g} s",
    "max_lag_s": "lag up to {:g} s",
    "estimator": "{}",
    "surrogate": "{} surrogates",
}
_NEEDED = (*_SETTINGS, "z", "p")
# Okabe & Ito (2008): told apart by people with any colour vision.
_FOUND, _NOT_FOUND = "#D55E00", "#777777"


def plot_specifications(
    table: pd.DataFrame, *, session: str | None = None, title: str = ""
) -> Figure:
    """Draw the specification curve of one session's multiverse.

    Parameters
    ----------
    table : pandas.DataFrame
        From ``scoring.multiverse``. Specifications without an estimate are left out and counted
        under the picture.
    session : str, optional
        Which session to draw; may be left out where the table holds only one.
    title : str
        Drawn above; the session's id by default.

    Returns
    -------
    matplotlib.figure.Figure
        Above, each specification's estimate in standard deviations of its surrogates, in ascending
        order, filled where its own p is at most .05; below, which settings it has. Made without
        touching the current figure or any setting of matplotlib.

    Raises
    ------
    TableError
        When columns are missing, the session is not there or not named among several, or no
        specification has an estimate.

    Examples
    --------
    >>> from attunement.report import plot_specifications
    >>> from attunement.scoring import multiverse
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=60, mirroring=0.6, lag_s=0.8)
    >>> table = multiverse(
    ...     signals, windows_s=[3, 5], estimators=["correlation"], surrogates=["circular"]
    ... )
    >>> figure = plot_specifications(table)
    >>> print(len(table), "specifications,", len(figure.axes), "panels")
    6 specifications, 2 panels
    """
    from attunement.figures import Picture

    rows, name = _rows(table, session)
    known = rows[rows["z"].notna()].sort_values("z", kind="stable").reset_index(drop=True)
    if not len(known):
        raise TableError(f"No specification of session {name!r} has an estimate to draw.")
    marks = [
        (setting, value, _SETTINGS[setting].format(str(value).replace("_", " ")
                                                   if isinstance(value, str) else value))
        for setting in _SETTINGS
        for value in sorted(known[setting].unique())
    ]  # fmt: skip
    height = 2.6 + 0.22 * len(marks) + 0.6
    figure = Picture(figsize=(8.5, height), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 0.22 * len(marks)))
    _curve(upper, known)
    _settings(lower, known, marks)
    upper.set_title(title or name, loc="left")
    figure.supxlabel(_caption(rows, known), fontsize=8)
    return figure


def _rows(table: pd.DataFrame, session: str | None) -> tuple[pd.DataFrame, str]:
    lacking = [name for name in _NEEDED if name not in table.columns]
    if lacking:
        raise TableError(f"A table of specifications lacks the columns {', '.join(lacking)}.")
    if "session" not in table.columns:
        return table, session or ""
    names = table["session"].astype(str).unique().tolist()
    if session is None and len(names) != 1:
        raise TableError(
            f"A specification curve is drawn of one session; found {len(names)}.",
            "Name it with session=.",
        )
    name = names[0] if session is None else session
    rows = table[table["session"].astype(str) == name]
    if rows.empty:
        raise TableError(f"Session {name!r} is not in the table of specifications.")
    return rows, name


def _curve(axes: Axes, known: pd.DataFrame) -> None:
    place, found = np.arange(len(known)), (known["p"] <= ALPHA).to_numpy()
    for chosen, colour, label in (
        (found, _FOUND, "own p ≤ .05"), (~found, _NOT_FOUND, "own p > .05")
    ):  # fmt: skip
        if chosen.any():
            axes.plot(
                place[chosen],
                known["z"].to_numpy()[chosen],
                "o",
                color=colour,
                markersize=4,
                markerfacecolor=colour if label.endswith("≤ .05") else "white",
                label=f"{label} ({int(chosen.sum())})",
            )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axhline(float(known["z"].median()), color="black", linewidth=0.8, linestyle=":")
    axes.set_ylabel("above chance (0), in sd\nof the surrogates")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)


def _settings(axes: Axes, known: pd.DataFrame, marks: list[tuple[str, object, str]]) -> None:
    found = (known["p"] <= ALPHA).to_numpy()
    for row, (setting, value, _) in enumerate(marks):
        here = (known[setting] == value).to_numpy()
        for chosen, colour in ((here & found, _FOUND), (here & ~found, _NOT_FOUND)):
            place = np.flatnonzero(chosen)
            axes.plot(place, np.full(len(place), row), "|", color=colour, markersize=7)
        if row and marks[row - 1][0] != setting:
            axes.axhline(row - 0.5, color="#CCCCCC", linewidth=0.6)
    axes.set_yticks(range(len(marks)), [label for *_, label in marks], fontsize=8)
    axes.set_ylim(len(marks) - 0.4, -0.6)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _caption(rows: pd.DataFrame, known: pd.DataFrame) -> str:
    said = [f"{len(known)} specifications in ascending order; dotted: their median"]
    if len(rows) > len(known):
        said.append(f"{len(rows) - len(known)} without an estimate are left out")
    if "joint_p" in known.columns:
        each = known.groupby("surrogate")["joint_p"].first()
        joint = ", ".join(f"{name} {p:.3f}" for name, p in each.items())
        said.append(f"All specifications jointly, p: {joint}")
    return ". ".join(said) + "."
