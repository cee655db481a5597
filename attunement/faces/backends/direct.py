"""Faces by the networks of MediaPipe's bundle, run directly with LiteRT.

The bundle holds three networks: one finds faces, one lays a mesh over a face in a turned square
around it, one reads the blendshapes from the mesh. They are run here in the order and with the
geometry of MediaPipe's Task, so that the meshes agree with the Task's (`docs/speed.md` has the
figures). What is gained: a face that is followed needs no detector, and of a frame only the points
that are looked at are converted; nothing of the past is kept in hidden state; the presence that the
Task keeps to itself is reported.
"""

import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.errors import FacesError
from attunement.faces import guard
from attunement.faces.backends.direct_detection import (
    SIDE_PX,
    Detection,
    anchor_centres,
    read_detections,
)
from attunement.faces.backends.direct_regions import (
    Region,
    region_of_detection,
    region_of_landmarks,
    surround,
)
from attunement.faces.backends.protocol import Declaration, Mesh, Pixels, Seen
from attunement.faces.backends.quiet import silent_stderr
from attunement.faces.geometry import N_LANDMARKS, fit_rotation
from attunement.faces.model import MODEL_SHA256, ensure_model
from attunement.video import Part
from attunement.video.planes import warp

MIN_PRESENCE = 0.5
_MESH_SIDE_PX = 256
# The landmarks that the blendshape network reads, in its order: ascending.
_SHAPE_LANDMARKS = (
    0, 1, *range(4, 9), 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66,
    67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144,
    145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173,
    176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284,
    285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332,
    334, 336, 338, 356, 361, 362, 365, 373, 374, 375, *range(377, 383), *range(384, 391), 397, 398,
    400, 402, 405, 409, 415, 454, 466, *range(468, 478),
)  # fmt: skip


def litert_version() -> str:
    """Return the installed version of LiteRT without importing it.

    Raises
    ------
    FacesError
        When it is not installed.
    """
    try:
        return version("ai-edge-litert")
    except PackageNotFoundError:
        raise FacesError(
            "LiteRT, which runs the face networks, is not installed.",
            'Run: python -m pip install ai-edge-litert, or set [faces] backend = "mediapipe".',
        ) from None


def fingerprint() -> dict[str, str]:
    """Return name, version and hash of the model, without loading LiteRT."""
    return {
        "backend": "direct",
        "litert": litert_version(),
        "model_sha256": MODEL_SHA256,
    }


