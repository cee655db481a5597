"""How much of a session could be scored: its windows, who was seen in them, absent channels."""

from dataclasses import dataclass

import pandas as pd

from attunement import schema
from attunement.columns import Column, Value
from attunement.scoring.series.recording import Recording

_CAREGIVER_STILL = "caregiver_still"
_NO_WINDOW = "no window, as in an episode under 7 s"
COLUMNS = (
    Column("dyad", "", "The dyad, as in the manifest; the session where that has none.", "id"),
    Column("session", "", "The session, as in the manifest.", "id"),
    Column("n_windows", "", "Windows: of 5 s and one a second, unless `[scoring]` says else.",
           "count"),
    Column("n_scorable", "",
           "Windows in which mirroring is defined: with `following_z`, or 0 beside a caregiver so "
           "still that nothing is left to compare with, while the infant moves.", "count"),
    *(
        Column(f"coverage_{person}", "share",
               f"Mean over windows of the share of samples with a value of the {person}.",
               "description", missing_when=_NO_WINDOW)
        for person in schema.PERSONS
    ),
    Column("n_clipped", "", "Windows in which a correlation reached its limit of .97.", "count"),
    Column("n_caregiver_flat", "",
           "Windows in which the caregiver is still in a channel that the infant moves.", "count"),
    Column("absent_channels", "",
           "Channels that scores are made of and that somebody lacks, separated by semicolons.",
           "reason"),
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """A recording, and the windows of the episodes that a row is made of."""

    recording: Recording
    windows: pd.DataFrame


def scores(seen: Seen) -> dict[str, Value]:
    """Return `COLUMNS` over the given windows."""
    windows = seen.windows
    return {
        "dyad": seen.recording.session,
        "session": seen.recording.session,
        "n_windows": len(windows),
        "n_scorable": int((windows["following_z"].notna() | _still(windows)).sum()),
        **{
            name: float(windows[name].mean()) if windows[name].notna().any() else float("nan")
            for name in (f"coverage_{person}" for person in schema.PERSONS)
        },
        "n_clipped": int(windows["clipped"].sum()),
        "n_caregiver_flat": int(windows["caregiver_flat"].sum()),
        "absent_channels": ";".join(_absent_channels(seen.recording)),
    }


def _still(windows: pd.DataFrame) -> "pd.Series[bool]":
    """Return in which windows a caregiver is still who has no movement to compare with elsewhere.

    `following_z` is missing there since no shift differs, and mirroring is 0.
    """
    return windows["caregiver_flat"].astype(bool) & (windows["reason"] == _CAREGIVER_STILL)


def _absent_channels(recording: Recording) -> list[str]:
    """Return the channels that scores are made of and that one who is needed for it lacks.

    Somebody who was never seen lacks none: the coverage says that.
    """
    persons = [set(person) for person in (recording.infant, recording.caregiver) if person]
    if not recording.caregiver or not persons:
        return []
    both = set.intersection(*persons)
    absent = [name for name in (*schema.MIRRORED_CHANNELS, "head_movement") if name not in both]
    return absent + [
        name for name in schema.CUES if name not in recording.caregiver and name not in absent
    ]
