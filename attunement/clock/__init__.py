"""How the infant's recording lies on the caregiver's, and how sure that is.

`find_clock` tells it of a session: by hand (the manifest), from the sound tracks of the two
recordings, or from a flash that both cameras saw. `on_clock` gives the session with it.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
