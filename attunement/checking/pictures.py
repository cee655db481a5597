"""Sampled frames with what was found in them drawn on: region, box, mesh, role."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attunement.checking.watching import Pictured
from attunement.errors import OutputError
from attunement.faces.tracking import Sighting
from attunement.study.written_times import format_time

# Blue and orange, told apart by everybody; RGB.
_COLOURS = {"caregiver": (255, 150, 30), "infant": (60, 160, 255)}
_GREY = (150, 150, 150)
_HEIGHT_PX = 540


def prepare_folder(folder: Path) -> Path:
    """Make the folder for pictures.

    Raises
    ------
    OutputError
        When it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The folder for pictures {folder} cannot be made ({error.strerror}).",
            "Choose another one with --pictures.",
        ) from None
    return folder


def write_pictures(folder: Path, session: str, sources: Sequence[Sequence[Pictured]]) -> None:
    """Write ``<session>_1.png`` and so on into `folder`; two recordings stand side by side.

    Raises
    ------
    OutputError
        When a picture cannot be written.
    """
    import cv2

    for number, looks in enumerate(zip_longest(*filter(None, sources)), start=1):
        drawn = [draw(look) for look in looks if look is not None]
        path = folder / f"{session}_{number}.png"
        _, coded = cv2.imencode(".png", cv2.cvtColor(np.hstack(drawn), cv2.COLOR_RGB2BGR))
        try:
            path.write_bytes(coded.tobytes())
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written ({error.strerror}).",
                "Choose another folder with --pictures, or free some space.",
            ) from None


def draw(look: Pictured) -> NDArray[np.uint8]:
    """Return a look as a picture 540 px high: regions grey, each partner in a colour."""
    import cv2

    scale = _HEIGHT_PX / look.rgb.shape[0]
    width = max(1, round(look.rgb.shape[1] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = np.ascontiguousarray(cv2.resize(look.rgb, (width, _HEIGHT_PX), interpolation=way))
    for x, y, wide, high in set(look.regions.values()):
        corners = [(round(x * scale), round(y * scale))]
        corners.append((round((x + wide) * scale) - 1, round((y + high) * scale) - 1))
        cv2.rectangle(picture, corners[0], corners[1], _GREY, 1)
    lines = [(format_time(round(look.time_s, 1)), (255, 255, 255))]
    for person, (sighting, reason) in look.sightings.items():
        if sighting is not None:
            _draw_face(picture, sighting, person, scale)
        lines.append((f"{person}: {reason or 'usable'}", _COLOURS[person]))
    for k, (text, colour) in enumerate(lines):
        _write(picture, text, (8, 24 + 24 * k), colour)
    return picture


def _draw_face(picture: NDArray[np.uint8], sighting: Sighting, person: str, scale: float) -> None:
    import cv2

    colour = _COLOURS[person]
    # A mesh that is not believed is drawn faintly, so that one sees what was refused.
    thick = 1 if sighting.fault else 2
    box = sighting.box
    first = (round(box.x_px * scale), round(box.y_px * scale))
    last = (round((box.x_px + box.width_px) * scale), round((box.y_px + box.height_px) * scale))
    cv2.rectangle(picture, first, last, colour, thick)
    for point in sighting.mesh.landmarks[:, :2] * scale:
        cv2.circle(picture, (round(float(point[0])), round(float(point[1]))), 1, colour, -1)
    _write(picture, person, (first[0], max(first[1] - 6, 14)), colour)


def _write(
    picture: NDArray[np.uint8], text: str, place: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    import cv2

    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.55
    (wide, high), below = cv2.getTextSize(text, font, size, 1)
    x, y = place
    cv2.rectangle(picture, (x - 3, y - high - 3), (x + wide + 3, y + below), (0, 0, 0), -1)
    cv2.putText(picture, text, place, font, size, colour, 1, cv2.LINE_AA)
