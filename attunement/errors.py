"""Errors that a user can act on: what was found, what was expected, where, what to do."""

__all__ = [
    "AssociationError",
    "AttunementError",
    "ClusterError",
    "ConfigError",
    "FacesError",
    "ModelError",
    "OutputError",
    "ReliabilityError",
    "SimulationError",
    "StudyError",
    "TableError",
    "VideoError",
]


def __dir__() -> list[str]:
    return list(__all__)


class AttunementError(Exception):
    """Base of every error this package raises on purpose.

    Parameters
    ----------
    reason : str
        One clear sentence: what was expected, what was found, and where.
    advice : str, optional
        What the user can do about it.

    Examples
    --------
    >>> from attunement.errors import AttunementError, StudyError
    >>> error = AttunementError("a.mp4 is not there.", "Put it beside the manifest.")
    >>> print(error.reason)
    a.mp4 is not there.
    >>> print(issubclass(StudyError, AttunementError))
    True
    """

    def __init__(self, reason: str, advice: str = "") -> None:
        self.reason = reason
        self.advice = advice
        super().__init__(f"{reason} {advice}".strip())

    def __reduce__(self) -> tuple[type["AttunementError"], tuple[str, str]]:
        # The default rebuilds from the joined message, which would lose the advice on the way
        # back from a worker process.
        return (type(self), (self.reason, self.advice))


class ConfigError(AttunementError):
    """A key or value of ``study.toml`` (or of ``Config``) is not acceptable."""


class StudyError(AttunementError):
    """The manifest is faulty; carries every fault found, not just the first.

    Parameters
    ----------
    faults : list of str
        One sentence a fault, each naming file, row and column.
    """

    def __init__(self, faults: list[str] | str, advice: str = "") -> None:
        self.faults = [faults] if isinstance(faults, str) else list(faults)
        super().__init__("\n".join(self.faults), advice)

    def __reduce__(self) -> tuple[type["StudyError"], tuple[list[str], str]]:  # type: ignore[override]
        return (type(self), (self.faults, self.advice))


class VideoError(AttunementError):
    """A recording cannot be opened or decoded."""


class FacesError(AttunementError):
    """Faces cannot be extracted: backend or table of another program."""


class ModelError(FacesError):
    """The face model file is missing, wrong, or cannot be fetched."""


class TableError(AttunementError):
    """A table lacks a column, or holds values that a stage cannot work with."""


class OutputError(AttunementError):
    """The output folder cannot be used."""


class ClusterError(AttunementError):
    """A Dask scheduler cannot be reached, or its workers cannot take part."""


class SimulationError(AttunementError):
    """A simulated dyad is asked for with a setting out of its range."""


class AssociationError(AttunementError):
    """A model of scores and outcomes cannot be fitted as asked."""


class ReliabilityError(AttunementError):
    """Agreement is asked for of ratings, or with options, that cannot give it."""


def as_told(error: Exception) -> AttunementError:
    """Return any error as one that a user can be told: a defect is called one."""
    if isinstance(error, AttunementError):
        return error
    if isinstance(error, MemoryError):
        return AttunementError("Memory ran out.", "Use fewer workers (--workers 1).")
    return AttunementError(
        f"Unexpected {type(error).__name__}: {error}".replace("\n", " "),
        "This is a defect of attunement: please report it with the line above.",
    )
