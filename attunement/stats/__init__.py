"""Statistics of scores and codes: two rooms, `association` with coded outcomes and `reliability`.

Tables in, tables out; nothing here touches the disk.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
