"""Finds out whether this machine can run attunement: what is wrong, and the command that mends it.

Nothing is sent or fetched unless the model is asked for. Whatever is missing or broken becomes a
finding, never an exception, so packages are imported only inside the check that is about them.
"""

import hashlib
import json
import os
import platform
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

import attunement
from attunement.tried import PYTHON, tried_versions, untried

Status = Literal["ok", "warning", "wrong"]

LEAST_PYTHON = (3, 11)
CODECS = ("h264", "hevc", "vp9", "prores", "mpeg4")
# A study of 200 sessions of five minutes leaves some 1.5 GB, most of it faces.parquet.
SCARCE_DISK_GB = 2.0
FULL_DISK_GB = 0.2
MEMORY_A_WORKER_GB = 1.0
_GB = 1e9


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What was looked at.
    status : str
        ``ok``; ``warning``: works, but worth knowing; ``wrong``: keeps attunement from working.
    found : str
        What there is.
    advice : str
        What to do, with the command where there is one; empty where nothing is to be done.
    """

    name: str
    status: Status
    found: str
    advice: str = ""


def examine(*, fetch_model: bool = False) -> list[Finding]:
    """Look at Python, packages, decoder, LiteRT, MediaPipe, model file, disk, cores and memory.

    Parameters
    ----------
    fetch_model : bool
        Fetch the face model into the user's cache where it is not there. Otherwise nothing
        touches the network.

    Returns
    -------
    list of Finding
        In a fixed order; the same checks whatever they find.
    """
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("python", _python),
        ("packages", _packages),
        ("opencv", _opencv),
        ("decoder", _decoder),
        ("backends", _backends),
        ("model", lambda: _model(fetch=fetch_model)),
        ("disk", _disk),
        ("machine", _machine),
    )
    findings: list[Finding] = []
    for name, check in checks:
        try:
            findings += check()
        except Exception as error:  # a broken installation can raise anything
            advice = "Install attunement anew, as its README says, in a new environment."
            findings.append(Finding(name, "wrong", _one_line(error), advice))
    return findings


def to_text(findings: list[Finding]) -> str:
    """Return the findings as a plain table, what to do below each that is not ok."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status:<7}  {finding.name:<{width}}  {finding.found}")
        if finding.advice:
            lines.append(f"{'':<7}  {'':<{width}}  -> {finding.advice}")
    n_wrong = sum(finding.status == "wrong" for finding in findings)
    lines.append(f"{n_wrong} wrong." if n_wrong else "Nothing is wrong.")
    return "\n".join(lines)


def to_json(findings: list[Finding]) -> str:
    """Return the findings as a JSON list of objects with the attributes of `Finding`."""
    return json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False)


def _python() -> Iterator[Finding]:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        advice = f"Make an environment with Python {least} or later: python{least} -m venv ENV"
        yield Finding("python", "wrong", f"{found}; expected {least} or later", advice)
    elif text := untried().get(PYTHON):
        advice = "It may work; where it does not, make an environment with one that was tried."
        yield Finding("python", "warning", f"{found}: never tried, {text}", advice)
    else:
        yield Finding("python", "ok", found)


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    yield Finding("attunement", "ok", attunement.__version__)
    never_tried = untried()
    for text in _requirements():
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        name = f"package {wanted.name}"
        advice = _install(f"{wanted.name}{wanted.specifier}")
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            yield Finding(name, "wrong", f"not installed; expected {wanted.specifier}", advice)
            continue
        if wanted.specifier.contains(found, prereleases=True):
            if wanted.name in never_tried:
                newest = f"{wanted.name}=={tried_versions()[wanted.name][1]}"
                advice = f"Where results look odd: {_install(newest)}"
                yield Finding(name, "warning", f"never tried: {never_tried[wanted.name]}", advice)
            else:
                yield Finding(name, "ok", found)
        elif wanted.name == "mediapipe":
            # Another version is used behind a guard; what that means is said by its own check.
            yield Finding(name, "warning", f"{found}; expected {wanted.specifier}", advice)
        else:
            yield Finding(name, "wrong", f"{found}; expected {wanted.specifier}", advice)


