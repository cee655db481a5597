"""Figures of scored sessions."""

from attunement.report.timeline import plot_timeline

__all__ = ["plot_timeline"]
