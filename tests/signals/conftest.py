"""Faces tables from curves, without any video."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from attunement import schema
from attunement.config import Config
from attunement.study.sessions import Episode, Partner, Session, Span

RESTING = {
    **dict.fromkeys(schema.BLENDSHAPES, 0.1),
    "brow_height": 0.25,
    "lid_aperture": 0.1,
    "lip_gap": 0.01,
    "interocular_px": 100.0,
    "yaw_deg": 2.0,
    "pitch_deg": -3.0,
    "roll_deg": 1.0,
    "box_x_px": 50.0,
    "box_y_px": 60.0,
    "box_width_px": 150.0,
    "box_height_px": 200.0,
}
PARTS = {
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "brow_raise": ("brow_height",),
    "eye_widening": ("lid_aperture",),
    "eye_constriction": ("eyeSquintLeft", "eyeSquintRight"),
    "mouth_opening": ("lip_gap",),
}

Value = float | np.ndarray | Callable[[np.ndarray], np.ndarray]


def build_faces(
    *,
    duration_s: float = 20.0,
    rate_hz: float = 25.0,
    person: str = "caregiver",
    times_s: np.ndarray | None = None,
    start_s: float = 0.0,
    **columns: Value,
) -> pd.DataFrame:
    """One person's frames; a column is a number, a value a frame, or a function of time."""
    if times_s is None:
        times_s = start_s + np.arange(round(duration_s * rate_hz) + 1) / rate_hz
    n = len(times_s)
    table: dict[str, Any] = {
        "session": "s1",
        "frame": np.arange(n),
        "time_s": times_s,
        "person": person,
        "track": 0,
        "role_confidence": 1.0,
        "status": "ok",
        "presence": 0.9,
        **RESTING,
    }
    for name, value in columns.items():
        for part in PARTS.get(name, (name,)):
            table[part] = value(times_s) if callable(value) else value
    faces = pd.DataFrame({k: np.broadcast_to(np.asarray(v), n) for k, v in table.items()})
    return schema.conform(faces, schema.FACES)


def lose(faces: pd.DataFrame, rows: Any, status: str = "no_face") -> pd.DataFrame:
    """The same frames with nothing found in `rows`."""
    faces = faces.copy()
    faces.loc[rows, "status"] = status
    faces.loc[rows, [*schema.BOX, *schema.POSE, *schema.GEOMETRY, *schema.BLENDSHAPES]] = np.nan
    faces.loc[rows, ["interocular_px", "presence"]] = np.nan
    return faces


def build_session(
    *,
    neutral: tuple[Span, ...] = (),
    episodes: tuple[Episode, ...] = (),
    exclude: tuple[Span, ...] = (),
    config: Config | None = None,
) -> Session:
    return Session(
        session="s1",
        dyad="s1",
        family="s1",
        layout="two_files",
        caregiver=Partner("caregiver", (Path("c.mp4"),), neutral=neutral),
        infant=Partner("infant", (Path("i.mp4"),)),
        episodes=episodes,
        exclude=exclude,
        config=config or Config(),
    )


def of(signals: pd.DataFrame, person: str = "caregiver") -> pd.DataFrame:
    return signals[signals["person"] == person].reset_index(drop=True)


class Bench:
    """The helpers above, as one fixture (test folders are no packages)."""

    faces = staticmethod(build_faces)
    lose = staticmethod(lose)
    session = staticmethod(build_session)
    of = staticmethod(of)


@pytest.fixture(scope="session")
def bench() -> type[Bench]:
    return Bench
