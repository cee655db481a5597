"""How the infant's recording lies on the caregiver's, and how sure that is.

`find_clock` tells it of a session: by hand (the manifest), from the sound tracks of the two
recordings, or from a flash that both cameras saw.
"""

from attunement.clock.finding import Clock, find_clock

__all__ = ["Clock", "find_clock"]
