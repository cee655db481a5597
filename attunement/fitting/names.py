"""Names that ``[association]`` uses: every one that is not there, with the nearest that is."""

import re
from collections.abc import Iterable, Mapping, Sequence

from attunement.cards import listed
from attunement.config import Association
from attunement.errors import ConfigError, TableError
from attunement.fitting.declaration import primaries
from attunement.stats.association.covariates import OFFERED
from attunement.stats.association.missing_codes import EVERY_OTHER
from attunement.stats.association.request import ALIASES, KINDS
from attunement.stats.association.terms import COLUMN_KINDS
from attunement.study.faults import did_you_mean

_BETWEEN = re.compile(r"\*\*|[+:*^()]")
_MOST_NAMED = 12
_RUN_AGAIN = "run the study again where its results are of an earlier version."


def check_settings(settings: Association) -> None:
    """Refuse what [association] says of itself without any table, all faults at once.

    Raises
    ------
    ConfigError
        When no outcome is declared, a kind is missing or unknown, or a primary names no model.
    """
    if not settings.outcomes:
        raise ConfigError(
            "[association] outcomes is empty: there is nothing to relate the scores to.",
            "Have the section proposed from the file of outcomes: "
            "attunement fit study.toml --propose. Where that found none, its comments say of each "
            "column why: correct the table first, or name a column in outcomes, and its kind as in "
            'kinds.NAME = "continuous".',
        )
    faults = [*_kind_faults(settings), *_primary_faults(settings)]
    if faults:
        raise ConfigError("\n".join(f"[association] {fault}" for fault in faults))


def check_columns(settings: Association, columns: Sequence[str], *, entered: Iterable[str]) -> None:
    """Refuse names of columns that are in no table, all at once, each with the nearest that is.

    Parameters
    ----------
    settings : Association
    columns : sequence of str
        Of the scores with the outcomes joined.
    entered : iterable of str
        Those that people entered: they are named where nothing is near.

    Raises
    ------
    TableError
    """
    entered = list(entered)
    faults = []
    for what, names in _used(settings, columns).items():
        for name in names:
            if name not in columns:
                near = did_you_mean(name, columns) or _listed(entered)
                if what == "predictors" and what not in settings.model_fields_set:
                    near = f"It is the default: name others in predictors, or {_RUN_AGAIN}"
                faults.append(f"[association] {what}: there is no column {name!r}. {near}".strip())
    if faults:
        raise TableError("\n".join(faults))


def column_kinds(settings: Association, outcome: str) -> dict[str, str]:
    """Return what is declared of columns that the model of an outcome holds constant.

    A column that is an outcome elsewhere keeps what its kind says of numbers: ``unordered`` and
    ``binary`` are categories, ``count`` is a quantity.
    """
    as_column = {
        "binary": "categorical", "unordered": "categorical", "count": "continuous",
        "time": "continuous",
    }  # fmt: skip
    known = {name: ALIASES.get(kind, kind) for name, kind in settings.kinds.items()}
    said = {name: as_column.get(kind, kind) for name, kind in known.items() if name != outcome}
    return {name: kind for name, kind in said.items() if kind in COLUMN_KINDS}


def _kind_faults(settings: Association) -> list[str]:
    faults = []
    for outcome in settings.outcomes:
        if outcome in settings.kinds:
            continue
        near = did_you_mean(outcome, [n for n in settings.kinds if n not in settings.outcomes])
        known = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
        advice = near or (
            f"Declare {known}; numbers are not guessed to be quantities. attunement fit "
            "study.toml --propose proposes one."
        )
        faults.append(f"kinds says nothing of {outcome!r}. {advice}")
    for name, kind in settings.kinds.items():
        allowed = [*KINDS, *ALIASES, *([] if name in settings.outcomes else COLUMN_KINDS)]
        if kind not in allowed:
            shown = ", ".join(dict.fromkeys(n for n in allowed if n not in ALIASES))
            near = did_you_mean(kind, allowed)
            faults.append(f"kinds: {name!r} is {kind!r}; known are {shown}. {near}")
    return [fault.strip() for fault in faults]


def _primary_faults(settings: Association) -> list[str]:
    faults = []
    for primary in primaries(settings):
        outcome, _, predictor = (part.strip() for part in primary.partition("~"))
        if outcome in settings.outcomes and (not predictor or predictor in settings.predictors):
            continue
        wrong, known = (
            (predictor, settings.predictors)
            if outcome in settings.outcomes
            else (outcome, settings.outcomes)
        )
        near = did_you_mean(wrong, known)
        faults.append(
            f"primary {primary!r} names no model. {near or ''} Outcomes are "
            f"{', '.join(settings.outcomes)}; predictors {', '.join(settings.predictors)}."
        )
    return [" ".join(fault.split()) for fault in faults]


def _used(settings: Association, columns: Sequence[str]) -> dict[str, list[str]]:
    covariates = [name for name in settings.covariates if name != OFFERED]
    used: Mapping[str, Iterable[str]] = {
        "outcomes": settings.outcomes,
        "events": settings.events.values(),
        "exposures": settings.exposures.values(),
        "labels": settings.labels,
        "missing_values": [n for n in _by_column(settings) if n != EVERY_OTHER],
        "predictors": _in_terms(settings.predictors, columns),
        "covariates": _in_terms(covariates, columns),
    }
    return {what: list(dict.fromkeys(names)) for what, names in used.items()}


def _by_column(settings: Association) -> Iterable[str]:
    return settings.missing_values if isinstance(settings.missing_values, dict) else ()


def _in_terms(terms: Iterable[str], columns: Sequence[str]) -> list[str]:
    """Return the names of columns in terms such as ``a*b``; whole terms where they are columns."""
    names: list[str] = []
    for term in terms:
        pieces = [term] if term in columns else [p.strip() for p in _BETWEEN.split(term)]
        names += [piece for piece in pieces if piece and piece != "I" and not piece.isdecimal()]
    return names


def _listed(names: Sequence[str]) -> str:
    return f"There is {listed(list(map(repr, names)), at_most=_MOST_NAMED)}." if names else ""
