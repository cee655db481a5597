"""Keys that tell whether a stage's result on disk still holds.

A stage's key is a hash of everything its result depends on: the key of the stage before it, its
section of the configuration, what it takes from the manifest, and the version of its algorithm.
"""

import dataclasses
import hashlib
import json
from typing import Any

from attunement.faces import roles_fingerprint
from attunement.study import Session

STAGES = ("tracks", "faces", "signals", "scoring")
# Raised by hand when a stage computes something else from the same input. Tracks and roles have
# their own in attunement.faces.
SIGNALS_VERSION = 2
SCORING_VERSION = 7


def _hash(inputs: Any) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def stage_keys(session: Session, fingerprint: dict[str, Any]) -> dict[str, str]:
    """Return the key of each of `STAGES` for one session.

    Parameters
    ----------
    session : Session
        The session, with the configuration of its study.
    fingerprint : dict
        What the tracks depend on, from ``faces.tracks_fingerprint``.
    """
    tracks = _hash(fingerprint)
    faces = _hash({"tracks": tracks, "roles": roles_fingerprint(session)})
    signals = _hash(
        {
            "faces": faces,
            "config": session.config.stage_hash("signals"),
            "episodes": [dataclasses.asdict(episode) for episode in session.episodes],
            "exclude": [dataclasses.asdict(span) for span in session.exclude],
            "neutral": {
                partner.person: [dataclasses.asdict(span) for span in partner.neutral]
                for partner in session.partners
            },
            "version": SIGNALS_VERSION,
        }
    )
    scoring = _hash(
        {
            "signals": signals,
            "dyad": session.dyad,  # written into the session's scores
            "config": session.config.stage_hash("scoring"),
            "version": SCORING_VERSION,
        }
    )
    return {"tracks": tracks, "faces": faces, "signals": signals, "scoring": scoring}
