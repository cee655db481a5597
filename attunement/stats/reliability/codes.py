"""Reading timed codes of two coders: onsets, offsets and codes, session by session."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.errors import ReliabilityError
from attunement.stats.reliability.blanks import without_blanks
from attunement.stats.reliability.ratings import NAN_POLICIES, complete_labels
from attunement.stats.reliability.results import check_choice

Array = NDArray[np.float64]

CODED_BLANK = -1  # a span that the coder could not code


@dataclass(frozen=True)
class Events:
    """One coder's codes in one session, by onset; `code` is a place in the labels."""

    onset_s: Array
    offset_s: Array
    code: NDArray[np.int64]
    row: NDArray[np.int64]

    def pick(self, kept: NDArray[np.bool_]) -> "Events":
        """Return the events that are `kept`."""
        return Events(self.onset_s[kept], self.offset_s[kept], self.code[kept], self.row[kept])


@dataclass(frozen=True)
class CodedSession:
    """A session that both coders coded."""

    session: str
    group: str
    start_s: float
    end_s: float
    a: Events
    b: Events


@dataclass(frozen=True)
class CodedPair:
    """All sessions that both coders coded, and the codes they used."""

    sessions: tuple[CodedSession, ...]
    labels: list[Any]
    n_sessions_left_out: int

    def group_places(self) -> NDArray[np.int64]:
        """Return the group of every session as a whole number from 0."""
        places, _ = pd.factorize(np.array([s.group for s in self.sessions], dtype=object))
        return places.astype(np.int64)


def read_pair(
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    spans: pd.DataFrame | tuple[float, float] | None,
    groups: str | None,
    nan_policy: str,
    need_offsets: bool,
    labels: Sequence[Any] | None = None,
    missing_values: Sequence[Any] | None = None,
) -> CodedPair:
    """Read two coders' tables; see `time_unit_kappa` for what they hold and what is refused."""
    check_choice(nan_policy, "nan_policy", NAN_POLICIES)
    tables = [_read(table, name, need_offsets, groups) for table, name in ((a, "a"), (b, "b"))]
    if ("session" in a.columns) != ("session" in b.columns):
        raise ReliabilityError("Both coders' tables, or neither, must have a column session.")
    codes = pd.concat([table["code"] for table in tables], keys=range(2)).to_frame()
    codes = without_blanks(codes, missing_values=missing_values, labels=labels)
    tables = [table.assign(code=codes.loc[k, "code"].to_numpy()) for k, table in enumerate(tables)]
    for table, name in zip(tables, "ab", strict=True):
        blank = int(table["code"].isna().sum())
        if blank and nan_policy == "raise":
            raise ReliabilityError(
                f"{blank} rows of coder {name} have no code.",
                'Pass nan_policy="omit" to leave that time out and have it counted.',
            )
    in_a, in_b = (list(dict.fromkeys(table["session"])) for table in tables)
    span_of = _read_spans(spans, tables)
    if span_of is not None:
        chosen = [name for name in span_of if name in set(in_a) | set(in_b)]
        left_out = len((set(in_a) | set(in_b)) - set(span_of))
    else:
        chosen = [name for name in in_a if name in set(in_b)]
        alone = sorted(set(in_a) ^ set(in_b))
        left_out = len(alone)
        if alone and nan_policy == "raise":
            raise ReliabilityError(
                f"{len(alone)} sessions are in one coder's table only, {alone[0]!r} first.",
                "Pass spans (session, start_s, end_s) of what both coded, or "
                'nan_policy="omit" to leave those sessions out.',
            )
    if not chosen:
        raise ReliabilityError("The two coders have no session in common.")
    used = [c for table in tables for c in table.loc[table["code"].notna(), "code"]]
    known = complete_labels(used, labels)
    place = {label: i for i, label in enumerate(known)}
    by_session = [dict(list(table.groupby("session"))) for table in tables]
    sessions = []
    for name in chosen:
        parts = [
            of_session.get(name, table.iloc[:0])
            for of_session, table in zip(by_session, tables, strict=True)
        ]
        start, end = span_of[name] if span_of else _extent(parts)
        sessions.append(
            CodedSession(
                session=name,
                group=_group(parts, name),
                start_s=start,
                end_s=end,
                a=_events(parts[0], place),
                b=_events(parts[1], place),
            )
        )
    return CodedPair(tuple(sessions), known, left_out)


