"""Pseudo-dyads: each infant with the caregivers of other families, as chance for a whole study."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.errors import TableError
from attunement.scoring.series.recording import check_keys

# Why a pseudo-dyad's caregiver is missing between episodes.
NOT_PAIRED = "not_paired"
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
        The columns of `signals`; session ids ``<infant's session>~<caregiver's session>``. Times
        are those of the infant's session, from its first to its last episode. An episode begins
        where it begins for each and ends where the shorter of both ends; from there to the next
        one there is no episode, and the caregiver is missing (`reason` ``not_paired``).
        `clock_uncertainty_s` is that of the infant's session, so that the same lags are withheld.
    pairs : DataFrame
        One row a pseudo-dyad: session, draw (0 and up), infant_session, caregiver_session. An
        infant without a possible partner is missing here.

    Raises
    ------
    TableError
        When columns are missing, rows have no session or person, a mapping lacks a session, or no
        pair is possible.

    Notes
    -----
    For statements about a group ("adults answer infants above what strangers of the same study
    would seem to"), never for one dyad. Recordings of one protocol share their course in time
    (they all begin alike), which pseudo-dyads keep and shifts within a session do not.
    Bernieri, Reznick and Rosenthal (1988).

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.scoring import pseudo_dyads
    >>> from attunement.simulation import simulate_dyad
    >>> dyads = [simulate_dyad(duration_s=60, mirroring=0.4, seed=seed)[0] for seed in range(3)]
    >>> strangers, pairs = pseudo_dyads(pd.concat(dyads, ignore_index=True))
    >>> print(pairs)
                       session  draw infant_session caregiver_session
    0  simulated-0~simulated-1     0    simulated-0       simulated-1
    1  simulated-1~simulated-0     0    simulated-1       simulated-0
    2  simulated-2~simulated-0     0    simulated-2       simulated-0
    """
    schema.require(signals, schema.SIGNALS_REQUIRED, what="A signals table")
    check_keys(signals)
    if n_draws < 1:
        raise TableError(f"n_draws of pseudo-dyads is at least 1; found {n_draws}.")
    people = {
        (str(session), str(person)): rows
        for (session, person), rows in signals.groupby(["session", "person"], sort=False)
    }
    sessions = list(dict.fromkeys(session for session, _ in people))
    family = _looked_up(families, sessions, "families")
    stratum = _looked_up(strata, sessions, "strata")
    episodes = {key: frozenset(_labels(rows)) - {""} for key, rows in people.items()}
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
            and episodes[one, "infant"]
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
    stretches, theirs = _labels(infant), _labels(caregiver)
    # Which of the caregiver's rows stands beside each of the infant's; -1 for none.
    beside = np.full(len(infant), -1)
    for episode in set(stretches) - {""}:
        own, other = np.flatnonzero(stretches == episode), np.flatnonzero(theirs == episode)
        n = min(len(own), len(other))
        beside[own[:n]] = other[:n]
    # Time between episodes stays in the grid; before the first and after the last says nothing.
    paired = np.flatnonzero(beside >= 0)
    kept = slice(paired[0], paired[-1] + 1)
    infant, beside = infant.iloc[kept], beside[kept]
    alone = beside < 0
    label = np.where(alone, "", stretches[kept])
    partner = _without(caregiver.iloc[np.maximum(beside, 0)], alone)
    partner = partner.assign(time_s=infant["time_s"].to_numpy())
    pair = pd.concat([infant, partner])
    pair = pair.assign(session=name, episode=np.concatenate([label, label]))
    if schema.CLOCK_UNCERTAINTY in infant:
        pair[schema.CLOCK_UNCERTAINTY] = infant[schema.CLOCK_UNCERTAINTY].iloc[0]
    return pair


def _without(table: pd.DataFrame, gone: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the table with nothing in the rows that are gone, `person` apart."""
    if not gone.any():
        return table
    blank = {}
    for name, column in table.items():
        if name == "person":
            continue
        if pd.api.types.is_bool_dtype(column):
            blank[str(name)] = column & ~gone
        elif pd.api.types.is_numeric_dtype(column):
            blank[str(name)] = column.astype("float64").mask(gone)
        else:
            blank[str(name)] = column.mask(gone, "")
    if "reason" in table:
        blank["reason"] = table["reason"].mask(gone, NOT_PAIRED)
    return table.assign(**blank)


def _labels(rows: pd.DataFrame) -> NDArray[np.object_]:
    return rows["episode"].fillna("").astype(str).to_numpy(object)
