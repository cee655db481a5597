"""Puts a proposed ``[association]`` where people find it, and never over what they wrote.

A ``study.toml`` that sets nothing under ``[association]`` takes it up: pasted below, a section that
is there twice would be no TOML. What stands elsewhere in the file stays as it is. Where the section
sets something already the proposal gets a file of its own, ``association.proposed.toml``.
"""

import re
import tomllib
from pathlib import Path

from attunement.errors import OutputError, StudyError
from attunement.study.files import write_text
from attunement.study.template import study_toml

BESIDE = "association.proposed.toml"
_HEADER = re.compile(r"[ \t]*\[[ \t]*association[ \t]*\][ \t]*(?:#.*)?")
_ANY_HEADER = re.compile(r"[ \t]*\[.*")


def place_proposal(study_file: Path, text: str) -> Path:
    r"""Write a proposed ``[association]``; return the file that holds it now.

    Parameters
    ----------
    study_file : Path
        The ``study.toml``. It takes the section up where it sets nothing there yet.
    text : str
        The section, as `propose_association` gives it.

    Returns
    -------
    Path
        `study_file`, or ``association.proposed.toml`` beside it.

    Raises
    ------
    OutputError
        When the file of its own is there already and says otherwise, or cannot be written.
    StudyError
        When ``study.toml`` cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.fitting import place_proposal
    >>> Path("new.toml").touch()
    >>> print(place_proposal(Path("new.toml"), '[association]\noutcomes = ["secure"]\n'))
    new.toml
    >>> print(place_proposal(Path("new.toml"), '[association]\noutcomes = ["other"]\n'))
    association.proposed.toml
    """
    if (settled := _taken_up(_read(study_file), text)) is not None:
        write_text(settled, study_file)
        return study_file
    beside = study_file.parent / BESIDE
    if beside.exists() and _read(beside) != text:
        raise OutputError(
            f"{BESIDE} is there already and says something else; it was left as it is.",
            "Rename or remove it, and propose again.",
        )
    write_text(text, beside)
    return beside


def _taken_up(written: str, text: str) -> str | None:
    """Return study.toml with the section; None where it sets something there already."""
    settings = tomllib.loads(written)
    if settings.get("association"):
        return None
    newline = "\r\n" if "\r\n" in written else "\n"
    lines = written.splitlines()
    at = next((k for k, line in enumerate(lines) if _HEADER.fullmatch(line)), None)
    block = text.splitlines()
    if at is None:
        lines += [*([""] if lines and lines[-1].strip() else []), *block]
    else:
        after = lines[at + 1 :]
        end = next((k for k, line in enumerate(after) if _ANY_HEADER.match(line)), len(after))
        # The defaults that attunement init wrote as comments would now say what is not so.
        defaults = set(study_toml().splitlines()) - {""}
        kept = [line for line in after[:end] if line not in defaults]
        lines = [*lines[:at], *block, *kept, *after[end:]]
    settled = newline.join(lines) + newline
    others = {name: value for name, value in settings.items() if name != "association"}
    found = tomllib.loads(settled)
    same = {name: value for name, value in found.items() if name != "association"} == others
    return settled if same and found["association"] == tomllib.loads(text)["association"] else None


def _read(path: Path) -> str:
    try:
        # Bytes, so that the ends of lines stay as they are; without a mark that Windows writes.
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path} cannot be read ({type(error).__name__}).") from None
