"""The properties of the way from faces to scores: a turned head, a moved or brighter picture."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.config import Config
from attunement.scoring import Scores, score_session
from attunement.signals import compute_signals
from attunement.study.sessions import Partner, Session, Span
from attunement.validation.landmarks import measured
from attunement.validation.properties import Row, figure_row

Array = NDArray[np.float64]

_RATE_HZ = 25.0
_DURATION_S = 120.0
_NEUTRAL_S = 30.0
_LIVELY_S = 95.0  # with eight events and more, so that there is markedness
_ROUNDING = 1e-6  # in z, of landmarks of 64 bits
_YAW_DEG, _PITCH_DEG = 25.0, 15.0
# What a rigid face's blendshapes did when it was turned from -30 to 30 degrees of pitch
# (MediaPipe's Face Landmarker, averages of left and right).
_LEAKS = {"browOuterUp": (0.34, 0.12), "eyeSquint": (0.21, 0.47), "mouthUpperUp": (0.68, 0.28)}
_RESTING = {**dict.fromkeys(schema.BLENDSHAPES, 0.1), "brow_height": 0.25, "lid_aperture": 0.1,
            "lip_gap": 0.01, "interocular_px": 100.0}  # fmt: skip


def turned_head() -> pd.DataFrame:
    """Return faces of an infant who smiles every 9 s and an adult who turns the head slowly.

    The adult smiles at times of their own; brows, eyes and mouth opening rest. The adult's yaw
    swings by 25 degrees, the pitch by 15, also through the 30 s declared neutral; blendshapes
    follow the pitch as those of a rigid face do.
    """
    time_s = np.arange(round(_DURATION_S * _RATE_HZ)) / _RATE_HZ
    smile = np.clip(np.sin(2 * np.pi * time_s / 9), 0, 1) * (time_s > _NEUTRAL_S / 2)
    pitch = _PITCH_DEG * np.sin(2 * np.pi * time_s / 7)
    yaw = _YAW_DEG * np.sin(2 * np.pi * time_s / 11)
    leak: dict[str, Array] = {}
    for name, (low, high) in _LEAKS.items():
        value = (low + high) / 2 + (high - low) * pitch / 60
        leak |= {f"{name}Left": value, f"{name}Right": value}
    leak = {name: value for name, value in leak.items() if name in schema.BLENDSHAPES}
    # Without smiles of the adult's own no window would have a pattern, and none could be marked.
    own = 0.5 * np.clip(np.sin(2 * np.pi * time_s / 13), 0, 1) * (time_s > _NEUTRAL_S)
    leak |= {"mouthSmileLeft": 0.1 + own, "mouthSmileRight": 0.1 + own}
    infant = _person(time_s, "infant", mouthSmileLeft=0.1 + smile, mouthSmileRight=0.1 + smile)
    caregiver = _person(time_s, "caregiver", pitch_deg=pitch, yaw_deg=yaw, **leak)
    return pd.concat([caregiver, infant], ignore_index=True)


def lively_faces() -> pd.DataFrame:
    """Return `turned_head` with an adult whose brows, lids and lips answer the infant's smiles."""
    faces = turned_head()
    time_s = faces["time_s"].to_numpy(float)
    # Half a second after the infant's, and not during what is declared neutral.
    answer = np.clip(np.sin(2 * np.pi * (time_s - 0.5) / 9), 0, 1) * (time_s > _NEUTRAL_S)
    answer = np.where(faces["person"] == "caregiver", answer, 0.0)
    heights = {"brow_height": 0.05, "lid_aperture": 0.02, "lip_gap": 0.1}
    return faces.assign(**{name: faces[name] + by * answer for name, by in heights.items()})


def _person(time_s: Array, person: str, **columns: Array) -> pd.DataFrame:
    rng = np.random.default_rng(len(person))
    table: dict[str, object] = {
        "session": "turned",
        "frame": np.arange(len(time_s)),
        "time_s": time_s,
        "person": person,
        "track": 0,
        "role_confidence": 1.0,
        "clock_uncertainty_s": 0.0,
        "status": "ok",
        "presence": 1.0,
        **dict.fromkeys(schema.BOX, 100.0),
        **dict.fromkeys(schema.POSE, 0.0),
        **_RESTING,
        **columns,
    }
    faces = schema.conform(pd.DataFrame(table), schema.FACES)
    # The jitter of a measurement: a face is never still to the last digit.
    for name in (*schema.BLENDSHAPES, *schema.GEOMETRY):
        faces[name] += 1e-3 * rng.standard_normal(len(faces))
    return faces


