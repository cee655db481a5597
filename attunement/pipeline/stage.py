"""What it means to declare a stage: its inputs, its tables and its function, in one place.

The stages themselves are declared in `attunement.pipeline.stages`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from attunement.columns import Column, types
from attunement.study import Session

Declared = Sequence[Column] | Mapping[str, str]


@dataclass(frozen=True)
class File:
    """A file of an output folder, or of a session's folder in it.

    Attributes
    ----------
    name : str
        By which it is asked for.
    ending : str
        ``parquet``, ``csv``, ``json`` or ``jsonl``.
    says : str
        One sentence: what is in it.
    """

    name: str
    ending: str
    says: str

    @property
    def filename(self) -> str:
        """Its name on disk."""
        return f"{self.name}.{self.ending}"


@dataclass(frozen=True)
class Table(File):
    """A table that a stage writes for every session, as Parquet or CSV.

    Attributes
    ----------
    columns : sequence of Column, mapping of str to str, or callable
        The columns that stand first; others may follow. A mapping gives their types alone, and
        `attunement.tables` says what they are. A function returns either, where they are declared
        in a room that takes a while to load.
    collected : str
        ``parquet``: the rows of all sessions also go into a file of the same name for the whole
        study. ``csv``: so they do as CSV, with family, covariates and outcomes of the manifest.
        Empty: the table stays with its session.
    """

    columns: Declared | Callable[[], Declared]
    collected: Literal["", "parquet", "csv"] = ""

    @property
    def types(self) -> Mapping[str, str]:
        """The columns that stand first, with their types."""
        found = self._found
        return found if isinstance(found, Mapping) else types(found)

    @property
    def described(self) -> tuple[Column, ...]:
        """The columns that stand first, where it is here that they are said."""
        found = self._found
        return () if isinstance(found, Mapping) else tuple(found)

    @property
    def _found(self) -> Declared:
        return self.columns() if callable(self.columns) else self.columns


@dataclass(frozen=True)
class Given:
    """What a stage computes from.

    Attributes
    ----------
    session : Session
        With its clock, and the configuration of its study.
    read : callable
        Returns a table that the stage declares to read, by name, fresh from disk.
    spans : callable
        Returns the faces of every span of the recordings, one table a span.
    """

    session: Session
    read: Callable[[str], pd.DataFrame]
    spans: Callable[[], list[pd.DataFrame]]


@dataclass(frozen=True)
class Stage:
    """One step on the way from a session's recordings to its scores.

    Attributes
    ----------
    name : str
        By which it is known in ``provenance.json``, ``failures.csv`` and the log.
    version : int
        Raised by hand when the stage computes something else from the same input.
    reads : tuple of str
        The tables of earlier stages that it needs, and ``clock``. What those stages depend on, it
        depends on too.
    section : str
        The section of the configuration that it depends on beside those of the stages before.
    inputs : callable
        Returns what else of a session it depends on, as plain values for JSON.
    writes : tuple of Table
        The tables that it leaves. Without any of them, or of what it reads, it is not done.
    compute : callable
        Returns the tables of `writes` by name.
    """

    name: str
    version: int
    reads: tuple[str, ...]
    section: str
    inputs: Callable[[Session], dict[str, Any]]
    writes: tuple[Table, ...]
    compute: Callable[[Given], dict[str, pd.DataFrame]]


@dataclass(frozen=True)
class StudyTable(File):
    """A table of the whole study that is made from tables of its sessions, as CSV.

    Attributes
    ----------
    reads : tuple of str
        The sessions' tables that it needs.
    compute : callable
        Returns it from those tables by name, each with the rows of all finished sessions; from
        the sessions; and from the seed of the scoring.
    """

    reads: tuple[str, ...]
    compute: Callable[[dict[str, pd.DataFrame], Sequence[Session], int], pd.DataFrame]
