"""Collecting the rows of a tracks table, frame by frame."""

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.faces.geometry import distances, interocular_px, pose_deg
from attunement.faces.likeness import nose_length
from attunement.faces.tracking import Sighting

BOTH = "both"  # a view that shows both partners
NO_TRACK = -1
# What is kept to tell people apart (`attunement.faces.likeness`).
LIKENESS = ("nose_length", "colours", "glimpse")
MEASURES = (
    *schema.BOX, "presence", "interocular_px", *schema.POSE, *schema.GEOMETRY, *schema.BLENDSHAPES,
)  # fmt: skip
_SHAPES_FROM = len(MEASURES) - len(schema.BLENDSHAPES)
_N_WITHOUT_SHAPE = _SHAPES_FROM - len(schema.GEOMETRY)
Vector = NDArray[np.float32]


@lru_cache
def _places(shapes: tuple[str, ...]) -> list[int]:
    """Return where blendshapes of these names stand among `MEASURES`."""
    return [_SHAPES_FROM + schema.BLENDSHAPES.index(name) for name in shapes]


class Rows:
    """Rows of one view in one span.

    Parameters
    ----------
    session : str
        Id that every row carries.
    view : str
        ``caregiver``, ``infant`` or ``both``; a view of both carries ``nose_length``.
    keep_landmarks : bool
        Whether the column ``landmarks`` is made.
    """

    def __init__(self, session: str, view: str, *, keep_landmarks: bool) -> None:
        self.session = session
        self.view = view
        self._vectors: dict[str, list[Vector | None]] = {"colours": []}
        if view != BOTH:
            self._vectors["glimpse"] = []
        if keep_landmarks:
            self._vectors["landmarks"] = []
        self._frames: list[int] = []
        self._times_s: list[float] = []
        self._tracks: list[int] = []
        self._status: list[str] = []
        self._values: list[NDArray[np.float64]] = []
        self._noses: list[float] = []

    @property
    def n(self) -> int:
        """How many rows there are."""
        return len(self._frames)

    def keep(self, name: str, vector: Vector, *, row: int) -> None:
        """Put ``colours`` or a ``glimpse`` into a row that is there."""
        self._vectors[name][row] = vector

    def add_blank(self, frame: int, time_s: float, status: str) -> None:
        """Add a frame without a face: ``no_face``, ``excluded`` or ``error``."""
        self._append(frame, time_s, NO_TRACK, status, np.full(len(MEASURES), np.nan), {})

    def add(
        self,
        frame: int,
        time_s: float,
        sighting: Sighting,
        *,
        track: int,
        colours: Vector | None = None,
        scale: float = 1.0,
    ) -> None:
        """Add a mesh: ``ok``, or ``low_quality`` with place and pose only.

        What its scheme does not have (`backends.protocol.Scheme`) is missing. Of a picture that is
        shown enlarged by `scale` (`Frame.scale`), ``interocular_px`` is in its own pixels, which
        tell how sharply it was recorded; the box is in those displayed.
        """
        mesh = sighting.mesh
        status = "low_quality" if sighting.fault else "ok"
        box = sighting.box
        values = np.full(len(MEASURES), np.nan)
        values[:_N_WITHOUT_SHAPE] = (
            box.x_px,
            box.y_px,
            box.width_px,
            box.height_px,
            mesh.presence,
            interocular_px(mesh.landmarks, mesh.scheme.outer_eye_corners) / scale,
            *pose_deg(mesh.rotation),
        )
        if not sighting.fault:
            if mesh.scheme.is_canonical:
                values[_N_WITHOUT_SHAPE:_SHAPES_FROM] = distances(mesh.landmarks, mesh.rotation)
            values[_places(mesh.scheme.shapes)] = mesh.blendshapes
        vectors: dict[str, Vector] = {}
        if "landmarks" in self._vectors:
            vectors["landmarks"] = mesh.landmarks.astype(np.float32).reshape(-1)
        if colours is not None:
            vectors["colours"] = colours
        tells = self.view == BOTH and not sighting.fault
        nose = nose_length(mesh) if tells else float("nan")
        self._append(frame, time_s, track, status, values, vectors, nose=nose)

    def _append(
        self,
        frame: int,
        time_s: float,
        track: int,
        status: str,
        values: NDArray[np.float64],
        vectors: dict[str, Vector],
        *,
        nose: float = float("nan"),
    ) -> None:
        self._noses.append(nose)
        self._frames.append(frame)
        self._times_s.append(time_s)
        self._tracks.append(track)
        self._status.append(status)
        self._values.append(values)
        for name, kept in self._vectors.items():
            kept.append(vectors.get(name))

    def table(self) -> pd.DataFrame:
        """Return the rows as a tracks table."""
        values = np.array(self._values, np.float64).reshape(-1, len(MEASURES))
        table = pd.DataFrame(
            {
                "session": pd.Series(self.session, index=range(len(self._frames)), dtype="str"),
                "frame": np.array(self._frames, np.int64),
                "time_s": np.array(self._times_s, np.float64),
                "view": self.view,
                "track": np.array(self._tracks, np.int64),
                "status": self._status,
                **{name: values[:, k] for k, name in enumerate(MEASURES)},
            }
        )
        table = schema.conform(table, schema.TRACKS)
        if self.view == BOTH:
            table["nose_length"] = np.array(self._noses, np.float64)
        for name, kept in self._vectors.items():
            table[name] = pd.Series(kept, index=table.index, dtype=object)
        return table
