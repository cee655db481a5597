"""From faces to channels: gates, pose, baseline, definitions of channels, even sampling.

One call does the stage: :func:`compute_signals`. Each step is a plain function in a file of its
own. Definitions, formulae and the figures behind the defaults are in ``docs/signals.md``.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
