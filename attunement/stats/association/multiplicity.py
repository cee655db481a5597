"""Many tests: Holm over what was declared primary, Benjamini-Hochberg over the rest."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from attunement.errors import AssociationError
from attunement.stats.association.design import require_columns

PRIMARY = "Holm over primaries"
REST = "Benjamini-Hochberg over the rest"


def adjust_p(p: Sequence[float] | pd.Series, primary: Sequence[bool] | pd.Series) -> pd.DataFrame:
    """Return adjusted p-values: Holm over the primaries, Benjamini-Hochberg over the others.

    Parameters
    ----------
    p : sequence of float
        P-values; a missing one (a model that could not be fitted) stays missing and counts as a
        test, so that a refused model never makes the others look better.
    primary : sequence of bool
        Which were declared primary before any result was seen.

    Returns
    -------
    pandas.DataFrame
        p, primary, adjustment, p_adjusted; one row a test, in the order given.

    Examples
    --------
    >>> from attunement.stats.association import adjust_p
    >>> table = adjust_p([0.01, 0.04, 0.03, 0.20], [True, False, False, False])
    >>> print(table.round(3))
          p  primary                        adjustment  p_adjusted
    0  0.01     True               Holm over primaries        0.01
    1  0.04    False  Benjamini-Hochberg over the rest        0.06
    2  0.03    False  Benjamini-Hochberg over the rest        0.06
    3  0.20    False  Benjamini-Hochberg over the rest        0.20
    """
    values = np.asarray(p, dtype=float)
    chosen = np.asarray(primary, dtype=bool)
    if values.shape != chosen.shape:
        raise AssociationError(
            f"There are {len(values)} p-values and {len(chosen)} marks of primaries."
        )
    known = values[np.isfinite(values)]
    if ((known < 0) | (known > 1)).any():
        raise AssociationError("A p-value lies outside 0 to 1.")
    adjusted = np.full(values.shape, np.nan)
    for rows, method in ((chosen, "holm"), (~chosen, "fdr_bh")):
        if rows.any():
            filled = np.where(np.isfinite(values[rows]), values[rows], 1.0)
            adjusted[rows] = multipletests(filled, method=method)[1]
    adjusted[~np.isfinite(values)] = np.nan
    return pd.DataFrame(
        {
            "p": values,
            "primary": chosen,
            "adjustment": np.where(chosen, PRIMARY, REST),
            "p_adjusted": adjusted,
        }
    )


def adjust_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with columns p and primary (bool) with adjustment and p_adjusted added.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.stats.association import adjust_table
    >>> table = pd.DataFrame({"term": ["mirroring", "lag"], "p": [0.01, 0.2], "primary": True})
    >>> print(adjust_table(table))
            term     p  primary           adjustment  p_adjusted
    0  mirroring  0.01     True  Holm over primaries        0.02
    1        lag  0.20     True  Holm over primaries        0.20
    """
    require_columns(table, ["p", "primary"])
    adjusted = adjust_p(table["p"], table["primary"]).set_axis(table.index, axis=0)
    return table.assign(adjustment=adjusted["adjustment"], p_adjusted=adjusted["p_adjusted"])
