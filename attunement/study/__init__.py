"""What was recorded: manifest, sessions, episodes, and the places of files on disk."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
