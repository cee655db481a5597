"""Sampled frames with what was found in them drawn on: region, box, mesh, role."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attunement.checking.watching import Pictured
from attunement.checking.who import as_cell
from attunement.errors import OutputError
from attunement.faces.areas import Area
from attunement.faces.tracking import Sighting
from attunement.study.written_times import format_time

Colour = tuple[int, int, int]
# Blue and orange, told apart by everybody; RGB. Neither where it is not known who it is.
_COLOURS: dict[str, Colour] = {
    "caregiver": (255, 150, 30), "infant": (60, 160, 255),
    "A": (250, 235, 90), "B": (225, 130, 245),
}  # fmt: skip
# What a look is worth, in words.
_WORDS = {
    "": "usable", "no_face": "no face", "low_quality": "not believed to be a face",
    "role": "usable when it is known who it is", "size": "too small", "pose": "turned too far",
    "start": "at the start",
}  # fmt: skip
_WHITE = (255, 255, 255)
_LINE_PX = 24  # of text at a height of 540


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
        high = max(picture.shape[0] for picture in drawn)
        drawn = [np.pad(p, ((0, high - p.shape[0]), (0, 0), (0, 0))) for p in drawn]
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
    """Return a look in the recording's own pixels: each region and face in a colour of its own.

    A region is drawn with what the manifest would call it, and says where no face is in it.
    """
    picture = np.ascontiguousarray(look.rgb)
    size = max(0.45, 0.55 * picture.shape[0] / 540)
    for label, area in look.regions.items():
        sighting = look.sightings.get(label, (None, ""))[0]
        _draw_region(picture, area, label, size, is_empty=sighting is None)
    lines: list[tuple[str, Colour]] = [(format_time(round(look.time_s, 1)), _WHITE)]
    for label, (sighting, reason) in look.sightings.items():
        name = look.shown.get(label, label)
        if sighting is not None:
            _draw_face(picture, sighting, name, size)
        lines.append((f"{name}: {_WORDS.get(reason, reason)}", _colour(name)))
    for k, (text, colour) in enumerate(lines):
        _write(picture, text, (8, round((k + 1) * _LINE_PX * size / 0.55)), colour, size)
    return picture


def _colour(label: str) -> Colour:
    return _COLOURS[label.rstrip("?")]


def _draw_region(
    picture: NDArray[np.uint8], area: Area, label: str, size: float, *, is_empty: bool
) -> None:
    import cv2

    x, y, wide, high = area
    colour = _COLOURS[label]
    # One pixel within, so that two regions that touch are both to be seen.
    cv2.rectangle(picture, (x + 1, y + 1), (x + wide - 2, y + high - 2), colour, 1)
    text = f"{label} {as_cell(area)}{': no face here' if is_empty else ''}"
    _write(picture, text, (x + 8, y + high - 10), colour, size)


def _draw_face(picture: NDArray[np.uint8], sighting: Sighting, label: str, size: float) -> None:
    import cv2

    colour = _colour(label)
    # A mesh that is not believed is drawn faintly, so that one sees what was refused.
    thick = 1 if sighting.fault else 2
    box = sighting.box
    first = (round(box.x_px), round(box.y_px))
    last = (round(box.x_px + box.width_px), round(box.y_px + box.height_px))
    cv2.rectangle(picture, first, last, colour, thick)
    for point in sighting.mesh.landmarks[:, :2]:
        cv2.circle(picture, (round(float(point[0])), round(float(point[1]))), 1, colour, -1)
    _write(picture, label, (first[0], max(first[1] - 6, 14)), colour, size)


def _write(
    picture: NDArray[np.uint8], text: str, place: tuple[int, int], colour: Colour, size: float
) -> None:
    import cv2

    font = cv2.FONT_HERSHEY_SIMPLEX
    (wide, high), below = cv2.getTextSize(text, font, size, 1)
    x = max(min(place[0], picture.shape[1] - wide - 4), 3)
    y = place[1]
    cv2.rectangle(picture, (x - 3, y - high - 3), (x + wide + 3, y + below), (0, 0, 0), -1)
    cv2.putText(picture, text, (x, y), font, size, colour, 1, cv2.LINE_AA)
