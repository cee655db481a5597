"""Scoring: mirroring, markedness and patterns of two partners' signals, against chance.

Tables in, tables out; nothing here touches the disk, and nothing knows where a channel came from.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
