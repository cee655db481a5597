"""Logs of FaceReader without action units: intensities of expressions, and logs of states.

A detailed log may hold expressions (0 to 1) and no action unit. FaceReader's own valence is Happy
less the strongest of Sad, Angry, Scared and Disgusted; both sides are kept apart, so that each has
the person's own baseline. Where there is no Happy, as in logs of Baby FaceReader, the side of its
``Valence`` above 0 and that below stand for them. ``Arousal`` is taken as it is.

A state log has a row where the dominant expression changes, and ends with ``END``: a series of
steps, which are laid on the frames of the recording. Each side is then 0 or 1. A log without its
end has one frame of the last state.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import FacesError
from attunement.faces.backends.cells import Cells
from attunement.faces.programs.facereader import IDENTITIES, add_pose, say_status
from attunement.faces.programs.program import Program, frames
from attunement.faces.programs.written import read_times

_NEGATIVE = ("Sad", "Angry", "Scared", "Disgusted")
_STATE = "Dominant Expression"
_STATES = {
    **dict.fromkeys(("Neutral", "Surprised", "Contempt"), (0.0, 0.0)),
    **dict.fromkeys(_NEGATIVE, (0.0, 1.0)),
    "Happy": (1.0, 0.0),
}
_NOBODY = ("", "Unknown", "END", "FIND_FAILED", "FIT_FAILED")
# The rate at which steps are laid where the log has lost the lines before its table.
_STEPS_HZ = 10.0
# Times are cut or rounded to a thousandth of a second.
_ROUNDED_S = 6e-4


def _expressions(raw: Cells) -> pd.DataFrame:
    table = pd.DataFrame(index=raw.cells.index)
    if raw.has("Happy"):
        table["affect_positive"] = raw.numbers("Happy")
        table["affect_negative"] = pd.concat(map(raw.numbers, _NEGATIVE), axis=1).max(axis=1)
    else:
        valence = raw.numbers("Valence")
        table["affect_positive"] = valence.clip(lower=0)
        table["affect_negative"] = -valence.clip(upper=0)
    if raw.has("Arousal"):
        table["affect_arousal"] = raw.numbers("Arousal")
    table["frame"] = frames(raw, "Frame", first=0)
    has_values = table[["affect_positive", "affect_negative"]].notna().any(axis=1)
    add_pose(raw, table)
    table["status"] = say_status(raw, has_values)
    return table


def _notes_of_expressions(raw: Cells) -> tuple[str, ...]:
    source = (
        "Happy less the strongest of Sad, Angry, Scared and Disgusted"
        if raw.has("Happy")
        else "its Valence"
    )
    arousal = " and arousal (its Arousal)" if raw.has("Arousal") else ""
    return (
        f"it has no action units: valence ({source}){arousal} can be scored; smile, distress,"
        " anger, brows, eyes and mouth stay missing. Export action units to have them.",
    )


def _lay_steps(raw: Cells) -> Cells:
    """Return a log of changes as one of frames."""
    times_s = read_times(raw.cells["Video Time"]).seconds_or_number
    _check_order(raw, times_s)
    rate_hz = raw.header_rate_hz or _STEPS_HZ
    has_end = raw.cells[_STATE].iloc[-1].strip() == "END"
    n_frames = int((times_s[-1] - times_s[0]) * rate_hz + 0.01) + (not has_end)
    frames_s = times_s[0] + np.arange(n_frames) / rate_hz
    shown = np.searchsorted(times_s, frames_s + _ROUNDED_S, side="right") - 1
    laid = raw.only(shown)
    laid.cells["Video Time"] = [
        f"{int(t // 3600)}:{int(t // 60 % 60):02d}:{t % 60:09.6f}" for t in frames_s
    ]
    return laid


def _check_order(raw: Cells, times_s: NDArray[np.float64]) -> None:
    missing = ~np.isfinite(times_s)
    missing[1:] |= np.diff(times_s) < 0
    if missing.any():
        raise FacesError(
            f"{raw.found(raw.cells['Video Time'][missing])}, expected a time no earlier than the"
            " one before, since every state lasts to the next.",
            "Export the log again.",
        )


def _states(raw: Cells) -> pd.DataFrame:
    said = raw.cells[_STATE].str.strip()
    strange = said[~said.isin([*_STATES, *_NOBODY])]
    if len(strange):
        raise FacesError(
            f"{raw.found(strange)}, expected one of {', '.join(_STATES)}, Unknown.",
            "Export the detailed log instead, which holds intensities.",
        )
    sides = said.map(lambda state: _STATES.get(state, (np.nan, np.nan)))
    table = pd.DataFrame(
        sides.to_list(), columns=["affect_positive", "affect_negative"], index=raw.cells.index
    )
    table["frame"] = frames(raw, "Frame", first=0)
    has_values = table["affect_positive"].notna()
    add_pose(raw, table)
    table["status"] = say_status(raw, has_values)
    return table


def _notes_of_states(raw: Cells) -> tuple[str, ...]:  # noqa: ARG001
    return (
        "it is a log of states, of which each lasts to the next: its valence is a series of steps"
        " (Happy 1, Neutral and Surprised 0, the other expressions -1), without intensity; arousal,"
        " smile, distress and all other channels stay missing. Export the detailed log to have"
        " more.",
    )


EXPRESSIONS = Program(
    "FaceReader (expressions)",
    ("Video Time", "Happy"),
    1.0,
    _expressions,
    "Frame",
    "Video Time",
    units=r"^(Happy|Sad|Angry|Scared|Disgusted|Arousal)$",
    identities=IDENTITIES,
    notes=_notes_of_expressions,
)
VALENCE = Program(
    "Baby FaceReader (valence)",
    ("Video Time", "Valence"),
    1.0,
    _expressions,
    "Frame",
    "Video Time",
    units=r"^(Valence|Arousal)$",
    identities=IDENTITIES,
    notes=_notes_of_expressions,
)
STATES = Program(
    "FaceReader (states)",
    ("Video Time", _STATE),
    1.0,
    _states,
    "Frame",
    "Video Time",
    identities=IDENTITIES,
    expand=_lay_steps,
    notes=_notes_of_states,
)
