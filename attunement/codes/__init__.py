"""People's codes as signals: a plain table of codes becomes a channel that scoring takes."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
