"""From scored episodes to one row: the scores of a session, or of one episode of it."""

import pandas as pd

from attunement import schema
from attunement.columns import MOVEMENT_WINDOW, WINDOW, Value, types
from attunement.config import Config
from attunement.scoring import gaps_with_affect
from attunement.scoring.columns import compute, score_columns
from attunement.scoring.coverage import Seen
from attunement.scoring.episodes import WINDOW_COLUMNS, Lengths, ScoredEpisode
from attunement.scoring.interaction import Interaction
from attunement.scoring.marking.attuned_share import Patterns
from attunement.scoring.marking.markedness import Cue, Train
from attunement.scoring.marking.markedness_scores import complete_cues
from attunement.scoring.matching.matched import Matching
from attunement.scoring.reasons import reason
from attunement.scoring.series.recording import Recording


def summarise(
    recording: Recording,
    episodes: list[ScoredEpisode],
    trains: list[Train],
    cues: dict[str, Cue],
    interaction: Interaction,
    config: Config,
) -> dict[str, Value]:
    """Return what every column of a row of scores holds over the given episodes.

    Parameters
    ----------
    episodes : list of ScoredEpisode
        Some of the recording's.
    trains : list of Train
        Of these episodes, with the surrogates that belong to this selection.
    cues : dict of str to Cue
        Fitted over them.
    interaction : Interaction
        Events, answers and states of the whole recording.
    config : Config
        Its ``scoring`` section.
    """
    lengths, seed = Lengths.of(config), config.scoring.seed
    tables = [one.windows for one in episodes]
    windows = pd.concat(tables) if tables else schema.empty(types(WINDOW_COLUMNS))
    shift_of_surrogate = [train.shift_of_surrogate for train in trains]
    matching = Matching(
        sampling_hz=recording.sampling_hz,
        episodes=[one.matched for one in episodes],
        shift_of_surrogate=shift_of_surrogate,
        max_lag=lengths.max_lag,
        seed=seed,
    )
    patterns = Patterns(
        episodes=[one.patterns for one in episodes],
        shifts=[train.shifts[train.shift_of_surrogate] for train in trains],
    )
    seen = Seen(recording, windows)
    row: dict[str, Value] = {
        **compute("matching", matching),
        **compute("cues", cues),
        **compute("patterns", patterns),
        **compute("seen", seen),
        **interaction.scores(trains, config),
    }
    row |= dict.fromkeys(_withheld(matching), float("nan"))
    needed_s = (lengths.window + lengths.max_lag) / recording.sampling_hz
    row["reason"] = reason(
        recording, matching, windows, complete_cues(cues), row, needed_s=needed_s
    )
    why, shifted = gaps_with_affect.withheld(seen, row)
    row |= dict.fromkeys(shifted, float("nan"))
    row["reason"] = ";".join(filter(None, (str(row["reason"]), why)))
    row |= compute("others", row)
    return row


def _withheld(matching: Matching) -> list[str]:
    """Return the scores that need a window where there is none to make them of."""
    without = {need for need in (WINDOW, MOVEMENT_WINDOW) if not matching.scored(need)}
    return [column.name for column in score_columns() if without & set(column.needs)]
