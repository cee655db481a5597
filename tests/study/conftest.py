"""A study folder with tiny stand-ins for recordings."""

from collections.abc import Callable
from pathlib import Path

import pytest

FILES = ("a.mp4", "b.mp4", "c.mp4", "d.mp4", "t.csv", "u.csv", "clips/e.mp4")


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Path]:
    """Write study.toml, sessions.csv and others; return the study.toml."""

    def make(
        manifest: str | bytes | None = None,
        *,
        config: str = "",
        encoding: str = "utf-8",
        **files: str,
    ) -> Path:
        for name in FILES:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"x")
        (tmp_path / "study.toml").write_text(config, encoding="utf-8")
        if manifest is not None:
            content = manifest if isinstance(manifest, bytes) else manifest.encode(encoding)
            (tmp_path / "sessions.csv").write_bytes(content)
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return tmp_path / "study.toml"

    return make