class Direct:
    """The networks of the Face Landmarker bundle.

    Parameters
    ----------
    model : Path
        The verified bundle (`attunement.faces.ensure_model`).

    Raises
    ------
    FacesError
        When LiteRT is not installed or the bundle cannot be read.
    """

    def __init__(self, model: Path) -> None:
        litert_version()
        try:
            with zipfile.ZipFile(model) as bundle:
                names = ("face_detector", "face_landmarks_detector", "face_blendshapes")
                contents = [bundle.read(f"{name}.tflite") for name in names]
        except (OSError, zipfile.BadZipFile, KeyError) as error:
            raise FacesError(
                f"The face networks cannot be read from {model.name} ({error}).",
                "Run `attunement doctor`.",
            ) from error
        self._detector, self._mesher, self._shaper = map(_Network, contents)
        self._anchors = anchor_centres()
        self._subset = np.array(_SHAPE_LANDMARKS)

    def find(self, picture: NDArray[np.uint8], *, n_faces: int) -> list[Mesh]:
        """Return at most `n_faces` faces in an RGB picture of shape (height, width, 3).

        `presence` is the mesh network's own, from .5 to 1; a find below that is left out.
        """
        height, width = picture.shape[:2]
        side = float(max(height, width))
        left, top = (width - side) / 2, (height - side) / 2
        meshes = []
        for detection in self._detect(picture, Region(width / 2, height / 2, side, side, 0.0))[
            :n_faces
        ]:
            region = region_of_detection(detection, left_px=left, top_px=top, side_px=side)
            mesh = self._mesh(picture, region)
            if mesh is not None:
                meshes.append(mesh)
        return meshes

    def again(self, picture: Pixels, landmarks: NDArray[np.floating]) -> Mesh | None:
        """Return the mesh that lies where another was a moment ago, without a detector."""
        return self._mesh(picture, region_of_landmarks(landmarks))

    def surround(self, landmarks: NDArray[np.floating]) -> float:
        """Return the square that holds the turned region of a mesh."""
        return surround(landmarks)

    def _detect(self, picture: NDArray[np.uint8], square: Region) -> list[Detection]:
        seen = warp(picture, square.to_picture(SIDE_PX), SIDE_PX, edge=False)
        self._detector.give(seen, scale=2 / 255, shift=-1.0)
        coordinates, logits = self._detector.run()
        return read_detections(logits[0, :, 0], coordinates[0], self._anchors)

    def _mesh(self, picture: Pixels, region: Region) -> Mesh | None:
        if not min(region.width_px, region.height_px) >= 1:
            return None
        seen = _cut(picture, region, _MESH_SIDE_PX)
        self._mesher.give(seen, scale=1 / 255, shift=0.0)
        points, logit = self._mesher.run()[:2]
        presence = float(1 / (1 + np.exp(-np.float64(logit.item()))))
        if not presence >= MIN_PRESENCE:
            return None
        landmarks = region.place(points.reshape(N_LANDMARKS, 3) / _MESH_SIDE_PX)
        self._shaper.give(landmarks[self._subset, :2])
        (shapes,) = self._shaper.run()
        return Mesh(
            landmarks=landmarks,
            blendshapes=shapes.copy(),
            rotation=fit_rotation(landmarks)[0],
            presence=presence,
        )


class _Network:
    """One network with its input and outputs, on one thread."""

    def __init__(self, content: bytes) -> None:
        with silent_stderr():
            # Imported here, so that importing attunement does not wait for LiteRT.
            from ai_edge_litert.interpreter import Interpreter

            try:
                self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
                self._interpreter.allocate_tensors()
                self._interpreter.invoke()
            except (RuntimeError, ValueError) as error:
                raise FacesError(
                    f"LiteRT cannot run the face networks ({error}).", "Run `attunement doctor`."
                ) from error
        read: Callable[[int], Callable[[], NDArray[np.float32]]] = self._interpreter.tensor
        self._input = read(self._interpreter.get_input_details()[0]["index"])
        self._outputs = [read(detail["index"]) for detail in self._interpreter.get_output_details()]

    def give(self, values: NDArray[Any], *, scale: float = 1.0, shift: float = 0.0) -> None:
        """Write the input in place: values times `scale` plus `shift`."""
        into = self._input()[0]
        np.multiply(values, np.float32(scale), out=into)
        if shift:
            into += np.float32(shift)

    def run(self) -> list[NDArray[np.float32]]:
        """Run and return views of the outputs, which the next run overwrites."""
        self._interpreter.invoke()
        return [output() for output in self._outputs]


def _cut(picture: Pixels, region: Region, side_px: int) -> NDArray[np.uint8]:
    """Return what lies in a region as a square of `side_px`, turned level."""
    to_picture = region.to_picture(side_px)
    if isinstance(picture, Part):
        return picture.sample(to_picture, side_px)
    return warp(picture, to_picture, side_px)


def _look() -> Iterator[Seen]:
    try:
        installed = litert_version()
    except FacesError as error:
        yield Seen("litert", "wrong", error.reason, error.advice)
        return
    if failure := guard.fails_to_import("ai_edge_litert.interpreter"):
        advice = "python -m pip install --force-reinstall ai-edge-litert"
        yield Seen("litert", "wrong", f"{installed} cannot be imported ({failure})", advice)
    else:
        yield Seen("litert", "ok", f'{installed} runs the face networks (backend = "direct")')


DECLARED = Declaration(
    fingerprint=fingerprint,
    make=lambda model: Direct(ensure_model(model)),
    needs_model=True,
    look=_look,
)
