"""The columns of the tables that travel between stages, and the check of a table against them.

Ids are text, frame and window numbers int64, times float64 seconds from the caregiver video's
first frame. Missing numbers are NaN; a missing reason (nothing to say) is the empty text. Tables
may carry further columns.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import inf, isnan

import pandas as pd

from attunement import channels
from attunement.errors import TableError

__all__ = [
    "ACTION_UNITS", "AFFECT", "BLENDSHAPES", "BOX", "CHANNELS", "CLOCK_UNCERTAINTY", "CONTINGENCY",
    "CUES", "EVENTS", "FACES", "FACE_STATUS", "FAILURES", "GEOMETRY", "MIRRORED_CHANNELS", "OTHER",
    "PATTERNS", "PERSONS", "POSE", "ROLES", "SIGNALS", "SIGNALS_REQUIRED", "STATES", "TEXT",
    "TRACKS", "clock_uncertainty_s", "conform", "empty", "require",
]  # fmt: skip


def __dir__() -> list[str]:
    return list(__all__)


TEXT = "str"
PERSONS = ("caregiver", "infant")
PARTNER_OF = {"caregiver": "infant", "infant": "caregiver"}
OTHER = "other"  # who is neither, in roles only

BLENDSHAPES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
    "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft",
    "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight",
    "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft",
    "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft",
    "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
GEOMETRY = ("brow_height", "lid_aperture", "lip_gap")
POSE = ("yaw_deg", "pitch_deg", "roll_deg")
BOX = ("box_x_px", "box_y_px", "box_width_px", "box_height_px")
# Intensities of another program's action units, divided by the end of that program's scale, so
# that they run from 0 to 1 as blendshapes do. Absent where faces come from MediaPipe.
ACTION_UNITS = tuple(
    f"AU{number:02d}"
    for number in (
        1,
        2,
        4,
        5,
        6,
        7,
        9,
        10,
        12,
        14,
        15,
        16,
        17,
        18,
        20,
        23,
        24,
        25,
        26,
        27,
        28,
        43,
        45,
    )
)

# What a table of another program says of affect where it holds no action units, as shares of its
# scale; absent elsewhere.
AFFECT = channels.STATED

FACE_STATUS = ("ok", "no_face", "low_quality", "excluded", "error")

# Channels of the signals table. All are z units over the person's own baseline.
CHANNELS = channels.NAMES

_MEASURES = {
    "status": TEXT,
    **dict.fromkeys(BOX, "float64"),
    "presence": "float64",
    "interocular_px": "float64",
    **dict.fromkeys(POSE, "float64"),
    **dict.fromkeys(GEOMETRY, "float64"),
    **dict.fromkeys(BLENDSHAPES, "float64"),
}
# One row a face found, whoever's it is. `view` is who a layout shows there (``caregiver``,
# ``infant``), or ``both``. A frame without any face has one row of track -1 that says why.
TRACKS = {
    "session": TEXT,
    "frame": "int64",
    "time_s": "float64",
    "view": TEXT,
    "track": "int64",
    **_MEASURES,
}
# Who a track is from start_s up to, not including, end_s. `evidence` says what that rests on;
# the place (median middle of the box) helps to find the face in the picture.
ROLES = {
    "session": TEXT,
    "track": "int64",
    "start_s": "float64",
    "end_s": "float64",
    "person": TEXT,
    "role_confidence": "float64",
    "evidence": TEXT,
    "x_px": "float64",
    "y_px": "float64",
}
# By how much the infant's times can be wrong against the caregiver's, alike in all rows of a
# session: 0 where one camera saw both, missing where nothing is known.
CLOCK_UNCERTAINTY = "clock_uncertainty_s"
FACES = {
    "session": TEXT,
    "frame": "int64",
    "time_s": "float64",
    "person": TEXT,
    "track": "int64",
    "role_confidence": "float64",
    **_MEASURES,
    CLOCK_UNCERTAINTY: "float64",
}
SIGNALS = {
    "session": TEXT,
    "episode": TEXT,
    "time_s": "float64",
    "person": TEXT,
    **dict.fromkeys(CHANNELS, "float64"),
    **dict.fromkeys(POSE, "float64"),
    "usable": "bool",
    "interpolated": "bool",
    "reason": TEXT,
    CLOCK_UNCERTAINTY: "float64",
}
# What scoring asks of a signals table: the keys, and at least one channel.
SIGNALS_REQUIRED = {
    name: SIGNALS[name] for name in ("session", "episode", "time_s", "person", "usable")
}

EVENTS = {
    "session": TEXT,
    "episode": TEXT,
    "event": "int64",
    "person": TEXT,
    "channel": TEXT,
    "onset_s": "float64",
    "offset_s": "float64",
    "peak": "float64",
    # The caregiver's answer. Shares of truth (answered, continuing, recovered) are 1, 0 or missing.
    "response": TEXT,
    "response_channel": TEXT,
    "answered": "float64",
    "latency_s": "float64",
    "observed_s": "float64",
    "continuing": "float64",
    "response_markedness": "float64",
    "as_if_distress": "float64",
    "as_if_anger": "float64",
    "exaggeration": "float64",
    "recovery_s": "float64",
    "recovered": "float64",
    # Whether the caregiver matched and marked it: each figure, and how far it lies above its cut.
    "match_evidence": "float64",
    "match_margin": "float64",
    "mark_evidence": "float64",
    "mark_margin": "float64",
    "pattern": TEXT,
    "reason": TEXT,
}
# One row a second of an episode; an empty state is missing, and `reason` says why.
STATES = {
    "session": TEXT,
    "episode": TEXT,
    "time_s": "float64",
    "infant_state": TEXT,
    "caregiver_state": TEXT,
    "state": TEXT,
    "reason": TEXT,
}
# What every session's contingency is compared with: how many of its shifts gave `surrogate`.
CONTINGENCY = {
    "session": TEXT,
    "n_at_risk": "int64",
    "answered_share": "float64",
    "surrogate": "float64",
    "n_shifts": "int64",
}

CUES = ("brow_raise", "eye_widening", "mouth_opening", "head_movement")
MIRRORED_CHANNELS = ("valence", "arousal", "smile", "distress", "mouth_opening")
PATTERNS = ("attuned", "merged", "marked_only", "not_shown", "indeterminate", "not_scorable")

FAILURES = {"session": TEXT, "stage": TEXT, "reason": TEXT, "advice": TEXT}


def empty(schema: Mapping[str, str]) -> pd.DataFrame:
    """Return a table without rows that has the columns and types of `schema`.

    Examples
    --------
    >>> from attunement import schema
    >>> print(schema.empty(schema.FAILURES).columns.to_list())
    ['session', 'stage', 'reason', 'advice']
    """
    return _empty(tuple(schema.items())).copy()


@lru_cache(maxsize=64)
def _empty(schema: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in schema})


def conform(table: pd.DataFrame, schema: Mapping[str, str]) -> pd.DataFrame:
    """Return `table` with the columns of `schema` first, in order and type, further ones after.

    A column of the schema that is absent is added as missing (numbers) or empty (text).

    Raises
    ------
    TableError
        When a value cannot be brought to its column's type; every such column is listed.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement import schema
    >>> table = pd.DataFrame({"note": ["later"], "n": [3], "session": ["s1"]})
    >>> print(schema.conform(table, {"session": "str", "n": "float64"}))
      session    n   note
    0      s1  3.0  later
    """
    further = [name for name in table.columns if name not in schema]
    ordered = [*schema, *further]
    # All columns at once: putting a table together of single ones takes longer than all else that
    # is done with the table of a short session.
    found = (
        table.copy(deep=False) if list(table.columns) == ordered else table.reindex(columns=ordered)
    )
    changed: dict[str, pd.Series] = {}
    faults = []
    for (name, kind), present in zip(schema.items(), found.dtypes, strict=False):
        if present == _dtype(kind):
            continue
        if name not in table:
            blank = "" if kind == TEXT else float("nan")
            changed[name] = pd.Series(blank, index=table.index, dtype=kind)
            continue
        try:
            changed[name] = table[name].astype(kind)
        except (ValueError, TypeError) as error:
            faults.append(f"column {name!r} cannot be read as {kind} ({error})")
    if faults:
        raise TableError(f"Table does not fit: {'; '.join(faults)}.")
    for name, column in changed.items():
        found[name] = column
    return found


@lru_cache(maxsize=16)
def _dtype(kind: str) -> object:
    # Comparing a column's type with a text reads that text anew each time.
    return pd.Series(dtype=kind).dtype


def clock_uncertainty_s(values: pd.Series | None, *, where: str) -> float:
    """Return the one value of a session's column `clock_uncertainty_s`.

    Parameters
    ----------
    values : Series or None
        The column in the rows of one session; None where the table has no such column.
    where : str
        What the rows are, for the errors.

    Returns
    -------
    float
        Seconds; NaN, which is not known, where the table does not say.

    Raises
    ------
    TableError
        When rows differ, or hold no number of seconds from 0 on.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.schema import clock_uncertainty_s
    >>> print(clock_uncertainty_s(pd.Series([0.04, 0.04]), where="the signals"))
    0.04
    >>> print(clock_uncertainty_s(None, where="the signals"))
    nan
    """
    if values is None or not len(values):
        return float("nan")
    try:
        array = values.to_numpy(float, na_value=float("nan"))
    except (ValueError, TypeError) as error:
        raise TableError(f"{CLOCK_UNCERTAINTY!r} of {where} is not numeric ({error}).") from None
    first = float(array[0])
    if not ((array == first) | (isnan(first) & (array != array))).all():
        raise TableError(
            f"{CLOCK_UNCERTAINTY!r} of {where} must be alike in all rows; found {first:g} and more."
        )
    if first < 0 or first == inf:
        raise TableError(
            f"{CLOCK_UNCERTAINTY!r} of {where} is a number of seconds from 0 on; found {first:g}.",
            "Leave it missing (NaN) where nothing is known.",
        )
    return first


def require(table: pd.DataFrame, names: Iterable[str], *, what: str) -> None:
    """Raise unless `table` has all columns `names`.

    Raises
    ------
    TableError
        Lists every missing column and the columns found.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.errors import TableError
    >>> from attunement.schema import require
    >>> try:
    ...     require(pd.DataFrame({"session": ["s1"]}), ["session", "time_s"], what="signals")
    ... except TableError as error:
    ...     print(error)
    signals must have the columns session, time_s; missing: time_s. Found: session.
    """
    names = list(names)
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise TableError(
            f"{what} must have the columns {', '.join(names)}; missing: {', '.join(missing)}.",
            f"Found: {', '.join(map(str, table.columns)) or 'none'}.",
        )
