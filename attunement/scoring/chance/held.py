"""Codes and step series, of which phase surrogates are refused.

A phase surrogate has the values and the spectrum of its series, and spreads jumps that stood at
few moments over all of them. A series that holds its values and jumps is still in some windows and
not in others; its surrogates move in all of them, so that they are no copies of it at all. A still
caregiver counts as 0 and a still infant as missing, so that p comes out too large where the
caregiver is replaced and too small where the infant is.
"""

import numpy as np
from numpy.typing import NDArray

from attunement.errors import TableError
from attunement.scoring.series.recording import Recording

# A measured face repeats a value by rounding, codes nearly always: nothing lies near a half.
MOST_HELD = 0.5


def held_share(series: NDArray[np.float64]) -> float:
    """Return the share of samples that repeat the one before; 0 of a series of one value.

    Pairs of which one is missing do not count.
    """
    steps = np.diff(series)
    steps = steps[np.isfinite(steps)]
    if not steps.any():  # still throughout: its surrogates are itself
        return 0.0
    return float((steps == 0).mean())


def refuse_phases_of_codes(recording: Recording, names: tuple[str, ...], *, advice: str) -> None:
    """Raise where a channel that both partners have is a code or step series in one of them.

    Raises
    ------
    TableError
        It names session, person and channel; `advice` says what to take instead.
    """
    for name in names:
        if name not in recording.infant or name not in recording.caregiver:
            continue
        for person, series in (
            ("infant", recording.infant[name]),
            ("caregiver", recording.caregiver[name]),
        ):
            share = held_share(series)
            if share > MOST_HELD:
                raise TableError(
                    f"Session {recording.session!r}: `phase` surrogates are for channels that "
                    f"change all the time, and `{name}` of the {person} holds its value in "
                    f"{share:.0%} of the samples, as codes do: its surrogates would move where it "
                    "is still, and p would be wrong.",
                    advice,
                )
