"""Composes the stages: from a study to its tables, resumable, on several workers."""

from attunement.pipeline.progress import Progress
from attunement.pipeline.run import Summary, run_study

__all__ = ["Progress", "Summary", "run_study"]
