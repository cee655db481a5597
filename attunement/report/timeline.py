"""The timeline of a session: both partners' expressions, following and marking under them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.errors import TableError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart by people with any colour vision.
COLOURS = {"caregiver": "#D55E00", "infant": "#0072B2"}
PATTERN_COLOURS = {
    "attuned": "#009E73",
    "merged": "#56B4E9",
    "marked_only": "#E69F00",
    "not_shown": "#BBBBBB",
    "indeterminate": "#E4E4E4",
    "not_scorable": "#FFFFFF",
}


def plot_timeline(
    signals: pd.DataFrame,
    windows: pd.DataFrame,
    *,
    session: str | None = None,
    channels: Sequence[str] = ("smile",),
    title: str = "",
) -> Figure:
    """Draw a session over time: channels of both partners, then what its windows hold.

    Parameters
    ----------
    signals : pandas.DataFrame
        Columns of ``schema.SIGNALS``. Missing samples are gaps in the lines.
    windows : pandas.DataFrame
        The windows table; each window is drawn at its middle. A window without a
        score has no bar or point, and its pattern is drawn as not scorable.
    session : str, optional
        Which session to draw; may be left out where the tables hold only one.
    channels : sequence of str
        One panel each.
    title : str
        Drawn above the panels; the session's id by default.

    Returns
    -------
    matplotlib.figure.Figure
        Made without touching the current figure or any setting of matplotlib.

    Raises
    ------
    TableError
        When a column is missing, or the session is not in the tables.

    Examples
    --------
    >>> import attunement
    >>> from attunement.report import plot_timeline
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=60, infant="events", mirroring=0.8)
    >>> figure = plot_timeline(signals, attunement.score_windows(signals))
    >>> print(len(figure.axes), "rows")
    4 rows
    """
    from attunement.figures import Picture

    schema.require(signals, ["session", "time_s", "person", *channels], what="The signals table")
    needed = ["session", "start_s", "end_s", "following_z", "marking_z", "pattern"]
    schema.require(windows, needed, what="The windows table")
    session = _chosen(signals, session)
    signals = signals[signals["session"] == session]
    windows = windows[windows["session"] == session]
    middle_s = ((windows["start_s"] + windows["end_s"]) / 2).to_numpy()

    heights = [1.4] * len(channels) + [1, 1, 0.3]
    figure = Picture(figsize=(10, 1.3 * sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    for axis, channel in zip(axes, channels, strict=False):
        for person in schema.PERSONS:
            rows = signals[signals["person"] == person]
            axis.plot(
                rows["time_s"].to_numpy(),
                rows[channel].to_numpy(),
                color=COLOURS[person],
                linewidth=1.2,
                label=person,
            )
        axis.set_ylabel(f"{channel.replace('_', ' ')}\n(z)")
    axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    _draw_scores(
        axes[-3],
        middle_s,
        windows["following_z"].to_numpy(),
        "following\n(surrogate sd,\nchance 0)",
    )
    _draw_scores(
        axes[-2], middle_s, windows["marking_z"].to_numpy(), "marking\n(residual sd,\nchance 0)"
    )
    _draw_patterns(axes[-1], windows)
    axes[-1].set_xlabel("time (s)")
    axes[0].set_title(title or session, loc="left")
    return figure


def _chosen(signals: pd.DataFrame, session: str | None) -> str:
    found = signals["session"].unique().tolist()
    if session is None and len(found) == 1:
        return str(found[0])
    if session is None or session not in found:
        raise TableError(
            f"Expected one session to draw, found {session!r} asked for and the tables hold "
            f"{', '.join(map(str, found)) or 'none'}.",
            "Name one with session=...",
        )
    return session


def _draw_scores(
    axis: Axes, middle_s: NDArray[np.float64], score: NDArray[np.float64], label: str
) -> None:
    axis.axhline(0, color="#999999", linewidth=0.8)
    axis.plot(middle_s, score, color="#333333", linewidth=1, marker=".", markersize=4)
    axis.set_ylabel(label)


def _draw_patterns(axis: Axes, windows: pd.DataFrame) -> None:
    from matplotlib.patches import Patch

    step_s = float(np.median(np.diff(windows["start_s"]))) if len(windows) > 1 else 1.0
    middle_s = (windows["start_s"] + windows["end_s"]) / 2
    colours = [PATTERN_COLOURS[pattern] for pattern in windows["pattern"]]
    axis.bar(middle_s, 1, width=step_s, color=colours)
    axis.set_yticks([])
    axis.set_ylim(0, 1)
    axis.set_ylabel("pattern", rotation=0, ha="right", va="center")
    handles = [
        Patch(facecolor=colour, edgecolor="#999999", linewidth=0.5, label=pattern.replace("_", " "))
        for pattern, colour in PATTERN_COLOURS.items()
    ]
    axis.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -1.6), ncols=6, frameon=False
    )
