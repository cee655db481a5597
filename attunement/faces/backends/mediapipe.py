"""Faces by MediaPipe's Face Landmarker.

The Task runs in IMAGE mode: no state and no smoothing, so that a frame gives the same result
whatever was looked at before it, and a recording can be cut into spans. VIDEO mode is faster but
smooths one face over three frames and depends on where the video was started.
"""

import atexit
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attunement.errors import FacesError
from attunement.faces import guard
from attunement.faces.backends.protocol import DETECTED_IN, Declaration, Mesh, Pixels, Seen
from attunement.faces.backends.quiet import silent_stderr
from attunement.faces.geometry import fit_rotation
from attunement.faces.model import MODEL_SHA256, ensure_model
from attunement.schema import BLENDSHAPES


def fingerprint() -> dict[str, str]:
    """Return name, version and hash of the model, without loading MediaPipe."""
    return {
        "backend": "mediapipe",
        "mediapipe": guard.mediapipe_version(),
        "model_sha256": MODEL_SHA256,
    }


class MediaPipe:
    """The Face Landmarker Task on single pictures.

    Parameters
    ----------
    model : Path
        The verified bundle (`attunement.faces.ensure_model`).

    Raises
    ------
    FacesError
        When the installed version of MediaPipe may not run in this process, or the Task cannot be
        made.
    """

    def __init__(self, model: Path) -> None:
        guard.require_safe()
        with silent_stderr():
            # Imported here, so that importing attunement neither waits for MediaPipe nor has its
            # side effects.
            import mediapipe
            from mediapipe.tasks.python import BaseOptions, vision

            self._image: Any = mediapipe.Image
            self._format: Any = mediapipe.ImageFormat.SRGB
            self._landmarkers: dict[int, Any] = {}
            self._options = {
                "base_options": BaseOptions(model_asset_path=str(model)),
                "running_mode": vision.RunningMode.IMAGE,
                "output_face_blendshapes": True,
            }
            self._vision: Any = vision
        atexit.register(self._let_go)
        self._landmarker(1)

    def _landmarker(self, n_faces: int) -> Any:
        if n_faces not in self._landmarkers:
            blank = np.zeros((64, 64, 3), np.uint8)
            with silent_stderr():
                try:
                    made = self._vision.FaceLandmarker.create_from_options(
                        self._vision.FaceLandmarkerOptions(num_faces=n_faces, **self._options)
                    )
                except (RuntimeError, ValueError, OSError) as error:
                    raise FacesError(
                        f"MediaPipe cannot make its Face Landmarker ({error}).",
                        "Run `attunement doctor`.",
                    ) from error
                # The last of the log lines come with the first picture.
                made.detect(self._image(image_format=self._format, data=blank))
            self._landmarkers[n_faces] = made
        return self._landmarkers[n_faces]

    def find(self, picture: NDArray[np.uint8], *, n_faces: int) -> list[Mesh]:
        """Return at most `n_faces` faces in an RGB picture of shape (height, width, 3).

        Depth comes in units of the picture's width and is scaled as x. The rotation is fitted to
        the landmarks instead of taken from the Task, see `geometry.fit_rotation`. Presence is
        missing: the Task keeps it to itself.
        """
        height, width = picture.shape[:2]
        image = self._image(image_format=self._format, data=np.ascontiguousarray(picture))
        result = self._landmarker(n_faces).detect(image)
        meshes = []
        for points, shapes in zip(result.face_landmarks, result.face_blendshapes, strict=True):
            landmarks = np.array([(p.x, p.y, p.z) for p in points], np.float32)
            landmarks *= np.array([width, height, width], np.float32)
            by_name = {shape.category_name: shape.score for shape in shapes}
            meshes.append(
                Mesh(
                    landmarks=landmarks,
                    blendshapes=np.array([by_name[name] for name in BLENDSHAPES], np.float32),
                    rotation=fit_rotation(landmarks)[0],
                    presence=float("nan"),
                )
            )
        return meshes

    def again(
        self,
        picture: Pixels,
        landmarks: NDArray[np.floating],  # noqa: ARG002
    ) -> Mesh | None:
        """Return the face of a crop: the Task in IMAGE mode cannot be told where it was."""
        return next(iter(self.find(np.asarray(picture), n_faces=1)), None)

    def surround(self, landmarks: NDArray[np.floating]) -> float:  # noqa: ARG002
        """Return what a face is detected in."""
        return DETECTED_IN

    def close(self) -> None:
        """Close the Task; can be called again."""
        atexit.unregister(self._let_go)
        while self._landmarkers:
            self._landmarkers.popitem()[1].close()

    def _let_go(self) -> None:
        # When the interpreter ends, the thread pool that closing needs is gone already, and
        # closing (which the Task's own __del__ tries too) would only print an ignored exception.
        # Without its handle the Task does nothing; the system takes the memory back.
        for landmarker in self._landmarkers.values():
            landmarker._handle = None


def _look() -> Iterator[Seen]:
    advice = 'python -m pip install "mediapipe==0.10.31"'
    try:
        installed = guard.mediapipe_version()
    except FacesError as error:
        if not guard.is_for_this_machine():
            found = f"has no wheel for {platform.system()} on {platform.machine()}"
            yield Seen("mediapipe", "ok", f'{found}; the default backend "direct" needs none')
        else:
            yield Seen("mediapipe", "wrong", error.reason, error.advice)
        return
    if failure := guard.fails_to_import("mediapipe"):
        yield Seen("mediapipe", "wrong", f"{installed} cannot be imported ({failure})", advice)
    elif guard.is_quiet(installed):
        yield Seen("mediapipe", "ok", f"{installed} is quiet: it contains no usage metrics")
    else:
        found = (
            f"{installed} sends usage metrics: it runs guarded, in worker processes that cannot "
            "reach out"
        )
        yield Seen("mediapipe", "warning", found, advice)


DECLARED = Declaration(
    fingerprint=fingerprint,
    make=lambda model: MediaPipe(ensure_model(model)),
    needs_model=True,
    needs_guard=True,
    look=_look,
)
