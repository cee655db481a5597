"""Where everything lies in an output folder, as the stages declare it."""

from dataclasses import dataclass
from pathlib import Path

from attunement.errors import OutputError
from attunement.pipeline import stages
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

    def path(self, name: str) -> Path:
        """Return the path of a declared file, such as ``signals`` or ``clock``."""
        return self.folder / stages.session_files()[name].filename


@dataclass(frozen=True)
class Places:
    """The files of a study's output folder.

    Parameters
    ----------
    out : Path
        The output folder.
    """

    out: Path

    def path(self, name: str) -> Path:
        """Return the path of a declared file of the study, such as ``scores`` or ``log``."""
        return self.out / stages.study_files()[name].filename

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
