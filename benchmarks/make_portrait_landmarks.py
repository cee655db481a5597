"""Find the landmarks of the two portraits once and store them inside the package.

Writes ``attunement/simulation/data/{astronaut,hopper}.csv`` (478 landmarks: x, y and depth in
pixels of the picture as shipped; x and y count from the middle of the first pixel, depth grows away
from the camera) and ``triangles.csv`` (the 852 triangles of MediaPipe's face tessellation, three
landmark numbers each). With them rendering needs neither MediaPipe nor its model file. Landmarks
are the mean over five magnifications of the portrait, which halves the detector's jitter of about
half a pixel.

Both portraits show adults and are in the public domain: Eileen Collins (NASA; shipped by
scikit-image as ``astronaut``) and Grace Hopper (US Navy; shipped by matplotlib).

Run with mediapipe 0.10.31::

    python benchmarks/make_portrait_landmarks.py ~/.cache/attunement/face_landmarker.task
"""

import sys
from pathlib import Path

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.vision.face_landmarker import FaceLandmarksConnections

from attunement.simulation.portraits import read_picture

MAGNIFICATIONS = (1.6, 1.8, 2.0, 2.2, 2.4)
DATA = Path(__file__).resolve().parents[1] / "attunement" / "simulation" / "data"


def main(model: Path) -> None:
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)), num_faces=1
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for name in ("astronaut", "hopper"):
            picture = read_picture(name)
            found = np.mean([locate(landmarker, picture, k) for k in MAGNIFICATIONS], axis=0)
            np.savetxt(
                DATA / f"{name}.csv", found, "%.2f", ",", header="x_px,y_px,z_px", comments=""
            )
    edges = FaceLandmarksConnections.FACE_LANDMARKS_TESSELATION
    # MediaPipe lists the three edges of a triangle one after the other: a-b, b-c, c-a.
    triangles = [[edge.start for edge in edges[k : k + 3]] for k in range(0, len(edges), 3)]
    np.savetxt(DATA / "triangles.csv", triangles, "%d", ",", header="a,b,c", comments="")


def locate(landmarker: vision.FaceLandmarker, picture: np.ndarray, magnification: float):
    height, width = picture.shape[:2]
    large = cv2.resize(
        picture, None, fx=magnification, fy=magnification, interpolation=cv2.INTER_CUBIC
    )
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=large)
    (face,) = landmarker.detect(image).face_landmarks
    # MediaPipe counts from the edge of the first pixel, OpenCV from its middle.
    return np.array(
        [(point.x * width - 0.5, point.y * height - 0.5, point.z * width) for point in face]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).expanduser())
