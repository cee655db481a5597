"""Patterns of events: how far each lies above the two cuts, and what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from attunement import schema
from attunement.errors import TableError
from attunement.report.timeline import PATTERN_COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Evidence grows with the square of a rise; a few large answers would press all others together.
_LINEAR = 2.0


def plot_patterns(events: pd.DataFrame, *, session: str | None = None, title: str = "") -> Figure:
    """Draw every infant event by how far matching and marking lie above their cuts.

    Right of the vertical line the caregiver matched, above the horizontal one the answer was
    marked. An event close under a line that matters is indeterminate. The axes are logarithmic
    beyond 2, on both sides.

    Parameters
    ----------
    events : pandas.DataFrame
        ``schema.EVENTS`` with `match_margin`, `mark_margin` and `pattern`. Events that are not
        scorable are not drawn, and counted in the title.
    session : str, optional
        Which session to draw; all of them by default.
    title : str
        Drawn above; by default the session, and how many events have a pattern.

    Returns
    -------
    matplotlib.figure.Figure
        Made without touching the current figure or any setting of matplotlib.

    Raises
    ------
    TableError
        When a column is missing, or no event of the session is in the table.

    Examples
    --------
    >>> from attunement.report import plot_patterns
    >>> from attunement.scoring import score_session
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=90, infant="events", mirroring=1, marking=1)
    >>> figure = plot_patterns(score_session(signals).events)
    >>> print(figure.axes[0].get_title(loc="left"))
    simulated-0: 8 of 8 events have a pattern
    """
    from attunement.figures import Picture

    needed = ["session", "match_margin", "mark_margin", "pattern"]
    schema.require(events, needed, what="The events table")
    if session is not None:
        events = events[events["session"] == session]
    if not len(events):
        raise TableError(
            f"Expected events to draw, found none{f' of session {session!r}' if session else ''}.",
            "Score the session, or name another.",
        )
    figure = Picture(figsize=(6.4, 5.2), layout="constrained")
    axis = figure.subplots()
    axis.axhline(0, color="#999999", linewidth=0.8)
    axis.axvline(0, color="#999999", linewidth=0.8)
    drawn = events[events["pattern"] != "not_scorable"]
    for pattern in schema.PATTERNS[:-1]:
        of = drawn[drawn["pattern"] == pattern]
        axis.scatter(
            of["match_margin"].to_numpy(float),
            of["mark_margin"].to_numpy(float),
            color=PATTERN_COLOURS[pattern],
            edgecolor="#555555",
            linewidth=0.5,
            label=f"{pattern.replace('_', ' ')} {len(of)}",
        )
    axis.set_xscale("symlog", linthresh=_LINEAR)
    axis.set_yscale("symlog", linthresh=_LINEAR)
    axis.set_xlabel("matched: evidence above its cut (log ratio; .10 of chance above 0)")
    axis.set_ylabel("marked: evidence above its cut (log ratio; .10 of chance above 0)")
    sessions = events["session"].unique()
    name = str(sessions[0]) if len(sessions) == 1 else f"{len(sessions)} sessions"
    said = f"{name}: {len(drawn)} of {len(events)} events have a pattern"
    axis.set_title(title or said, loc="left")
    figure.legend(loc="outside right upper", frameon=False)
    return figure
