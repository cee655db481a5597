"""Where the faces are in a recording, whose they are, and what they do.

`extract_faces` does a session in one call. A caller that schedules the work itself uses
`plan_faces` (spans of a session), `extract_span` (one of them, in any process whose pool was
given `guard.worker_initializer`) and `join_spans`, which gives tracks; then, without any video,
`propose_roles` says whose they are and `assign_roles` turns them into faces. `tracks_fingerprint`
and `roles_fingerprint` tell whether results on disk still hold, `ensure_model` finds or fetches
the face model.

Importing this loads neither MediaPipe nor the face model.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
