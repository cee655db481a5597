"""What was recorded: manifest, sessions, episodes, and the places of files on disk."""

from attunement.study.checks import check_times
from attunement.study.init import init_study
from attunement.study.manifest import read_study
from attunement.study.sessions import ALL, Episode, Partner, Session, Span, Study

__all__ = [
    "ALL",
    "Episode",
    "Partner",
    "Session",
    "Span",
    "Study",
    "check_times",
    "init_study",
    "read_study",
]
