"""Keeping MediaPipe from contacting anybody: which versions are quiet, and the guard for others.

MediaPipe 0.10.30 to 0.10.32 contain no code that sends usage metrics. Every other version runs
only in a child process in which the variables that name an HTTPS proxy point to a closed port of
the machine itself, set before MediaPipe is imported; its look-ups and connections then come to
nothing. The variables are never set in the user's own process, where they would break fetching
the model and everything else that uses the network.
"""

import multiprocessing
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from attunement.errors import FacesError

QUIET_VERSIONS = ("0.10.30", "0.10.31", "0.10.32")
CLOSED_PROXY = "http://127.0.0.1:9"  # the discard port: nothing listens there
IMPORT_TIMEOUT_S = 120.0
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy")
_BYPASS_VARIABLES = ("NO_PROXY", "no_proxy")


def mediapipe_version() -> str:
    """Return the installed version of MediaPipe without importing it.

    Raises
    ------
    FacesError
        When MediaPipe is not installed.
    """
    try:
        return version("mediapipe")
    except PackageNotFoundError:
        if not is_for_this_machine():
            raise FacesError(
                f"MediaPipe has no wheel for {platform.system()} on {platform.machine()}.",
                'Set [faces] backend = "direct": it runs the same networks without MediaPipe.',
            ) from None
        raise FacesError(
            'MediaPipe, which backend = "mediapipe" runs, is not installed.',
            "Run: python -m pip install mediapipe==0.10.31",
        ) from None


def is_for_this_machine() -> bool:
    """Return whether MediaPipe has a wheel for this machine; Linux has them for x86-64 alone."""
    return sys.platform != "linux" or platform.machine() == "x86_64"


def is_quiet(installed: str) -> bool:
    """Return whether this version of MediaPipe is known to contact nobody."""
    return installed in QUIET_VERSIONS


def is_guarded() -> bool:
    """Return whether this process has the guard of `worker_initializer` in force."""
    return all(os.environ.get(name) == CLOSED_PROXY for name in _PROXY_VARIABLES) and not any(
        os.environ.get(name) for name in _BYPASS_VARIABLES
    )


def is_safe() -> bool:
    """Return whether the installed version of MediaPipe may run in this process."""
    return is_quiet(mediapipe_version()) or is_guarded()


def worker_initializer() -> None:
    """Prepare a worker process for MediaPipe; give it to the pool as its initializer.

    Does nothing for a quiet version, nor where MediaPipe is not installed: the default backend
    needs none. For any other, points the HTTPS proxy of this process to a closed port of this
    machine.

    Raises
    ------
    FacesError
        For a version that is not quiet: in a process that is nobody's child (the variables would
        reach the user's own programs), or where MediaPipe has been imported already.
    """
    try:
        installed = mediapipe_version()
    except FacesError:
        return
    if is_quiet(installed) or is_guarded():
        return
    if multiprocessing.parent_process() is None:
        raise FacesError(
            f"MediaPipe {installed} may only run in a worker process, since it sends usage"
            " metrics; this is the main process.",
            "Install mediapipe==0.10.31, or give more workers.",
        )
    if "mediapipe" in sys.modules:
        raise FacesError(
            f"MediaPipe {installed} was imported before its connections were closed.",
            "Install mediapipe==0.10.31.",
        )
    for name in _PROXY_VARIABLES:
        os.environ[name] = CLOSED_PROXY
    for name in _BYPASS_VARIABLES:
        os.environ.pop(name, None)


def require_safe() -> str:
    """Return the installed version of MediaPipe if it may run in this process.

    Raises
    ------
    FacesError
        When the version sends usage metrics and this process is not guarded.
    """
    installed = mediapipe_version()
    if not is_safe():
        raise FacesError(
            f"MediaPipe {installed} sends usage metrics, so it runs in guarded worker processes"
            " only; this process is not guarded.",
            "Install mediapipe==0.10.31, or start the work through attunement.extract_faces or"
            " attunement.run_study.",
        )
    return installed


def fails_to_import(name: str) -> str:
    """Import a package in a process of its own, which reaches nobody; return why it fails."""
    closed = dict.fromkeys((*_PROXY_VARIABLES, "HTTP_PROXY", "http_proxy"), CLOSED_PROXY)
    open_to = {k: v for k, v in os.environ.items() if k.lower() != "no_proxy"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"import {name}"],
            env=open_to | closed,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=IMPORT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end after {IMPORT_TIMEOUT_S:.0f} s"
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"its process ended with {done.returncode}"
