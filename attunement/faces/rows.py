"""Collecting the rows of a faces table, frame by frame."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.faces.geometry import distances, interocular_px, pose_deg
from attunement.faces.plan import track_of
from attunement.faces.tracking import Sighting

MEASURES = (
    "role_confidence", *schema.BOX, "presence", "interocular_px", *schema.POSE, *schema.GEOMETRY,
    *schema.BLENDSHAPES,
)  # fmt: skip
_N_WITHOUT_SHAPE = len(MEASURES) - len(schema.GEOMETRY) - len(schema.BLENDSHAPES)


class Rows:
    """Rows of one person in one span.

    Parameters
    ----------
    session, person : str
        Ids that every row carries.
    keep_landmarks : bool
        Whether the column ``landmarks`` is made.
    """

    def __init__(self, session: str, person: str, *, keep_landmarks: bool) -> None:
        self.session = session
        self.person = person
        self._keep = keep_landmarks
        self._frames: list[int] = []
        self._times_s: list[float] = []
        self._status: list[str] = []
        self._values: list[NDArray[np.float64]] = []
        self._landmarks: list[NDArray[np.float32] | None] = []

    def add_blank(
        self, frame: int, time_s: float, status: str, *, role_confidence: float = float("nan")
    ) -> None:
        """Add a frame without a face: ``no_face``, ``excluded`` or ``error``."""
        values = np.full(len(MEASURES), np.nan)
        values[0] = role_confidence
        self._append(frame, time_s, status, values, None)

    def add(self, frame: int, time_s: float, sighting: Sighting, *, role_confidence: float) -> None:
        """Add a frame with a mesh: ``ok``, or ``low_quality`` with place and pose only."""
        mesh = sighting.mesh
        status = "low_quality" if sighting.fault else "ok"
        box = sighting.box
        values = np.array(
            [
                role_confidence,
                box.x_px,
                box.y_px,
                box.width_px,
                box.height_px,
                mesh.presence,
                interocular_px(mesh.landmarks),
                *pose_deg(mesh.rotation),
                *distances(mesh.landmarks, mesh.rotation),
                *mesh.blendshapes,
            ],
            np.float64,
        )
        if sighting.fault:
            values[_N_WITHOUT_SHAPE:] = np.nan
        self._append(frame, time_s, status, values, mesh.landmarks)

    def _append(
        self,
        frame: int,
        time_s: float,
        status: str,
        values: NDArray[np.float64],
        landmarks: NDArray[np.float32] | None,
    ) -> None:
        self._frames.append(frame)
        self._times_s.append(time_s)
        self._status.append(status)
        self._values.append(values)
        if self._keep:
            flat = None if landmarks is None else landmarks.astype(np.float32).reshape(-1)
            self._landmarks.append(flat)

    def median_interocular_px(self) -> float:
        """Return the median size of the believed faces; NaN where there is none."""
        sizes = [
            values[MEASURES.index("interocular_px")]
            for values, status in zip(self._values, self._status, strict=True)
            if status == "ok"
        ]
        return float(np.median(sizes)) if sizes else float("nan")

    def table(self) -> pd.DataFrame:
        """Return the rows as a faces table."""
        values = np.array(self._values, np.float64).reshape(-1, len(MEASURES))
        has_face = np.isin(self._status, ("ok", "low_quality"))
        table = pd.DataFrame(
            {
                "session": pd.Series(self.session, index=range(len(self._frames)), dtype="str"),
                "frame": np.array(self._frames, np.int64),
                "time_s": np.array(self._times_s, np.float64),
                "person": self.person,
                "track": np.where(has_face, track_of(self.person), -1),
                "status": self._status,
                **{name: values[:, k] for k, name in enumerate(MEASURES)},
            }
        )
        table = schema.conform(table, schema.FACES)
        if self._keep:
            table["landmarks"] = pd.Series(self._landmarks, index=table.index, dtype=object)
        return table
