"""attunement: a research toolkit for coding recorded caregiver-infant attunement.

Five calls carry the main job, each a plain function over plain tables::

    study = attunement.read_study("study.toml")
    faces = attunement.extract_faces(study.sessions[0])
    signals = attunement.compute_signals(faces, study.sessions[0])
    windows = attunement.score_windows(signals)
    summary = attunement.run_study(study, "OUT", workers=2)

Every public name has one home: the one room that lists it in its ``__init__.pyi``. This face lists
the rooms and, once more, the names that most studies need. Names load when first used, so
importing the package is fast and changes nothing outside it.
"""

import lazy_loader as _lazy

__version__ = "0.2.0.dev0"

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
