"""Where everything lies in an output folder."""

from dataclasses import dataclass
from pathlib import Path

from attunement.errors import OutputError
from attunement.study.ids import id_fault, safe_id


@dataclass(frozen=True)
class SessionPlaces:
    """The files of one session.

    Parameters
    ----------
    folder : Path
        ``OUT/sessions/<session>``.
    """

    folder: Path

    @property
    def tracks(self) -> Path:
        """One row a face found, before it is said whose it is."""
        return self.folder / "tracks.parquet"

    @property
    def roles(self) -> Path:
        """Who every track is, as a table to copy and edit."""
        return self.folder / "roles.csv"

    @property
    def faces(self) -> Path:
        """One row a decoded frame and person."""
        return self.folder / "faces.parquet"

    @property
    def signals(self) -> Path:
        """One row a grid time and person."""
        return self.folder / "signals.parquet"

    @property
    def windows(self) -> Path:
        """One row a window."""
        return self.folder / "windows.parquet"

    @property
    def events(self) -> Path:
        """One row an event."""
        return self.folder / "events.parquet"

    @property
    def states(self) -> Path:
        """One row a second of an episode."""
        return self.folder / "states.parquet"

    @property
    def contingency(self) -> Path:
        """How often the session's shifts gave which share answered."""
        return self.folder / "contingency.parquet"

    @property
    def scores(self) -> Path:
        """One row: the session's scores."""
        return self.folder / "scores.parquet"

    @property
    def scores_by_episode(self) -> Path:
        """One row an episode."""
        return self.folder / "scores_by_episode.parquet"

    @property
    def halves(self) -> Path:
        """The scores of the session's halves, from which their reliability is estimated."""
        return self.folder / "halves.parquet"

    @property
    def clock(self) -> Path:
        """How the infant's recording lies on the caregiver's."""
        return self.folder / "clock.json"

    @property
    def provenance(self) -> Path:
        """What the files beside it were made from."""
        return self.folder / "provenance.json"


@dataclass(frozen=True)
class Places:
    """The files of a study's output folder.

    Parameters
    ----------
    out : Path
        The output folder.
    """

    out: Path

    @property
    def scores(self) -> Path:
        """One row a session."""
        return self.out / "scores.csv"

    @property
    def scores_by_episode(self) -> Path:
        """One row a session and episode."""
        return self.out / "scores_by_episode.csv"

    @property
    def reliability(self) -> Path:
        """One row a score and term: how reliable the scores are in this study."""
        return self.out / "reliability.csv"

    @property
    def windows(self) -> Path:
        """One row a window, of all sessions."""
        return self.out / "windows.parquet"

    @property
    def events(self) -> Path:
        """One row an event, of all sessions."""
        return self.out / "events.parquet"

    @property
    def states(self) -> Path:
        """One row a second of an episode, of all sessions."""
        return self.out / "states.parquet"

    @property
    def contingency_by_family(self) -> Path:
        """One row a family: contingency pooled over its sessions."""
        return self.out / "contingency_by_family.csv"

    @property
    def failures(self) -> Path:
        """One row a session that could not be finished."""
        return self.out / "failures.csv"

    @property
    def study(self) -> Path:
        """What the study's tables were made from."""
        return self.out / "study.json"

    @property
    def log(self) -> Path:
        """What every run did and when, one JSON object a line; differs from run to run."""
        return self.out / "log.jsonl"

    def session(self, session: str) -> SessionPlaces:
        """Return the places of one session.

        Raises
        ------
        OutputError
            When the id is not safe as a folder name; `read_study` lets no such id through.
        """
        if fault := id_fault(session):
            raise OutputError(
                f"The session id {session!r} cannot be a folder name: {fault}.",
                f"Use {safe_id(session)!r}.",
            )
        return SessionPlaces(self.out / "sessions" / session)
