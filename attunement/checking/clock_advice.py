"""What is said of the clock of a session's two recordings."""

from attunement.study import Clock

COLUMNS: dict[str, str] = {
    "clock_offset_s": "float64",
    "clock_drift_ppm": "float64",
    "clock_uncertainty_s": "float64",
    "clock_source": "str",
}
_REFUSED = {
    "no_sound": "one of them has no sound that can be read",
    "too_short": "one of them is shorter than 3 s",
    "silent": "one of them is silent",
    "unrelated": "their sound tracks do not belong together",
    "ambiguous": "their sound tracks repeat themselves and fit in more than one way",
    "inconsistent": "their sound tracks fit here and there only",
}


def clock_cells(clock: Clock) -> dict[str, object]:
    """Return the cells of a session's clock; an uncertainty that is not known is missing."""
    unknown = clock.uncertainty_s is None
    return {
        "clock_offset_s": clock.offset_s,
        "clock_drift_ppm": clock.drift_ppm,
        "clock_uncertainty_s": float("nan") if unknown else clock.uncertainty_s,
        "clock_source": clock.source,
    }


def clock_sentences(clock: Clock) -> list[str]:
    """Return what there is to say: nothing where one camera saw both, or the manifest tells."""
    if clock.source in ("sound", "flash"):
        where = "the sound tracks" if clock.source == "sound" else "the flash in both pictures"
        return [
            f"From {where}: offset {clock.offset_s:.3f} s, drift {clock.drift_ppm:.1f} parts per "
            f"million, sure to {clock.uncertainty_s:.3f} s."
        ]
    if clock.source != "assumed":
        return []
    refused = (clock.sound or {}).get("refused", "")
    why = _REFUSED.get(refused, "one of them is a table or cannot be read")
    return [
        f"THE CLOCK OF THE TWO RECORDINGS IS NOT KNOWN: offset_s is empty, and {why}. They are "
        "taken to begin at the same moment, and no lag or direction is given: fill offset_s."
    ]
