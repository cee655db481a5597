"""Which sessions wait for someone to say who is who."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from attunement.pipeline.places import Places
from attunement.study import Study
from attunement.study.files import read_csv, read_parquet

COLUMNS = ("session", "share", "n_tracks", "roles")
WORTH_SAYING = 0.05


def find_waiting(study: Study, out: Path, failed: Iterable[str]) -> pd.DataFrame:
    """Return the sessions in which over a twentieth of the faces have no sure role.

    Parameters
    ----------
    study : Study
        Its sessions.
    out : Path
        Its results.
    failed : iterable of str
        Sessions without results.

    Returns
    -------
    pandas.DataFrame
        session; share of the frames with a believed face whose role is not sure enough to be
        scored; n_tracks, the tracks that these are of; roles, the path of the session's table.
    """
    # Here, since the signals load scipy.signal, which a run that has nothing to do need not.
    from attunement.signals.gates import MIN_ROLE_CONFIDENCE

    rows = []
    skipped = set(failed)
    for session in study.sessions:
        if session.session in skipped:
            continue
        places = Places(out).session(session.session)
        roles = read_csv(places.path("roles"))
        # Most sessions are sure throughout, and need not be opened.
        if (roles["role_confidence"] >= MIN_ROLE_CONFIDENCE).all():
            continue
        faces = read_parquet(places.path("faces"))
        believed = faces[faces["status"] == "ok"]
        unsure = believed[believed["role_confidence"] < MIN_ROLE_CONFIDENCE]
        if len(unsure) > WORTH_SAYING * len(believed):
            share = len(unsure) / len(believed)
            rows.append(
                (session.session, share, unsure["track"].nunique(), str(places.path("roles")))
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))
