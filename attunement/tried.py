"""Which versions of Python and of the packages attunement was tried with, and which here were not.

``tried.csv`` holds, for Python and every package that attunement requires but pip, the lowest and
the newest version that passed the tests. It is written by ``.ci/write_tried`` from the environments
that passed.
"""

import csv
import platform
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

PYTHON = "python"


@lru_cache(maxsize=1)
def tried_versions() -> dict[str, tuple[str, str]]:
    """Return the lowest and the newest version tried, of Python and of every package required."""
    text = files("attunement").joinpath("tried.csv").read_text(encoding="utf-8")
    return {row["package"]: (row["lowest"], row["newest"]) for row in csv.DictReader(text.split())}


@lru_cache(maxsize=1)
def installed_versions() -> dict[str, str]:
    """Return the versions here of Python and of every package required, where it is installed."""
    here = {PYTHON: platform.python_version()}
    for name in tried_versions():
        if name != PYTHON:
            try:
                here[name] = version(name)
            except PackageNotFoundError:
                continue
    return here


def untried(installed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what was never tried: of each such package, its version and those that were.

    A version counts as tried when its series (its first two numbers) lies between the series of
    the lowest and of the newest version tried, both included: a new patch of a tried series is
    not worth a line, a series below or above all that were tried is.

    Parameters
    ----------
    installed : mapping of str to str, optional
        Versions by package; by default those of this environment. Names that attunement does not
        require are passed over.

    Returns
    -------
    dict of str to str
        By package a text such as ``"3.0.0 (tried: 2.0.0 to 2.5.5)"``; empty where all were tried.
    """
    found = installed_versions() if installed is None else installed
    texts = {}
    for name, (lowest, newest) in tried_versions().items():
        if name in found and not _series(lowest) <= _series(found[name]) <= _series(newest):
            span = lowest if lowest == newest else f"{lowest} to {newest}"
            texts[name] = f"{found[name]} (tried: {span})"
    return texts


def untried_sentence() -> str:
    """Return one line that names every version here that was never tried; empty where none is."""
    texts = untried()
    if not texts:
        return ""
    named = ", ".join(f"{name} {text}" for name, text in texts.items())
    return f"Never tried with attunement: {named}."


def _series(text: str) -> tuple[int, ...]:
    # Not by `packaging`: doctor asks this where packages may be broken.
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])
