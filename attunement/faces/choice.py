"""The backend that a configuration asks for, made once in a process and kept."""

import os
from importlib import import_module
from pathlib import Path

from attunement.config import Config
from attunement.faces import guard
from attunement.faces.backends.protocol import Backend, Declaration
from attunement.faces.model import ensure_model
from attunement.registry import BACKENDS

# The process id tells a forked child from the parent whose native handles it must not use.
_made: dict[tuple[int, str, str, int], Backend] = {}


def declared(name: str) -> Declaration:
    """Return what a backend of `attunement.registry` declares of itself."""
    declaration: Declaration = import_module(BACKENDS[name].module).DECLARED
    return declaration


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
        _made[key] = declared(name).make(model)
    return _made[key]


def backend_fingerprint(config: Config) -> dict[str, str]:
    """Return the fingerprint of the backend that `config` asks for, without making it."""
    return declared(config.faces.backend).fingerprint()


def model_for(config: Config, model: Path | None) -> Path | None:
    """Return the face model that the backend needs, found or fetched; None where it needs none.

    Raises
    ------
    ModelError
        As `ensure_model`.
    """
    return ensure_model(model) if declared(config.faces.backend).needs_model else None


def may_run_here(config: Config) -> bool:
    """Return whether the backend may run in this process, or in guarded workers only."""
    return not declared(config.faces.backend).needs_guard or guard.is_safe()
