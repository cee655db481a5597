"""The sentence that goes with every table of scores."""

import numpy as np
import pandas as pd

NOT_A_TRAIT = (
    "They say nothing lasting about the adult, and are not for ranking or for individual feedback "
    "on less than about 10 minutes."
)


def reliability_sentence(table: pd.DataFrame, *, score: str = "mirroring") -> str:
    """Say what a study's scores are and how reliable one of them was found there.

    Parameters
    ----------
    table : DataFrame
        From `reliability_of_scores`.
    score : str
        The score that is quoted, by its interleaved split halves.

    Returns
    -------
    str
        Two or three sentences, without a line break.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.reliability import reliability_sentence
    >>> table = pd.DataFrame(
    ...     {"score": ["mirroring"], "term": ["split_half_interleaved"], "estimate": [0.62],
    ...      "ci_low": [0.4], "ci_high": [0.78], "n_sessions": [40], "minutes": [4.0],
    ...      "n_families": [40], "reason": [""]}
    ... )
    >>> print(reliability_sentence(table).split(". ")[1][:59])
    Reliability of mirroring in this study: 0.62 [0.40, 0.78] (
    """
    row = table[(table["score"] == score) & (table["term"] == "split_half_interleaved")]
    figure = "not estimated"
    if len(row):
        one = row.iloc[0]
        if np.isfinite(one["estimate"]):
            limits = ""
            if np.isfinite(one["ci_low"]):
                limits = f" [{one['ci_low']:.2f}, {one['ci_high']:.2f}]"
            figure = (
                f"{one['estimate']:.2f}{limits} (split halves; {one['n_sessions']} sessions of "
                f"{one['minutes']:.1f} minutes, {one['n_families']} families)"
            )
        else:
            figure = f"not estimated ({one['reason']})"
    return (
        f"Scores describe the sessions that were recorded. Reliability of {score} in this study: "
        f"{figure}. {NOT_A_TRAIT}"
    )
