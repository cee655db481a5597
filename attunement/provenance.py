"""What a result was made from: hashes of sources and model, versions, configuration, seed.

Nothing here holds a clock, a host name or an absolute path, so that outputs compare byte for byte.
"""

import hashlib
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from attunement import __version__
from attunement.registry import BACKENDS

_EDGE_BYTES = 4 * 2**20
_SAMPLE_BYTES = 64 * 2**10
_N_SAMPLES = 16
_ALWAYS = (
    "av", "numpy", "opencv-python-headless", "pandas", "pyarrow", "scipy", "statsmodels"
)  # fmt: skip


def source_hash(path: Path) -> str:
    """Return a sha256 over size, first and last 4 MiB and fixed samples between.

    Reads at most 9 MiB, so that a folder of long recordings is recognised in moments. Two files
    that differ only between the samples are taken for the same.
    """
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_EDGE_BYTES))
        gap = size - 2 * _EDGE_BYTES
        if gap > 0:
            for k in range(_N_SAMPLES):
                file.seek(_EDGE_BYTES + gap * k // _N_SAMPLES)
                digest.update(file.read(_SAMPLE_BYTES))
        if size > _EDGE_BYTES:
            file.seek(max(_EDGE_BYTES, size - _EDGE_BYTES))
            digest.update(file.read(_EDGE_BYTES))
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """Return the sha256 of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of attunement, Python and the packages that can change a result."""
    return dict(_versions())


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    # Looking each up takes milliseconds, and every stage of every session asks.
    found = {"attunement": __version__, "python": platform.python_version()}
    of_backends = (name for entry in BACKENDS.values() for name in entry.packages)
    for name in sorted({*_ALWAYS, *of_backends}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
