"""How far the direct backend is from the Task, beside how far the Task's own modes are apart."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.faces import ensure_model
from attunement.faces.backends.direct import Direct
from attunement.faces.backends.mediapipe import MediaPipe
from attunement.faces.geometry import interocular_px
from attunement.schema import BLENDSHAPES
from attunement.video import read_frames

CLIPS = (
    "single_face.mp4", "webcam_expressions.mp4", "WolfgangLanger_Pexels.mp4", "face_noface.mov",
    "infant_webcam.mp4",
)  # fmt: skip
WAYS = ("Task, VIDEO mode", "direct, found", "direct, followed")
Points = NDArray[np.float32]


@dataclass
class Apart:
    """Distances from the Task's IMAGE mode, one a frame in which both show a face."""

    landmarks_percent: list[float] = field(default_factory=list)
    blendshapes: list[float] = field(default_factory=list)


def parity(clip: Path, *, n_frames: int) -> dict[str, Apart]:
    """Return how far each way is from the Task in IMAGE mode, one face, whole pictures.

    Found is what the converted picture gives, followed what the planes of the frame do, as in a
    run. Landmarks: mean distance in the picture over the 478 landmarks, in percent of the distance
    of the outer eye corners. Blendshapes: mean absolute difference over the 52.
    """
    model = ensure_model()
    task, ours = MediaPipe(model), Direct(model)
    video_mode = _video_mode(model)
    apart = {way: Apart() for way in WAYS}
    followed = None
    for frame in read_frames(clip):
        if frame.index >= n_frames:
            break
        picture = frame.rgb()
        expected = next(iter(task.find(picture, n_faces=1)), None)
        found = next(iter(ours.find(picture, n_faces=1)), None)
        if followed is not None:
            followed = ours.again(frame.part(None), followed.landmarks)
        was_followed = followed is not None
        followed = followed or found
        seen: dict[str, tuple[Points, Points] | None] = {
            WAYS[0]: video_mode.send((picture, round(frame.time_s * 1000))),
            WAYS[1]: (found.landmarks, found.blendshapes) if found else None,
            WAYS[2]: (followed.landmarks, followed.blendshapes) if was_followed else None,
        }
        if expected is None:
            continue
        for way, one in seen.items():
            if one is not None:
                away = np.linalg.norm((one[0] - expected.landmarks)[:, :2], axis=1).mean()
                percent = 100 * float(away) / interocular_px(expected.landmarks)
                apart[way].landmarks_percent.append(percent)
                apart[way].blendshapes.append(float(np.abs(one[1] - expected.blendshapes).mean()))
    task.close()
    video_mode.close()
    return apart


def _video_mode(model: Path) -> Any:
    runner = _run_video_mode(model)
    next(runner)
    return runner


def _run_video_mode(model: Path) -> Iterator[Any]:
    """Take (picture, milliseconds) and give landmarks in pixels and blendshapes, or None."""
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=1,
        output_face_blendshapes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        answer = None
        while True:
            picture, time_ms = yield answer
            height, width = picture.shape[:2]
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
            result = landmarker.detect_for_video(image, time_ms)
            answer = None
            if result.face_landmarks:
                points = [
                    (p.x * width, p.y * height, p.z * width) for p in result.face_landmarks[0]
                ]
                by_name = {shape.category_name: shape.score for shape in result.face_blendshapes[0]}
                shapes = [by_name[name] for name in BLENDSHAPES]
                answer = np.array(points, np.float32), np.array(shapes, np.float32)


def parity_table(clips: Path, *, n_frames: int) -> list[str]:
    """Return the lines of the table: a row a clip and way, then all clips together."""
    lines = [
        "| clip | against the Task in IMAGE mode | frames | landmarks, % of interocular distance:"
        " median | 95th percentile | blendshapes: median | 95th percentile |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    pooled = {way: Apart() for way in WAYS}
    for clip in CLIPS:
        apart = parity(clips / clip, n_frames=n_frames)
        for way, one in apart.items():
            lines.append(_row(clip, way, one))
            pooled[way].landmarks_percent += one.landmarks_percent
            pooled[way].blendshapes += one.blendshapes
    return lines + [_row("all", way, one) for way, one in pooled.items()]


def _row(clip: str, way: str, one: Apart) -> str:
    near, far = np.percentile(one.landmarks_percent, [50, 95])
    like, unlike = np.percentile(one.blendshapes, [50, 95])
    return (
        f"| {clip} | {way} | {len(one.blendshapes)} | {near:.2f} | {far:.2f} | {like:.4f}"
        f" | {unlike:.4f} |"
    )
