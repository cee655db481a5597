"""What finds faces: one line a backend.

Names stand here, below all stages, because the configuration checks them; what a backend is made
of stands in its own file, which is imported when the backend is asked for.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """Where a backend is declared.

    Attributes
    ----------
    module : str
        Its file, in which ``DECLARED`` is an `attunement.faces.backends.protocol.Declaration`.
    packages : tuple of str
        Distributions whose version can change its results; provenance holds them.
    """

    module: str
    packages: tuple[str, ...] = ()


BACKENDS: dict[str, Entry] = {
    "direct": Entry("attunement.faces.backends.direct", ("ai-edge-litert",)),
    "mediapipe": Entry("attunement.faces.backends.mediapipe", ("mediapipe",)),
    "fake": Entry("attunement.faces.backends.fake"),
}