def _score(faces: pd.DataFrame) -> Scores:
    neutral = (Span(0.0, _NEUTRAL_S),)
    session = Session(
        session="turned", dyad="turned", family="turned", layout="two_files",
        caregiver=Partner("caregiver", neutral=neutral), infant=Partner("infant", neutral=neutral),
    )  # fmt: skip
    return score_session(compute_signals(faces, session, Config()))


def faces() -> Iterator[Row]:
    """Turn a still head; move and enlarge the landmarks that faces are measured from."""
    plain = turned_head()
    scores = _score(plain)
    pattern = scores.windows["pattern"]
    marked = int(pattern.isin(["attuned", "marked_only"]).sum())
    decided = int((pattern != "not_scorable").sum())
    yield figure_row(
        "head turned within the gate, brows, eyes and mouth at rest: windows marked", marked,
        required="0", good=marked == 0 and decided > 0, n=1,
        note=f"{decided} windows with a pattern",
    )  # fmt: skip
    lively = lively_faces()
    # Every second picture will do, at half the cost.
    lively = lively[(lively["time_s"] < _LIVELY_S) & (lively["frame"] % 2 == 0)]
    near, far = (
        _score(measured(lively, scale_px=scale_px, shift_px=shift_px)).by_session
        for scale_px, shift_px in ((100.0, (200.0, 150.0)), (170.0, (500.0, 230.0)))
    )
    change = _largest_change(near, far)
    yield figure_row(
        "landmarks moved and 1.7 times as large, measured anew: largest change of any score",
        change, required="0 to rounding", good=change < _ROUNDING, n=1,
        note="blendshapes as they were: a network makes them, see pictures",
    )  # fmt: skip


def _largest_change(one: pd.DataFrame, other: pd.DataFrame) -> float:
    numbers = one.select_dtypes("number").columns
    gone = one[numbers].isna() != other[numbers].isna()
    if gone.to_numpy().any():
        return float("inf")
    return float((one[numbers] - other[numbers]).abs().max(axis=None))


_CHANGES = ("plain", "darker", "larger", "moved")


def pictures() -> Iterator[Row]:
    """Render a dyad, and the same pictures darker, larger and shifted, and run all of them."""
    from attunement.pipeline import run_study
    from attunement.simulation import render_dyad
    from attunement.study import read_study

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        paths, _ = render_dyad(place, name="plain", duration_s=60, seed=5)
        videos = {person: Path(path) for person, path in paths.items()}
        rows = []
        for how in _CHANGES:
            row = {"session": how, "layout": "two_files"}
            for person, path in videos.items():
                target = path if how == "plain" else path.with_name(f"{how}_{person}.mp4")
                if how != "plain":
                    _redraw(path, target, how)
                row[f"{person}_video"] = target.name
            rows.append(row)
        pd.DataFrame(rows).to_csv(place / "sessions.csv", index=False)
        (place / "study.toml").write_text("", encoding="utf-8")
        scores = run_study(read_study(place / "study.toml"), place / "out", progress=False).scores
    scores = scores.set_index("session")
    plain = scores.loc["plain"]
    sd = abs(plain["mirroring"] / plain["mirroring_z"])
    for how in _CHANGES[1:]:
        change = abs(scores.loc[how, "mirroring"] - plain["mirroring"]) / sd
        yield figure_row(
            f"pictures {how}, through the face model: change of mirroring (surrogate sd)", change,
            required="< 1", good=bool(change < 1), n=1,
            note=f"markedness {plain['markedness']:.2f} to {scores.loc[how, 'markedness']:.2f}",
        )  # fmt: skip


def _redraw(source: Path, target: Path, how: str) -> None:
    import av
    import cv2

    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = None
        for frame in old.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            height, width = picture.shape[:2]
            if how == "darker":
                picture = np.clip(picture * 0.7, 0, 255).astype(np.uint8)
            elif how == "larger":
                picture = cv2.resize(picture, (width * 3 // 4 * 2, height * 3 // 4 * 2))
            else:
                around = (height // 8 * 2, 0, width // 4 * 2, 0)
                picture = cv2.copyMakeBorder(picture, *around, cv2.BORDER_REPLICATE)
            if stream is None:
                stream = new.add_stream("libx264", rate=old.streams.video[0].average_rate)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt, stream.options = "yuv420p", {"crf": "16"}
            redrawn = av.VideoFrame.from_ndarray(picture, format="rgb24")
            redrawn.pts, redrawn.time_base = frame.pts, frame.time_base
            new.mux(stream.encode(redrawn))
        if stream is not None:
            new.mux(stream.encode(None))
