"""Figures that notebooks show by themselves, once, whatever backend is set."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

_DPI = 110


class Picture(Figure):
    """A matplotlib Figure, made without pyplot, that a notebook shows as the value of a cell.

    pyplot does not know of it: no window opens, nothing is shown a second time at the end of a
    cell, nothing has to be closed, and no setting of matplotlib is touched.

    Examples
    --------
    >>> from attunement.figures import Picture
    >>> picture = Picture(figsize=(2, 1))
    >>> axes = picture.subplots()
    >>> picture.to_png()[1:4]
    b'PNG'
    """

    def to_png(self, *, dpi: float = _DPI) -> bytes:
        """Return the figure as the bytes of a PNG file, the same for the same figure."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.to_png()
