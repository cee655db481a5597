"""Figures of scored sessions."""

from attunement.report.specifications import plot_specifications
from attunement.report.timeline import plot_timeline

__all__ = ["plot_specifications", "plot_timeline"]
