"""Real faces cut out of the clips and moved over one canvas, so that who is where is known."""

from itertools import islice

import cv2
import numpy as np
import pytest

from attunement import faces
from attunement.config import Config
from attunement.faces.areas import square_around
from attunement.faces.choice import backend_for
from attunement.faces.tracking import look
from attunement.video import probe_video, read_frames

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]

SIZE = (640, 360)
RATE_HZ = 12
N_TAKEN = 24
FACE_PX = 96
CAST = {
    "caregiver": ("webcam_expressions.mp4", 100),
    "infant": ("infant_webcam.mp4", 10),
    "other": ("WolfgangLanger_Pexels.mp4", 20),
}
# The clips show heads only, so everyone is dressed; once all in the same colour.
CLOTHES = {"caregiver": (60, 70, 120), "infant": (205, 180, 90), "other": (120, 50, 60)}
ALIKE = dict.fromkeys(CLOTHES, (110, 110, 115))
LEFT, RIGHT = (150.0, 180.0), (490.0, 180.0)


def cut_out(path, first, backend):
    """Pictures of a head with soft edges, its face `FACE_PX` wide, some frames of a clip."""
    info = probe_video([path])
    whole = (0, 0, info.width_px, info.height_px)
    taken, box = [], None
    for frame in islice(read_frames([path]), first, first + 2 * N_TAKEN, 2):
        if box is None:
            box = look(backend, frame.crop, whole, n_faces=1)[0].box
        area = square_around(box, enlargement=2.2, within=whole)
        scale = FACE_PX / box.width_px
        picture = cv2.resize(
            frame.crop(area), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        )
        middle = [(m - a) * scale for m, a in zip(box.middle, area, strict=False)]
        mask = np.zeros(picture.shape[:2], np.float32)
        axes = (int(0.8 * FACE_PX), int(0.85 * box.height_px * scale))
        cv2.ellipse(mask, tuple(int(m) for m in middle), axes, 0, 0, 360, 1.0, -1)
        taken.append((picture, cv2.GaussianBlur(mask, (0, 0), 3)[..., None], middle))
    return taken


@pytest.fixture(scope="module")
def heads(shared):
    backend = backend_for(Config(), None)
    return {
        person: cut_out(shared / "clips" / name, first, backend)
        for person, (name, first) in CAST.items()
    }


def canvas(heads, k, placed, clothes):
    """A frame: the people named, each with the middle of the face there, the last in front."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    wall = 120 + 25 * np.sin(columns / 90) + 15 * np.cos(rows / 60)
    picture = np.ascontiguousarray(np.repeat(wall[..., None], 3, axis=2) * (1.0, 0.96, 0.9))
    for person, (x, y) in placed:
        head, mask, middle = heads[person][(k // 2) % N_TAKEN]
        corners = np.array(
            [(-0.5, 0.5), (0.5, 0.5), (1.1, 1.0), (1.1, 2.5), (-1.1, 2.5), (-1.1, 1.0)]
        )
        outline = (corners * FACE_PX + (x, y)).astype(np.int32)
        cv2.fillPoly(picture, [outline], clothes[person])
        left, top = round(x - middle[0]), round(y - middle[1])
        low, high = max(top, 0), min(top + head.shape[0], SIZE[1])
        first, last = max(left, 0), min(left + head.shape[1], SIZE[0])
        if high <= low or last <= first:
            continue
        part = (slice(low - top, high - top), slice(first - left, last - left))
        under = picture[low:high, first:last]
        picture[low:high, first:last] = under + mask[part] * (head[part] - under)
    return picture.clip(0, 255).astype(np.uint8)


def between(a, b, n):
    return [tuple(p) for p in np.linspace(a, b, n)]


def still(n, **who):
    return [list(who.items())] * n


def scenes(name):
    """Who is where in every frame, from the back to the front."""
    there = still(10, caregiver=LEFT, infant=RIGHT)
    changed = still(16, caregiver=RIGHT, infant=LEFT)
    back, forth = between(LEFT, RIGHT, 36), between(RIGHT, LEFT, 36)
    passing = between((320.0, 420.0), (320.0, 180.0), 20)
    return {
        "crossing": [
            *there,
            *([("infant", b), ("caregiver", a)] for a, b in zip(back, forth, strict=True)),
            *changed,
        ],
        "mirror cut": [*there, *changed],
        "third person": [
            *there,
            *([("caregiver", LEFT), ("infant", RIGHT), ("other", at)] for at in passing),
            *there,
        ],
        "stranger in the place": [
            *there,
            *still(8, caregiver=LEFT),
            *still(16, caregiver=LEFT, other=RIGHT),
        ],
        "leaving and coming back": [
            *there,
            *still(14, caregiver=LEFT),
            *still(16, caregiver=LEFT, infant=(420.0, 200.0)),
        ],
    }[name]


def judge(table, placed):
    """Count faces found, used (confidence .9), and used as somebody else."""
    found = table[table["status"] == "ok"]
    used = found[found["role_confidence"] >= 0.9]
    n_wrong = 0
    for row in used.itertuples():
        at = np.array([row.box_x_px + row.box_width_px / 2, row.box_y_px + row.box_height_px / 2])
        away = {who: np.hypot(*(at - where)) for who, where in placed[row.frame]}
        # Where two are nearly in one place no mesh can be told to be one of them.
        nearest, *rest = sorted(away, key=away.get)
        is_clear = not rest or away[rest[0]] - away[nearest] > FACE_PX / 4
        n_wrong += is_clear and nearest != row.person
    return len(found), len(used), n_wrong


@pytest.mark.parametrize(
    "name",
    ["crossing", "mirror cut", "third person", "stranger in the place", "leaving and coming back"],
)
@pytest.mark.parametrize("clothes", [CLOTHES, ALIKE], ids=["dressed", "alike"])
def test_nobody_is_swapped(name, clothes, heads, tmp_path, write_video, session_of):
    placed = scenes(name)
    pictures = [canvas(heads, k, who, clothes) for k, who in enumerate(placed)]
    path = write_video(tmp_path / "played.mp4", pictures, rate_hz=RATE_HZ)
    regions = ((70, 80, 160, 200), (410, 80, 160, 200))
    session = session_of("one_frame", path, path, rois=regions)
    table = faces.extract_faces(session)
    n_found, n_used, n_wrong = judge(table, placed)
    assert n_found > 0.9 * len(placed)
    assert n_wrong == 0
    assert n_used > 0.3 * n_found
