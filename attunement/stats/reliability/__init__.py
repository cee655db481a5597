"""Agreement between coders and reliability of ratings.

Every function returns a tidy table, one row a statistic, with the columns ``term``, ``estimate``,
``std_error``, ``ci_low``, ``ci_high``, ``statistic``, ``df``, ``p``, counts (``n_targets``,
``n_raters``, ``n_left_out``, ...) and ``reason``. What these data leave undefined is missing and
``reason`` says why; what makes no sense to ask is a `ReliabilityError`.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
