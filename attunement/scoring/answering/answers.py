"""What an answer of the caregiver is: its type, from the infant's expression and their own face."""

from dataclasses import dataclass

import numpy as np

from attunement.scoring.answering.events import OFFSET_Z, ONSET_Z

TYPES = (
    "matched_marked", "matched_unmarked", "marked_only", "as_if_distress", "as_if_anger",
    "bright_mismatch", "alarming", "incongruent", "continuing", "none",
)  # fmt: skip


@dataclass(frozen=True)
class Face:
    """The caregiver's face after one event, in z over their own baseline; NaN where not known.

    Attributes
    ----------
    sadness, smile_then : float
        Highest distress averaged over 0.5 s, and the smile in that half second.
    anger, smile_at_anger : float
        The same of anger.
    marking, cut : float
        Markedness after the event above its mean over the episode, and what a marked event exceeds.
    """

    sadness: float
    smile_then: float
    anger: float
    smile_at_anger: float
    marking: float
    cut: float

    @property
    def marked(self) -> bool | None:
        """Whether the answer is marked; None where that is not known."""
        return self.marking > self.cut if np.isfinite(self.marking + self.cut) else None

    @property
    def as_if_distress(self) -> float:
        """How sad *and* playful the face is."""
        return as_if(self.sadness, self.marking, self.smile_then)

    @property
    def as_if_anger(self) -> float:
        """How angry *and* playful the face is."""
        return as_if(self.anger, self.marking, self.smile_at_anger)


def as_if(grim: float, marking: float, playful: float) -> float:
    """Return sqrt(max(0, N) max(0, K + P)).

    N is sadness or anger, K the marking, P the playful residue, all in z. It is 0 without the grim
    face, however playful, and 0 without marking or play, however grim; missing where any of the
    three is.
    """
    if not np.isfinite(grim + marking + playful):
        return float("nan")
    return float(np.sqrt(max(0.0, grim) * max(0.0, marking + playful)))


def answer_type(expression: str, answer: str, face: Face) -> tuple[str, str]:
    """Return the type of an answer, and why it has none.

    Parameters
    ----------
    expression : {"smile", "distress", "anger"}
        The infant's.
    answer : {"smile", "distress", "anger"}
        What the caregiver's first onset was of.

    Returns
    -------
    kind : str
        One of `TYPES`, or empty where it cannot be told.
    reason : str
        ``no_cue``: no markedness; ``no_distress``, ``no_anger``: sadness (anger) and smile are not
        both known. Empty where there is a type.
    """
    if expression == "smile":
        if answer == "distress":
            return "incongruent", ""
        if face.marked is None:
            return "", "no_cue"
        if answer == "smile":
            return ("matched_marked" if face.marked else "matched_unmarked"), ""
        playful = face.marked or face.smile_at_anger >= OFFSET_Z
        return ("incongruent" if playful else "alarming"), ""
    if answer == "anger":
        return _grim(face, face.anger, face.smile_at_anger, face.as_if_anger, expression, answer)
    if answer == "smile" and np.isfinite(face.sadness) and face.sadness < OFFSET_Z:
        return "bright_mismatch", ""
    return _grim(face, face.sadness, face.smile_then, face.as_if_distress, expression, answer)


def _grim(
    face: Face, grim: float, playful: float, score: float, expression: str, answer: str
) -> tuple[str, str]:
    """Return the type of an answer to a negative event that is not simply bright."""
    shown = "anger" if answer == "anger" else "distress"
    if not np.isfinite(grim + playful):
        return "", f"no_{shown}"
    if face.marked is None:
        return "", "no_cue"
    if score >= ONSET_Z:
        return f"as_if_{shown}", ""
    if shown == "anger" and not face.marked:
        return "alarming", ""
    if answer == "smile" or (shown == "anger" and expression != "anger"):
        return "incongruent", ""
    return ("matched_marked" if face.marked else "matched_unmarked"), ""


def silence_type(*, showing: bool, marked: bool | None) -> tuple[str, str]:
    """Return the type where no onset came within 2 s, and why it has none."""
    if showing:
        return "continuing", ""
    if marked is None:
        return "", "no_cue"
    return ("marked_only" if marked else "none"), ""
