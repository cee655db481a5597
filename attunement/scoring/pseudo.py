"""Pseudo-dyads: each infant with the caregivers of other families, as chance for a whole study."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from attunement import schema
from attunement.errors import TableError

PAIRS = {
    "session": "str",
    "draw": "int64",
    "infant_session": "str",
    "caregiver_session": "str",
}


def pseudo_dyads(
    signals: pd.DataFrame,
    *,
    families: Mapping[str, Hashable] | None = None,
    strata: Mapping[str, Hashable] | None = None,
    n_draws: int = 1,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pair every infant with a caregiver of another family, roles kept.

    Each draw gives every session's infant one caregiver at random among the sessions of other
    families in the same stratum that have the same episodes. The result is a signals table like
    any other: score it with `score_session` and compare.

    Parameters
    ----------
    signals : DataFrame
        ``schema.SIGNALS`` of several sessions.
    families : mapping of session to family, optional
        Sessions of one family are never paired with each other; each session its own family by
        default.
    strata : mapping of session to anything, optional
        Only sessions of one stratum are paired, such as those with the same age and partner.
    n_draws : int
        How many partners each infant gets, each once at most.
    seed : int
        Of the draw.

    Returns
    -------
    signals : DataFrame
        The columns of `signals`; session ids ``<infant's session>~<caregiver's session>``. An
        episode ends where the shorter of both ends; times are those of the infant's session.
    pairs : DataFrame
        One row a pseudo-dyad: session, draw (0 and up), infant_session, caregiver_session. An
        infant without a possible partner is missing here.

    Raises
    ------
    TableError
        When columns are missing, a mapping lacks a session, or no pair is possible.

    Notes
    -----
    For statements about a group ("adults answer infants above what strangers of the same study
    would seem to"), never for one dyad. Recordings of one protocol share their course in time
    (they all begin alike), which pseudo-dyads keep and shifts within a session do not.
    Bernieri, Reznick and Rosenthal (1988).
    """
    schema.require(signals, schema.SIGNALS_REQUIRED, what="A signals table")
    if n_draws < 1:
        raise TableError(f"n_draws of pseudo-dyads is at least 1; found {n_draws}.")
    people = {
        (str(session), str(person)): rows
        for (session, person), rows in signals.groupby(["session", "person"], sort=False)
    }
    sessions = list(dict.fromkeys(session for session, _ in people))
    family = _looked_up(families, sessions, "families")
    stratum = _looked_up(strata, sessions, "strata")
    episodes = {
        key: frozenset(rows["episode"].fillna("").astype(str)) - {""}
        for key, rows in people.items()
    }
    rng = np.random.default_rng(seed)
    tables, pairs = [], []
    for one in sessions:
        others = [
            other
            for other in sessions
            if family[other] != family[one]
            and stratum[other] == stratum[one]
            and (one, "infant") in people
            and (other, "caregiver") in people
            and episodes[one, "infant"] == episodes[other, "caregiver"]
        ]
        for draw, at in enumerate(rng.permutation(len(others))[:n_draws]):
            name = f"{one}~{others[at]}"
            tables.append(_pair(people[one, "infant"], people[others[at], "caregiver"], name))
            pairs.append((name, draw, one, others[at]))
    if not pairs:
        raise TableError(
            f"No pseudo-dyad is possible among {len(sessions)} sessions.",
            "Two families with the same episodes in the same stratum are needed.",
        )
    return (
        pd.concat(tables, ignore_index=True),
        pd.DataFrame(pairs, columns=list(PAIRS)).astype(PAIRS),
    )


def _looked_up(
    mapping: Mapping[str, Hashable] | None, sessions: list[str], name: str
) -> Mapping[str, Hashable]:
    if mapping is None:
        return {session: session if name == "families" else None for session in sessions}
    lacking = [session for session in sessions if session not in mapping]
    if lacking:
        raise TableError(f"`{name}` of pseudo-dyads lacks the session {lacking[0]!r}.")
    return mapping


def _pair(infant: pd.DataFrame, caregiver: pd.DataFrame, name: str) -> pd.DataFrame:
    parts = []
    stretches = infant["episode"].fillna("").astype(str)
    theirs = caregiver["episode"].fillna("").astype(str)
    for episode in dict.fromkeys(stretches[stretches != ""]):
        own, other = infant[stretches == episode], caregiver[theirs == episode]
        n = min(len(own), len(other))
        own, other = own.iloc[:n], other.iloc[:n]
        parts.append((own, other.assign(time_s=own["time_s"].to_numpy())))
    both = [pd.concat([pair[at] for pair in parts]) for at in (0, 1)]
    return pd.concat(both).assign(session=name)
