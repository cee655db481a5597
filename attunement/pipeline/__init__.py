"""Composes the stages: from a study to its tables, resumable, on several workers."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
