"""The backend that a configuration asks for, made once in a process and kept."""

import os
from pathlib import Path

from attunement.config import Config
from attunement.faces.backends.protocol import Backend
from attunement.faces.model import ensure_model

# The process id tells a forked child from the parent whose native handles it must not use.
_made: dict[tuple[int, str, str, int], Backend] = {}


def backend_for(config: Config, model: Path | None, *, number: int = 0) -> Backend:
    """Return the backend of ``config.faces.backend`` for this process.

    Loading takes up to a second, so it is done once per process and not per span. A backend may
    be used by one thread at a time; another `number` is another backend.

    Raises
    ------
    ModelError
        When the face model cannot be had.
    FacesError
        When the backend may not run in this process.
    """
    name = config.faces.backend
    key = (os.getpid(), name, str(model or ""), number)
    if key not in _made:
        if name == "fake":
            from attunement.faces.backends.fake import Fake

            _made[key] = Fake()
        elif name == "direct":
            from attunement.faces.backends.direct import Direct

            _made[key] = Direct(ensure_model(model))
        else:
            from attunement.faces.backends.mediapipe import MediaPipe

            _made[key] = MediaPipe(ensure_model(model))
    return _made[key]


def backend_fingerprint(config: Config) -> dict[str, str]:
    """Return the fingerprint of the backend that `config` asks for, without making it."""
    name = config.faces.backend
    if name == "fake":
        from attunement.faces.backends import fake

        return fake.fingerprint()
    if name == "direct":
        from attunement.faces.backends import direct

        return direct.fingerprint()
    from attunement.faces.backends import mediapipe

    return mediapipe.fingerprint()
