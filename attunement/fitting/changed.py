"""What the manifest says otherwise than the scores of a run that was made before it was changed."""

from collections.abc import Collection

import pandas as pd

from attunement.stats.association.cleaning import as_id
from attunement.stats.association.missing_codes import as_number
from attunement.study import Study
from attunement.study.finding import MANIFESTS

_IDS = ("dyad", "family")


def changed_words(study: Study, scores: pd.DataFrame, *, columns: Collection[str]) -> list[str]:
    """Return a sentence for every id or column that the manifest and the scores say differently.

    Scores carry ids and further columns as the manifest had them when it was run.

    Parameters
    ----------
    study : Study
        From `read_study`.
    scores : pandas.DataFrame
        ``scores.csv`` as it was read, ids as text.
    columns : collection of str
        Further columns that models use; others are not compared.
    """
    if "session" not in scores or not study.sessions:
        return []
    found = [p.name for name in MANIFESTS if (p := study.path.parent / name).is_file()]
    manifest = found[0] if found else "the manifest"
    rows = scores.drop_duplicates("session").set_index("session")
    now = {
        session.session: {
            "dyad": session.dyad,
            "family": session.family,
            **{name: value for name, value in session.covariates if name in columns},
        }
        for session in study.sessions
    }
    sentences = []
    for name in [n for n in dict.fromkeys((*_IDS, *columns)) if n in rows.columns]:
        differ = [
            (session, values[name], rows.loc[session, name])
            for session, values in now.items()
            if name in values and session in rows.index
            if not _same(values[name], rows.loc[session, name])
        ]
        # A family that follows from the dyad says nothing new.
        if name == "family" and "dyad" in rows and all(
            now[s]["dyad"] == here and not _same(here, rows.loc[s, "dyad"]) for s, here, _ in differ
        ):  # fmt: skip
            continue
        if differ:
            session, here, there = differ[0]
            more = f", and so of {len(differ) - 1} more" if len(differ) > 1 else ""
            sentences.append(
                f"{manifest} says {name} {_shown(here)} for session {session}, scores.csv says "
                f"{_shown(there)}{more}; scores.csv is what was used. If the manifest was changed "
                "after the run, run again, then fit."
            )
    gone = [session for session in rows.index if session not in now]
    # Scores that share no session with the manifest are of another recording, not of an older one.
    if 0 < len(gone) < len(rows):
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        sentences.append(
            f"scores.csv has session {gone[0]}{more}, which {manifest} does not have, and it was "
            "used. Run again, then fit."
        )
    return sentences


def _same(here: object, there: object) -> bool:
    none = [value is None or value != value or not str(value).strip() for value in (here, there)]
    if any(none):
        return all(none)
    if as_id(here) == as_id(there):
        return True
    if isinstance(here, str) and isinstance(there, str):
        return False
    a, b = as_number(as_id(here)), as_number(as_id(there))
    return abs(a - b) <= 1e-9 * max(1.0, abs(a))


def _shown(value: object) -> str:
    missing = value is None or value != value or not str(value).strip()
    return "nothing" if missing else as_id(value)
