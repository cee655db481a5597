"""Whether the scores hold what is asked of them: section by section, on dyads with known truth."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
