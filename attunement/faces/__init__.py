"""Where the faces are in a recording, whose they are, and what they do.

`extract_faces` does a session in one call. A caller that schedules the work itself uses
`plan_faces` (spans of a session), `extract_span` (one of them, in any process whose pool was
given `guard.worker_initializer`) and `join_spans`, which gives tracks; then, without any video,
`propose_roles` says whose they are and `assign_roles` turns them into faces. `tracks_fingerprint`
and `roles_fingerprint` tell whether results on disk still hold, `ensure_model` finds or fetches
the face model.

Importing this loads neither MediaPipe nor the face model.
"""

from attunement.faces import guard
from attunement.faces.assign import assign_roles
from attunement.faces.extract import (
    FACES_VERSION,
    extract_faces,
    extract_tracks,
    roles_fingerprint,
    tracks_fingerprint,
)
from attunement.faces.model import ensure_model
from attunement.faces.plan import SpanTask, Watched, plan_faces
from attunement.faces.roles import propose_roles
from attunement.faces.spans import extract_span, join_spans

__all__ = [
    "FACES_VERSION",
    "SpanTask",
    "Watched",
    "assign_roles",
    "ensure_model",
    "extract_faces",
    "extract_span",
    "extract_tracks",
    "guard",
    "join_spans",
    "plan_faces",
    "propose_roles",
    "roles_fingerprint",
    "tracks_fingerprint",
]
