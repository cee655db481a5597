"""What became of a session that could not be finished."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from attunement.errors import as_told

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
    except Exception as error:  # a defect in one session must not cost the others
        told = as_told(error)
        return Failure(session, stage, told.reason, told.advice)
