"""Which score is proposed as predictor: the one for differences between dyads, where it is there."""

import pandas as pd

from attunement.cards import count
from attunement.config import Association

DEFAULT, OTHERWISE = "temporal_attunement", "mirroring"
_SAYS = (
    "temporal_attunement is the score for differences between dyads; congruence is a state of the "
    "occasion, for outcomes of the same day: docs/two_minutes.md."
)


def proposed_predictors(
    declared: Association, scores: pd.DataFrame | None
) -> tuple[Association, str]:
    """Return the declaration with the predictors to propose, and what is to be said of them.

    What the study declares stays. Else `temporal_attunement` is proposed, and `mirroring` where
    fewer than half of the sessions that have `mirroring` have it.

    Parameters
    ----------
    declared : Association
    scores : DataFrame, optional
        Of a finished run.
    """
    if "predictors" in declared.model_fields_set:
        return declared, ""
    if scores is not None and {DEFAULT, OTHERWISE} <= set(scores.columns):
        of_default, of_other = (int(scores[name].notna().sum()) for name in (DEFAULT, OTHERWISE))
        if of_default < of_other / 2:
            said = (
                f"{DEFAULT}, the score for differences between dyads, is missing in most sessions "
                f"({count(of_default, 'session')} of {of_other} with {OTHERWISE} have it; the "
                "column reason of scores.csv says why)."
            )
            return declared.model_copy(update={"predictors": (OTHERWISE,)}), said
    return declared, _SAYS
