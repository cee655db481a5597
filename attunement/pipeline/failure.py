"""What became of a session that could not be finished."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from attunement.errors import AttunementError

T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """Why a session could not be finished, and what to do about it."""

    session: str
    stage: str
    reason: str
    advice: str


def without_session(session: str, reason: str) -> str:
    """Return a reason without the session that it may begin with, to stand behind its name."""
    return reason.removeprefix(f"Session {session}: ")


def guarded(session: str, stage: str, work: Callable[[], T]) -> T | Failure:
    """Return what `work` returns, or why it could not: one bad session never stops the others."""
    try:
        return work()
    except AttunementError as error:
        return Failure(session, stage, error.reason, error.advice)
    except MemoryError:
        return Failure(session, stage, "Memory ran out.", "Use fewer workers (--workers 1).")
    except Exception as error:  # a defect in one session must not cost the others
        return Failure(
            session,
            stage,
            f"Unexpected {type(error).__name__}: {error}".replace("\n", " "),
            "This is a defect of attunement: please report it with the line above.",
        )
