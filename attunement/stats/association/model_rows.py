"""From a table of sessions to the rows of a model: ids, what is left out, one row a dyad."""

from dataclasses import dataclass

import pandas as pd

from attunement import schema
from attunement.errors import AssociationError, TableError
from attunement.stats.association.cleaning import as_id
from attunement.stats.association.request import Request

_MOST_NAMED = 8


class TooFewRowsError(AssociationError):
    """A model has no rows, or too few for its parameters."""


@dataclass(frozen=True)
class Rows:
    """The rows that a model is fitted to.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns of the model under their own names.
    ids : pandas.DataFrame
        dyad, family, partner; same rows.
    left_out : pandas.DataFrame
        dyad, session, reason; one row a session that is not used.
    n_dyads, n_sessions, n_families : int
        Used.
    unit : str
        ``dyad`` or ``session``: what a row stands for.
    notes : tuple of str
        What was done that a reader must know.
    """

    table: pd.DataFrame
    ids: pd.DataFrame
    left_out: pd.DataFrame
    n_dyads: int
    n_sessions: int
    n_families: int
    unit: str
    notes: tuple[str, ...]


def select_rows(scores: pd.DataFrame, request: Request) -> Rows:
    """Return the rows of the model asked for.

    Raises
    ------
    TableError
        When ids are missing or contradict each other, or values are missing and
        ``nan_policy="raise"``.
    AssociationError
        When rows repeat in a way that is not declared, or (`TooFewRowsError`) no row has all
        values.
    """
    scores = scores.reset_index(drop=True)
    ids, notes = _ids(scores, request)
    table = scores.loc[:, list(request.columns)]
    reasons = _missing(table)
    left_out = pd.DataFrame(
        {"dyad": ids["dyad"], "session": ids["session"], "reason": reasons}
    ).loc[reasons != ""]
    if len(left_out) and request.nan_policy == "raise":
        raise TableError(
            f"{len(left_out)} of {len(table)} rows have missing values: {_name_rows(left_out)}.",
            "Say nan_policy='omit' to leave them out (they are counted and named), or use impute.",
        )
    table, ids = table.drop(index=left_out.index), ids.drop(index=left_out.index)
    if table.empty:
        raise TooFewRowsError(
            f"None of the {len(reasons)} rows has a value in every column of the model "
            f"({', '.join(request.columns)}).",
            "Check that the outcome was joined and that the scores could be computed.",
        )
    n_sessions = len(table)
    unit = "dyad"
    if ids["dyad"].duplicated().any():
        if request.repeated == "mean":
            table, ids = _means(table, ids, request)
            notes.append(f"{n_sessions} sessions were averaged to {len(table)} dyads.")
        else:
            unit = "session"
    return Rows(
        table=table.reset_index(drop=True),
        ids=ids.loc[:, ["dyad", "family", "partner"]].reset_index(drop=True),
        left_out=left_out.reset_index(drop=True),
        n_dyads=int(ids["dyad"].nunique()),
        n_sessions=n_sessions,
        n_families=int(ids["family"].nunique()),
        unit=unit,
        notes=tuple(notes),
    )


def _ids(scores: pd.DataFrame, request: Request) -> tuple[pd.DataFrame, list[str]]:
    notes = []
    present = set(scores.columns)
    wanted = (request.dyad, request.session, request.family)
    dyad = next((name for name in wanted if name in present), None)
    if dyad is None:
        raise TableError(
            f"The table has none of the id columns {', '.join(map(repr, wanted))}.",
            "Name the column of dyads with dyad='...'.",
        )
    for given, usual in ((request.family, "family"), (request.dyad, "dyad")):
        if given not in present and given != usual:
            raise TableError(f"There is no id column {given!r}.")
    if request.partner and request.partner not in present:
        raise TableError(f"There is no id column {request.partner!r} (partner='...').")
    family = request.family if request.family in present else dyad
    if dyad != request.dyad:
        notes.append(f"Without a column {request.dyad!r}, each {dyad} counts as a dyad.")
    if family != request.family:
        notes.append("Without a column of families, each dyad counts as a family of its own.")
    sources = {"dyad": dyad, "family": family, "partner": request.partner or dyad}
    if scores[[dyad, family]].isna().to_numpy().any():
        raise TableError(f"Some rows have no {dyad} or {family} id.", "Every row needs its ids.")
    ids = pd.DataFrame({to: _as_ids(scores[name]) for to, name in sources.items()})
    has_session = request.session in present
    ids["session"] = _as_ids(scores[request.session]) if has_session else ids["dyad"]
    _check_repeats(scores, ids, has_session)
    split = ids.groupby("dyad")["family"].nunique()
    if (split > 1).any():
        raise TableError(f"The dyad {split.idxmax()!r} has rows in more than one family.")
    return ids, notes


