"""Which score is proposed as predictor: that for differences between dyads, where it is there."""

import pandas as pd

from attunement.cards import count
from attunement.config import Association

DEFAULT, OTHERWISE = "temporal_attunement", "mirroring"
_SAYS = (
    "temporal_attunement is the score for differences between dyads; congruence is a state of the "
    "occasion, for outcomes of the same day: docs/two_minutes.md."
)


def proposed_predictors(declared: Association, scores: pd.DataFrame) -> tuple[Association, str]:
    """Return the declaration with the predictors to propose, and what is to be said of them.

    What the study declares stays. Else `temporal_attunement` is proposed, and `mirroring` where
    fewer than half of the sessions that have `mirroring` have it.

    Parameters
    ----------
    declared : Association
    scores : DataFrame
        Of a finished run; without scores, as before one, nothing speaks against the default.
    """
    proposed, said = _of_scores(scores)
    if "predictors" in declared.model_fields_set:
        # A proposal that was taken over is proposed again as it was.
        return declared, said if declared.predictors == (proposed,) else ""
    return declared.model_copy(update={"predictors": (proposed,)}), said


def _of_scores(scores: pd.DataFrame) -> tuple[str, str]:
    if OTHERWISE not in scores:
        return DEFAULT, _SAYS
    of_other = int(scores[OTHERWISE].notna().sum())
    of_default = int(scores[DEFAULT].notna().sum()) if DEFAULT in scores else 0
    if of_default >= of_other / 2:
        return DEFAULT, _SAYS
    why = "the column reason of scores.csv says why" if DEFAULT in scores else "an earlier version"
    said = (
        f"{DEFAULT}, the score for differences between dyads, is there in {of_default} of "
        f"{count(of_other, 'session')} with {OTHERWISE} ({why})."
    )
    return OTHERWISE, said
