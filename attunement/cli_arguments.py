"""What commands are given: checked and completed before anything that takes time is loaded.

Every path is looked at as soon as it is parsed, so that a mistyped one is answered at once, and a
shell that completes (``attunement --install-completion``) offers what fits.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from attunement.errors import AttunementError, ConfigError, ModelError, OutputError, StudyError
from attunement.study.finding import (
    SCORES,
    STUDY,
    find_folder,
    find_manifest,
    find_results,
    find_study_file,
    near_file,
)

_MOST_FOLDERS = 500  # that are looked into for a study or results, so that a key answers at once


def _at_once(
    check: Callable[[Path], object],
) -> Callable[[typer.Context, Path | None], Path | None]:
    def look(context: typer.Context, path: Path | None) -> Path | None:
        if path is not None and not context.resilient_parsing:  # which is how shells complete
            check(path)
        return path

    return look


def _check_study(path: Path) -> None:
    from attunement.config import read_config

    file = find_study_file(path)
    with contextlib.suppress(OSError):  # which is told where the study is read
        read_config(file)
    find_manifest(file.parent)


def _check_place(out: Path) -> None:
    if out.is_file():
        raise OutputError(
            f"{out} is a file; expected a folder for the results.", "Choose another --out."
        )


def _check_model(path: Path) -> None:
    _check_file(path, "The face model", ModelError, "Leave it out and it is fetched.")


def _check_outcomes(path: Path) -> None:
    _check_file(path, "The file of outcomes", StudyError, "")


def _check_codes(path: Path) -> None:
    _check_file(path, "The file of codes", ConfigError, "")


def _check_file(path: Path, what: str, error: type[AttunementError], advice: str) -> None:
    if not path.is_file():
        beside = [name for name in _names(path.parent) if (path.parent / name).is_file()]
        near = near_file(path, [name for name in beside if name.endswith(path.suffix)])
        raise error(f"{what} {path} is not there.", f"{near} {advice}".strip())


def complete_study(incomplete: str) -> list[str]:
    """Return studies that begin with what is typed: files .toml, and folders that hold one."""
    typed, folder = _typed(incomplete)
    found = []
    for name in _beginning(folder, incomplete):
        if name.lower().endswith(".toml"):
            found.append(f"{typed}{name}")
        elif (folder / name / STUDY).is_file():
            found.append(os.path.join(f"{typed}{name}", STUDY))
    return _as_typed(found)


def complete_results(incomplete: str) -> list[str]:
    """Return folders with the results of a run that begin with what is typed."""
    typed, folder = _typed(incomplete)
    names = _beginning(folder, incomplete)
    return _as_typed(f"{typed}{name}" for name in names if (folder / name / SCORES).is_file())


def complete_column(incomplete: str) -> list[str]:
    """Return columns, or ``table.column``, that begin with what is typed."""
    from attunement.dictionary import data_dictionary

    told = data_dictionary()
    names = told["column"] if "." not in incomplete else told["table"] + "." + told["column"]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _typed(incomplete: str) -> tuple[str, Path]:
    """Return the folder of what is typed, as text that ends in a separator, and as a path."""
    typed = incomplete[: len(incomplete) - len(os.path.basename(incomplete))]
    return typed, Path(os.path.expanduser(typed or "."))


def _as_typed(paths: Iterable[str]) -> list[str]:
    # Of the shells, bash alone puts a completion into the line as it stands, blanks and all.
    if not os.environ.get("_ATTUNEMENT_COMPLETE", "").endswith("bash"):
        return list(paths)
    return [re.sub(r"([^\w\-./\\~:,+@%])", r"\\\1", path) for path in paths]


def _beginning(folder: Path, incomplete: str) -> Iterator[str]:
    begin = os.path.basename(incomplete)
    for name in _names(folder):
        # Hidden ones are offered only to who asks for them, as shells do.
        if name.startswith(begin) and (begin or not name.startswith(".")):
            yield name


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:_MOST_FOLDERS]
    except OSError:
        return []


StudyPath = Annotated[
    Path,
    typer.Argument(
        help="The study.toml, or its folder.",
        callback=_at_once(_check_study),
        autocompletion=complete_study,
    ),
]
VideoFolder = Annotated[
    Path,
    typer.Argument(help="Folder that holds the videos.", callback=_at_once(find_folder)),
]
OutFolder = Annotated[
    Path, typer.Option(help="Folder for the results.", callback=_at_once(_check_place))
]
Results = Annotated[
    Path | None,
    typer.Option(
        help="Folder that holds the results of a run; needed but for --propose.",
        callback=_at_once(find_results),
        autocompletion=complete_results,
    ),
]
OutcomesFile = Annotated[
    Path | None,
    typer.Option(
        help="With --propose: the file of outcomes, else the one beside study.toml.",
        callback=_at_once(_check_outcomes),
    ),
]
ModelPath = Annotated[
    Path | None, typer.Option(help="The face model file.", callback=_at_once(_check_model))
]
CodesPath = Annotated[
    Path | None,
    typer.Option(help="The coded sessions (codes_15hz.csv.gz).", callback=_at_once(_check_codes)),
]
ColumnName = Annotated[
    str,
    typer.Argument(
        help="A column, or table.column; without one all are listed.",
        autocompletion=complete_column,
    ),
]