def _as_ids(column: pd.Series) -> pd.Series:
    return column.map(as_id).astype(schema.TEXT)


def _check_repeats(scores: pd.DataFrame, ids: pd.DataFrame, has_session: bool) -> None:
    twice = ids["session"].duplicated(keep=False)
    if not twice.any():
        return
    first = ids.loc[twice, "session"].iloc[0]
    n = int((ids["session"] == first).sum())
    if not has_session:
        raise AssociationError(
            f"The dyad {first!r} has {n} rows and no column tells its sessions apart, so that they "
            "would count as independent.",
            "Keep one row for each dyad, or name the column of sessions with session='...' and how "
            "they repeat with repeated='mean', 'cluster' or 'mixed'.",
        )
    if "episode" in scores.columns:
        advice = "Keep one episode: scores[scores['episode'] == 'play'], or use scores.csv."
    else:
        advice = "Keep one row for each session, as in scores.csv."
    raise AssociationError(
        f"The session {first!r} has {n} rows, which are not independent.", advice
    )


def _missing(table: pd.DataFrame) -> pd.Series:
    """Return per row the columns without a value, as text; empty where all are there."""
    lacks = pd.DataFrame({name: table[name].isna() for name in table.columns})
    lacks |= table.isin([float("inf"), float("-inf")])
    texts = [
        "no " + ", no ".join(lacks.columns[row]) if row.any() else "" for row in lacks.to_numpy()
    ]
    return pd.Series(texts, index=table.index, dtype=schema.TEXT)


def _name_rows(left_out: pd.DataFrame) -> str:
    named = [f"{row.session} ({row.reason})" for row in left_out.head(_MOST_NAMED).itertuples()]
    further = len(left_out) - _MOST_NAMED
    return "; ".join(named) + (f"; and {further} more" if further > 0 else "")


def _means(
    table: pd.DataFrame, ids: pd.DataFrame, request: Request
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row a dyad: numbers averaged, what cannot be averaged checked to be constant."""
    key = ids["dyad"].to_numpy()
    groups = table.groupby(key, sort=False)
    constant_only = {request.event, request.exposure} | {
        name for name, kind in request.kinds.items() if kind == "categorical"
    }
    if request.kind != "continuous":
        constant_only.add(request.outcome)
    means = {}
    for name in table.columns:
        numeric = pd.api.types.is_numeric_dtype(table[name])
        if numeric and name not in constant_only:
            means[name] = groups[name].mean()
            continue
        varies = groups[name].agg(lambda values: len(values.unique())) > 1
        if varies.any():
            raise AssociationError(
                f"{name!r} differs between sessions of a dyad (first: {varies.idxmax()!r}) and "
                "cannot be averaged.",
                "Say repeated='cluster' to keep the sessions as rows, clustered by family.",
            )
        means[name] = groups[name].first()
    firsts = ids.groupby(key, sort=False).first()
    partners = ids.groupby(key, sort=False)["partner"].nunique()
    if request.partner and (partners > 1).any():
        raise AssociationError(
            f"The dyad {partners.idxmax()!r} has several partners ({request.partner!r}).",
            "A dyad is one infant with one partner: give each its own dyad id and the same family.",
        )
    return pd.DataFrame(means), firsts