def _read(table: Any, name: str, need_offsets: bool, groups: str | None) -> pd.DataFrame:
    if not isinstance(table, pd.DataFrame):
        raise ReliabilityError(
            f"Coder {name}'s codes must be a table with onset_s, offset_s and code; found "
            f"{type(table).__name__}."
        )
    needed = ["code", "onset_s"] + (["offset_s"] if need_offsets else [])
    needed += [groups] if groups else []
    lacking = [column for column in needed if column not in table.columns]
    if lacking:
        advice = "Pass min_overlap=None to compare onsets alone." if "offset_s" in lacking else ""
        raise ReliabilityError(
            f"Coder {name}'s table lacks {', '.join(lacking)}; it has "
            f"{', '.join(map(str, table.columns))}.",
            advice,
        )
    persons = set(table["person"].dropna()) if "person" in table.columns else set()
    if len(persons) > 1:
        raise ReliabilityError(
            f"Coder {name}'s table holds codes of {len(persons)} persons.",
            "Compare one person's codes at a time.",
        )
    read = pd.DataFrame(
        {
            "session": table["session"].astype("str") if "session" in table else "",
            "code": table["code"].astype(object),
            "onset_s": _times(table, "onset_s", name),
            "offset_s": _times(table, "offset_s", name) if "offset_s" in table else np.nan,
            "group": table[groups].astype("str") if groups else "",
        }
    ).reset_index(drop=True)
    wrong = np.flatnonzero((read["offset_s"] < read["onset_s"]).to_numpy())
    if len(wrong):
        raise ReliabilityError(
            f"Row {wrong[0]} of coder {name} ends before it starts "
            f"({read['onset_s'][wrong[0]]:g} to {read['offset_s'][wrong[0]]:g} s)."
        )
    return read


def _times(table: pd.DataFrame, column: str, name: str) -> pd.Series:
    try:
        times = table[column].astype("float64")
    except (TypeError, ValueError):
        raise ReliabilityError(f"{column} of coder {name} must be numbers of seconds.") from None
    if not np.isfinite(times).all():
        raise ReliabilityError(f"{column} of coder {name} has a missing or infinite time.")
    return times


def _read_spans(spans: Any, tables: list[pd.DataFrame]) -> dict[str, tuple[float, float]] | None:
    if spans is None:
        return None
    if isinstance(spans, pd.DataFrame):
        lacking = [c for c in ("session", "start_s", "end_s") if c not in spans.columns]
        if lacking:
            raise ReliabilityError(f"spans lacks the column {lacking[0]}.")
        if spans["session"].duplicated().any():
            raise ReliabilityError("spans must name each session once.")
        rows = zip(spans["session"].astype("str"), spans["start_s"], spans["end_s"], strict=True)
        span_of = {name: (float(start), float(end)) for name, start, end in rows}
    else:
        names = set(tables[0]["session"]) | set(tables[1]["session"])
        if len(names) > 1:
            raise ReliabilityError(
                f"One span was given for {len(names)} sessions.",
                "Pass spans as a table of session, start_s and end_s.",
            )
        start, end = spans
        span_of = dict.fromkeys(names, (float(start), float(end)))
    for name, (start, end) in span_of.items():
        if not (np.isfinite([start, end]).all() and start < end):
            raise ReliabilityError(f"The span of session {name!r} must start before it ends.")
    return span_of


def _extent(parts: list[pd.DataFrame]) -> tuple[float, float]:
    """Return the first onset and the last offset (onset where it is all there is)."""
    times = np.concatenate([part[c].to_numpy() for part in parts for c in ("onset_s", "offset_s")])
    return float(np.nanmin(times)), float(np.nanmax(times))


def _group(parts: list[pd.DataFrame], session: str) -> str:
    names = sorted({name for part in parts for name in part["group"]})
    if len(names) > 1:
        raise ReliabilityError(f"Session {session!r} belongs to several groups: {names!r}.")
    return names[0] if names and names[0] else session


def _events(part: pd.DataFrame, place: dict[Any, int]) -> Events:
    part = part.sort_values("onset_s", kind="stable")
    codes = [CODED_BLANK if pd.isna(code) else place[code] for code in part["code"]]
    return Events(
        part["onset_s"].to_numpy(dtype=float),
        part["offset_s"].to_numpy(dtype=float),
        np.array(codes, dtype=np.int64),
        part.index.to_numpy(dtype=np.int64),
    )
