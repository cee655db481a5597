"""What to expect of a study's recordings, before the study is run.

`check_study` gives the table; `examine_study` also what `estimate_run_s` works with.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
