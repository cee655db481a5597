"""Whether both partners' tables are one, under two names."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from attunement import schema
from attunement.study.sessions import Session

# Rows after which two tables that agree so far can only be one, or one that was cut short.
_ENOUGH_ROWS = 100


def same_faces(session: Session, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return what is wrong where the caregiver's and the infant's table hold the same face.

    Parameters
    ----------
    session : Session
        Whose partners have the tables.
    tables : mapping of pandas.DataFrame
        ``schema.TRACKS`` by person, with columns of ``schema.ACTION_UNITS``.

    Returns
    -------
    str
        One sentence, empty where nothing is wrong: where not both partners have a table, where
        their action units differ, or where one file is named for both, which
        `study.one_source` says. Times are not compared, and neither are units that never change.
    """
    caregiver, infant = session.partners
    if caregiver.table is None or infant.table is None:
        return ""
    values = [_changing(tables[person]) for person in schema.PERSONS]
    n_rows = min(map(len, values))
    units = [name for name in values[0] if name in values[1]]
    if not units or n_rows < _ENOUGH_ROWS or caregiver.table == infant.table:
        return ""
    first, second = (table[units].to_numpy(float)[:n_rows] for table in values)
    if not np.array_equal(first, second, equal_nan=True) or set(values[0]) != set(values[1]):
        return ""
    return (
        f"{caregiver.table.name} and {infant.table.name} hold the same intensities in"
        f" {n_rows:,} rows: one face stands for both persons. Export the other person's again."
    )


def _changing(table: pd.DataFrame) -> pd.DataFrame:
    units = [name for name in (*schema.ACTION_UNITS, *schema.AFFECT) if name in table]
    return table[[name for name in units if table[name].max() > table[name].min()]]
