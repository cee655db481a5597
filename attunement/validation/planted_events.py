"""Events of simulated dyads beside what was planted for each."""

from typing import Any

import numpy as np
import pandas as pd

from attunement.config import Config
from attunement.scoring.answering.events import session_events
from attunement.scoring.chance.shifts import admissible_shifts
from attunement.scoring.interaction import onset_samples
from attunement.scoring.marking import attuned_share
from attunement.scoring.marking.event_patterns import answering, event_patterns
from attunement.scoring.marking.markedness import Train
from attunement.scoring.series.recording import recordings
from attunement.simulation import Truth, simulate_dyad

# Found and planted onsets of one event: the threshold is passed somewhat before or after half way.
_SAME_S = 1.0


def called(signals: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the events of a session of one episode, and `attuned_share` and what goes with it.

    Windows are not scored, which takes most of the time of `score_session`; what is returned is
    the same.
    """
    recording = next(recordings(signals, Config().signals.sampling_hz))
    events = session_events(recording)
    (episode,) = recording.episodes
    shifts = admissible_shifts(episode.n, recording.sampling_hz)
    onsets = onset_samples(recording, episode, events)
    train = Train(episode, onsets, shifts, np.arange(len(shifts)), shifts)
    patterns = event_patterns(
        recording, train, events["channel"].tolist(), answering(recording, [train])
    )
    shares = attuned_share.scores(attuned_share.Patterns([patterns], [shifts]))
    return events.assign(**patterns.table()), dict(shares)


def planted_events(settings: dict[str, Any], *, shares: bool = False) -> pd.DataFrame:
    """Simulate and score one dyad, and return its events with what was planted for each.

    Parameters
    ----------
    settings : dict
        Arguments of `simulate_dyad`.
    shares : bool
        Return one row, `attuned_share` and what goes with it, instead.

    Returns
    -------
    DataFrame
        As `with_planted` gives them.
    """
    signals, truth = simulate_dyad(**settings)
    events, found = called(signals)
    return pd.DataFrame([found]) if shares else with_planted(events, truth)


def with_planted(events: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Return what was called of the events beside what was planted for each.

    Returns
    -------
    DataFrame
        `match_evidence` and `mark_evidence`, `matched` and `marked` (called), `planted_match` and
        `planted_mark`; without events that are not scorable or found where none was planted.
    """
    found = events[events["pattern"] != "not_scorable"]
    # The last place stands for none.
    onsets_s = np.array([*truth.onsets_s, np.inf])
    away = np.abs(found["onset_s"].to_numpy()[:, None] - onsets_s)
    nearest = away.argmin(1)
    same = away.min(1) <= _SAME_S
    found, nearest = found[same], nearest[same]
    return pd.DataFrame(
        {
            "match_evidence": found["match_evidence"].to_numpy(),
            "mark_evidence": found["mark_evidence"].to_numpy(),
            "matched": (found["match_margin"] > 0).to_numpy(),
            "marked": (found["mark_margin"] > 0).to_numpy(),
            "planted_match": np.array(truth.mirrored, bool)[nearest],
            "planted_mark": np.array(truth.marked, bool)[nearest],
        }
    )
