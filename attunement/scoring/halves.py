"""The scores of the two halves of a session, from which their reliability is estimated."""

import numpy as np
import pandas as pd

from attunement import schema
from attunement.config import Config
from attunement.errors import TableError
from attunement.scoring.answering.events import OFFSET_Z, expressions
from attunement.scoring.columns import score_columns
from attunement.scoring.series.recording import Recording, recordings, usable_rows
from attunement.scoring.session import session_rows

SPLITS = ("interleaved", "first_second")
HALVES = ("a", "b")
BLOCK_S = 30.0
# A block must hold a few windows of 7 s; an episode too short for two such blocks is not split.
MIN_BLOCK_S = 20.0

COLUMNS = {
    "session": schema.TEXT,
    "split": schema.TEXT,
    "half": schema.TEXT,
    "minutes": "float64",
    "infant_positive": "float64",
    "caregiver_positive": "float64",
}


def score_names(scores: pd.DataFrame) -> list[str]:
    """Return which columns of a table of session scores are scores, whose reliability matters.

    Counts, p-values, limits, chance levels, coverage, `mirroring_z` (which grows with the length of
    a session) and `mirroring_lag_s` (given only where p is small) are none, and neither is what a
    manifest adds.

    Examples
    --------
    >>> from attunement.scoring import score_names, score_session
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=60, mirroring=0.4)
    >>> names = score_names(score_session(signals).by_session)
    >>> print("mirroring" in names, "mirroring_p" in names, "n_windows" in names)
    True False False
    """
    kinds = {column.name: column.kind for column in score_columns()}
    return [str(name) for name in scores.columns if kinds.get(str(name)) == "score"]


def score_halves(
    signals: pd.DataFrame, config: Config | None = None, *, block_s: float = BLOCK_S
) -> pd.DataFrame:
    """Score two halves of every session, each as a session of its own, in two ways.

    ``interleaved``: every episode is cut into an even number of equal blocks of about `block_s`;
    every second block belongs to half b. ``first_second``: every episode is cut in its middle.
    Every block is scored like an episode, so no window, shift or regression box reaches from one
    block into another: the chance level of each score is computed inside each block. Episodes
    under 40 s are in neither half.

    Parameters
    ----------
    signals : DataFrame
        As for `score_session`, one or several sessions.
    config : Config, optional
        As for `score_session`.
    block_s : float
        Length of a block in seconds, from 20.

    Returns
    -------
    DataFrame
        Four rows a session that can be split (split x half): `session`, `split`, `half`, `minutes`
        (length of the half), `infant_positive`, `caregiver_positive` (share of the half's samples
        in which that person is positive, of those that have a value), and every column of
        `score_session` that is a score.

    Raises
    ------
    TableError
        As for `score_session`, or for blocks under 20 s or without an end.

    Examples
    --------
    >>> from attunement.scoring import score_halves
    >>> from attunement.simulation import simulate_dyad
    >>> signals, truth = simulate_dyad(duration_s=48, mirroring=0.4, lag_s=1.0)
    >>> halves = score_halves(signals)
    >>> print(halves[["split", "half", "minutes"]])
              split half  minutes
    0   interleaved    a      0.4
    1   interleaved    b      0.4
    2  first_second    a      0.4
    3  first_second    b      0.4
    """
    config = config or Config()
    if not isinstance(block_s, int | float | np.number) or not MIN_BLOCK_S <= block_s < np.inf:
        raise TableError(
            f"block_s of halves is a length of {MIN_BLOCK_S:g} s or more; found {block_s!r}."
        )
    parts, described = [], []
    for recording in recordings(signals, config.signals.sampling_hz):
        session = signals[signals["session"].astype("str") == recording.session]
        for split in SPLITS:
            labels, halves = _blocks(recording, split, block_s)
            for number, half in enumerate(HALVES):
                inside = halves == number
                if not inside.any():
                    continue
                described.append(
                    {
                        "session": recording.session,
                        "split": split,
                        "half": half,
                        "minutes": inside.sum() / recording.sampling_hz / 60,
                        **{
                            f"{person}_positive": positive_share(recording, person, inside)
                            for person in schema.PERSONS
                        },
                    }
                )
                name = str(len(described) - 1)
                label = np.where(inside, labels, "")
                parts.append(labelled_half(session, label, name))
    if not parts:
        return schema.empty(COLUMNS)
    scores = session_rows(pd.concat(parts, ignore_index=True), config)
    scores = scores[score_names(scores)].reset_index(drop=True)
    table = pd.concat([pd.DataFrame(described), scores], axis="columns")
    return schema.conform(table, COLUMNS)


def _blocks(
    recording: Recording, split: str, block_s: float
) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.object_]], np.ndarray[tuple[int], np.dtype[np.int64]]
]:
    """Return the block's name and the half (0, 1; -1 for none) of every grid time."""
    n = len(recording.time_s)
    labels, halves = np.full(n, "", dtype=object), np.full(n, -1, dtype=np.int64)
    for place, episode in enumerate(recording.episodes):
        length_s = episode.n / recording.sampling_hz
        if length_s < 2 * MIN_BLOCK_S - 1e-9:
            continue
        count = 2
        if split == "interleaved":
            count = max(2, 2 * round(length_s / (2 * block_s)))
        edges = np.round(np.linspace(episode.lo, episode.hi, count + 1)).astype(int)
        for block in range(count):
            inside = slice(edges[block], edges[block + 1])
            labels[inside], halves[inside] = f"{place}.{block}", block % 2
    return labels, halves


def labelled_half(
    session: pd.DataFrame, label: np.ndarray[tuple[int], np.dtype[np.object_]], name: str
) -> pd.DataFrame:
    """Return the session's table under another name, with these episodes and nothing outside."""
    parts = []
    for person in schema.PERSONS:
        rows = session[session["person"] == person]
        # What lies outside the half is missing there, so that nothing of it is known: neither the
        # regression of markedness nor an expression that goes on across a border reaches over.
        usable = usable_rows(rows) & (label != "")
        parts.append(rows.assign(session=name, episode=label, usable=usable))
    return pd.concat(parts, ignore_index=True)


def positive_share(
    recording: Recording, person: str, inside: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> float:
    """Return the share of some samples in which a person is positive, of those with a value."""
    smile = expressions(getattr(recording, person)).get("smile")
    if smile is None:
        return float("nan")
    known = inside & np.isfinite(smile)
    return float((smile[known] >= OFFSET_Z).mean()) if known.any() else float("nan")
