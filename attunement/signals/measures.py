"""From the columns of a faces table to measures, and from those to the channels of the face."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from attunement.channels import CHANNELS, MEASURES, Series
from attunement.signals.gates import column


def take_measures(frames: pd.DataFrame) -> tuple[dict[str, Series], dict[str, float]]:
    """Return every measure of one person's frames, and the floor of its unit.

    Parameters
    ----------
    frames : pandas.DataFrame
        Rows of one person with any of the columns of `schema.FACES` and `schema.ACTION_UNITS`.

    Returns
    -------
    measures : dict of ndarray, shape (n,)
        All of `MEASURES`. A value is missing where the frame's status is not ``ok`` or where any
        of the columns that this person has for it is missing.
    floors : dict of float
        Smallest unit of each.
    """
    ok = frames["status"].to_numpy(object) == "ok"
    measures, floors = {}, {}
    for name, sources in MEASURES.items():
        measures[name], floors[name] = np.full(len(frames), np.nan), sources[0].floor
        for source in sources:
            there = [np.where(ok, column(frames, part), np.nan) for part in source.columns]
            there = [values for values in there if np.isfinite(values).any()]
            if there:
                together = np.max(there, axis=0) if source.largest else np.mean(there, axis=0)
                measures[name], floors[name] = together, source.floor
                break
    return measures, floors


def combine(excursions: Mapping[str, Series]) -> dict[str, Series]:
    """Return the channels of the face, in the units of their measures.

    Parameters
    ----------
    excursions : mapping of ndarray, shape (n,)
        Every measure minus its own baseline, so that a resting face with one mouth corner's shape
        or heavy brows is neither frowning nor angry.

    Returns
    -------
    dict of ndarray, shape (n,)
        Every channel that is declared of measures (`attunement.channels`), where its formula and
        its missing-data rule stand.
    """
    return {
        channel.name: channel.of_measures(excursions)
        for channel in CHANNELS
        if channel.of_measures is not None
    }
