"""attunement: a research toolkit for coding recorded caregiver-infant attunement.

Five calls carry the main job, each a plain function over plain tables::

    study = attunement.read_study("study.toml")
    faces = attunement.extract_faces(study.sessions[0])
    signals = attunement.compute_signals(faces, study.sessions[0])
    windows = attunement.score_windows(signals)
    summary = attunement.run_study(study, "OUT", workers=2)

Public names load when first used, so importing the package is fast and changes nothing outside it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0.dev0"

_HOME = {
    "Config": "attunement.config",
    "read_study": "attunement.study",
    "init_study": "attunement.study",
    "extract_faces": "attunement.faces",
    "codes_to_signals": "attunement.codes",
    "compute_signals": "attunement.signals",
    "score_windows": "attunement.scoring",
    "score_session": "attunement.scoring",
    "run_study": "attunement.pipeline",
    "check_study": "attunement.checking",
    "AttunementError": "attunement.errors",
}
_ROOMS = ("codes", "faces", "scoring", "signals", "simulation", "stats", "study", "video")

__all__ = [
    "AttunementError",
    "Config",
    "__version__",
    "check_study",
    "codes",
    "codes_to_signals",
    "compute_signals",
    "extract_faces",
    "faces",
    "init_study",
    "read_study",
    "run_study",
    "score_session",
    "score_windows",
    "scoring",
    "signals",
    "simulation",
    "stats",
    "study",
    "video",
]

if TYPE_CHECKING:
    from attunement import codes, faces, scoring, signals, simulation, stats, study, video
    from attunement.checking import check_study
    from attunement.codes import codes_to_signals
    from attunement.config import Config
    from attunement.errors import AttunementError
    from attunement.faces import extract_faces
    from attunement.pipeline import run_study
    from attunement.scoring import score_session, score_windows
    from attunement.signals import compute_signals
    from attunement.study import init_study, read_study


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _ROOMS:
        return import_module(f"attunement.{name}")
    raise AttributeError(f"module 'attunement' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
