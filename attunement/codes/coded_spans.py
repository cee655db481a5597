"""Reading a plain table of codes: every row a span of time that one person's code holds."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.errors import TableError

KEYS = ("session", "person")
# Decimal times of neighbouring codes may differ by rounding in the last place written.
ROUNDING_S = 1e-3
# A row of a time unit holds until the next row, unless that comes later than this many units.
_LATE_UNITS = 1.5
_SHOWN = 5


def read_spans(
    codes: pd.DataFrame, *, signs: Mapping[str, float | None], strangers: bool
) -> pd.DataFrame:
    """Check a table of codes and return session, person, start_s, end_s, value, row.

    `value` is sign times intensity, NaN where nothing can be said. Spans of no length are left
    out. For what is refused see `codes_to_signals`.
    """
    aliases = {"onset": "onset_s", "offset": "offset_s", "time": "time_s"}
    table = codes.rename(columns={a: b for a, b in aliases.items() if b not in codes.columns})
    by_span = "onset_s" in table.columns
    times = ["onset_s", "offset_s"] if by_span else ["time_s"]
    schema.require(table, [*KEYS, "code", *times], what="A table of codes")
    table = table.reset_index(drop=True)
    read = pd.DataFrame({name: table[name].astype("str") for name in KEYS})
    for name in times:
        read[name] = _numbers(table, name)
        _refuse(~np.isfinite(read[name]), read, codes, f"have no finite {name}")
    for name in KEYS:
        _refuse(table[name].isna(), read, codes, f"have no {name}")
    unknown = ~read["person"].isin(schema.PERSONS)
    _refuse(unknown, read, codes, f"name a person other than {' and '.join(schema.PERSONS)}")
    read["value"] = _values(table, read, codes, signs=signs, strangers=strangers)
    read["row"] = np.arange(len(read))
    read = read.rename(columns={"onset_s": "start_s", "offset_s": "end_s", "time_s": "start_s"})
    if by_span:
        _refuse(read["end_s"] < read["start_s"], read, codes, "end before they start")
    after = read.groupby(list(KEYS), sort=False)["start_s"].shift(-1)
    unsorted = after < read["start_s"] if by_span else after <= read["start_s"]
    fault = "start before the row above them" if by_span else "are unsorted or doubled in time"
    _refuse(unsorted.groupby([read[k] for k in KEYS]).shift(1, fill_value=False), read, codes,
            f"of the same session and person {fault}")  # fmt: skip
    if by_span:
        lasts = read["end_s"] > read["start_s"]
        _refuse(~lasts.groupby([read[k] for k in KEYS]).transform("any"), read, codes,
                "have no length, and their session and person has no other")  # fmt: skip
        after = read[lasts].groupby(list(KEYS), sort=False)["start_s"].shift(-1).reindex(read.index)
        over = read["end_s"] > after + ROUNDING_S
        _refuse(over, read, codes, "overlap the next code of the same session and person")
        read["end_s"] = np.minimum(read["end_s"], after.fillna(np.inf))
        return read[lasts]
    alone = read.groupby(list(KEYS), sort=False)["start_s"].transform("size") < 2
    _refuse(alone, read, codes, "are alone, so that nothing says how long their time unit is")
    late = after - read["start_s"]
    unit_s = late.groupby([read[k] for k in KEYS]).transform("median").fillna(0.0)
    holds = after.notna() & (late <= _LATE_UNITS * unit_s)
    return read.assign(end_s=np.where(holds, after, read["start_s"] + unit_s))


def _values(
    table: pd.DataFrame,
    read: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    signs: Mapping[str, float | None],
    strangers: bool,
) -> NDArray[np.float64]:
    meaning = {_plain(code): sign for code, sign in signs.items()}
    place, distinct_codes = pd.factorize(table["code"])
    names = [_plain(code) for code in distinct_codes]
    said = np.array([meaning.get(name) for name in names] + [None], dtype=float)
    stranger = np.array([bool(name) and name not in meaning for name in names] + [False])
    if not strangers:
        listed = ", ".join(
            repr(str(distinct_codes[at])) for at in np.flatnonzero(stranger)[:_SHOWN]
        )
        _refuse(
            pd.Series(stranger[place]),
            read,
            codes,
            f"hold a code that signs does not name ({listed})",
        )
    sign = said[place]
    if "intensity" not in table.columns:
        return sign
    intensity = _numbers(table, "intensity").to_numpy(float)
    _refuse(pd.Series(np.isinf(intensity) | (intensity < 0)), read, codes,
            "have an intensity that is negative or infinite")  # fmt: skip
    # A neutral face has no intensity, written or not; a missing one elsewhere is missing.
    return np.where(sign == 0, 0.0, sign * intensity)


def _plain(code: object) -> str:
    return str(code).strip().casefold()


def _numbers(table: pd.DataFrame, name: str) -> pd.Series:
    try:
        return table[name].astype("float64")
    except (TypeError, ValueError):
        raise TableError(f"The column {name} of a table of codes must hold numbers.") from None


def _refuse(wrong: pd.Series, read: pd.DataFrame, codes: pd.DataFrame, what: str) -> None:
    """Raise if any row is wrong; the rows are named as in the table that was given."""
    at = np.flatnonzero(wrong.to_numpy(bool))
    if not len(at):
        return
    shown = []
    for row in at[:_SHOWN]:
        time = next((f" at {read[t][row]:g} s" for t in ("start_s", "onset_s", "time_s")
                     if t in read and np.isfinite(read[t][row])), "")  # fmt: skip
        shown.append(f"{codes.index[row]} (session {read['session'][row]!r}, "
                     f"{read['person'][row]}{time})")  # fmt: skip
    more = f" and {len(at) - _SHOWN} more" if len(at) > _SHOWN else ""
    raise TableError(
        f"{len(at)} of {len(read)} rows of the codes {what}.", f"Rows: {'; '.join(shown)}{more}."
    )