def _requirements() -> list[str]:
    """Return what attunement requires, also where it runs from a source tree."""
    try:
        listed = requires("attunement")
    except PackageNotFoundError:
        listed = None
    if listed is None:
        project = Path(attunement.__file__).parents[1] / "pyproject.toml"
        listed = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    return sorted(listed, key=str.casefold)


def _opencv() -> Iterator[Finding]:
    try:
        import cv2
    except ImportError as error:
        advice = (
            "python -m pip uninstall -y opencv-python opencv-contrib-python; "
            "python -m pip install --force-reinstall opencv-python-headless"
        )
        yield Finding("opencv", "wrong", f"cannot be imported ({_one_line(error)})", advice)
        return
    yield Finding("opencv", "ok", f"{cv2.__version__} is imported")


def _decoder() -> Iterator[Finding]:
    advice = "python -m pip install --force-reinstall av"
    try:
        import av
    except ImportError as error:
        yield Finding("decoder", "wrong", f"cannot be imported ({_one_line(error)})", advice)
        return
    missing = []
    for name in CODECS:
        try:
            av.CodecContext.create(name, "r").open()
        except (av.FFmpegError, ValueError):
            missing.append(name)
    if missing:
        found = f"PyAV {av.__version__} cannot decode {', '.join(missing)}"
        yield Finding("decoder", "wrong", found, advice)
    else:
        yield Finding("decoder", "ok", f"PyAV {av.__version__} decodes {', '.join(CODECS)}")


def _backends() -> Iterator[Finding]:
    from attunement.faces.choice import declared
    from attunement.registry import BACKENDS

    for name in BACKENDS:
        for seen in declared(name).look():
            yield Finding(*seen)


def _model(*, fetch: bool) -> Iterator[Finding]:
    from attunement.errors import ModelError
    from attunement.faces import model

    if fetch:
        try:
            model.ensure_model()
        except ModelError as error:
            yield Finding("model", "wrong", error.reason, error.advice)
            return
    named = os.environ.get(model.MODEL_VARIABLE)
    path = Path(named) if named else model.cache_path()
    # What is in the cache mends itself by being fetched again; a file that was named does not.
    status: Status = "wrong" if named else "warning"
    fetch_advice = "It is fetched by the first run, or now by: attunement doctor --fetch-model"
    advice = f"Correct or remove the variable {model.MODEL_VARIABLE}." if named else fetch_advice
    if not path.is_file():
        yield Finding("model", status, f"{path} is not there", advice)
        return
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != model.MODEL_SHA256:
        text = f"{path} has sha256 {found}; expected {model.MODEL_SHA256}"
        yield Finding("model", status, text, advice)
    else:
        yield Finding("model", "ok", f"{path} with sha256 {found}")


def _disk() -> Iterator[Finding]:
    from attunement.faces.model import cache_path

    for name, folder in (("disk here", Path.cwd()), ("disk of the cache", cache_path().parent)):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free_gb = shutil.disk_usage(there).free / _GB
        found = f"{free_gb:.1f} GB free in {there}"
        if not os.access(there, os.W_OK):
            advice = "Change its permissions, or work in another folder."
            yield Finding(name, "warning", f"{there} may not be written to", advice)
        elif free_gb < FULL_DISK_GB:
            yield Finding(name, "wrong", found, "Free some space, or work on another disk.")
        elif free_gb < SCARCE_DISK_GB:
            advice = "Free some space before a study of many sessions is run."
            yield Finding(name, "warning", found, advice)
        else:
            yield Finding(name, "ok", found)


def _machine() -> Iterator[Finding]:
    from attunement.workers import usable_cores

    cores = usable_cores()
    yield Finding("cores", "ok", f"{cores} for this process: up to --workers {cores}")
    memory_gb = _memory_gb()
    if memory_gb is None:
        yield Finding("memory", "ok", "not known on this system")
        return
    workers = max(1, min(cores, int(memory_gb / MEMORY_A_WORKER_GB)))
    found = f"{memory_gb:.1f} GB"
    if workers < cores:
        advice = f"Run with --workers {workers}: each worker needs {MEMORY_A_WORKER_GB:g} GB."
        yield Finding("memory", "warning", f"{found}, too little for {cores} workers", advice)
    else:
        yield Finding("memory", "ok", found)


def _memory_gb() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GB
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def _install(what: str) -> str:
    return f'python -m pip install "{what}"'


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
