"""Where the time of the faces stage goes: decoding, converting, networks, and everything else."""

import time
from collections import defaultdict
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import cv2

from attunement.config import Config
from attunement.faces import extract_faces
from attunement.faces.backends import direct
from attunement.faces.choice import backend_for
from attunement.study.sessions import Session
from attunement.video import pictures, reading
from attunement.workers import keep_to_one_thread

_within_a_clock: ContextVar[bool] = ContextVar("_within_a_clock", default=False)
N_ALONE = 100
N_FRAMES_WITH_BOTH = 2


def shares_of_time(sessions: dict[str, Session]) -> list[str]:
    """Run `extract_faces` with clocks around its parts and return the lines of a table.

    Decoding runs in its own thread; the other parts follow each other, also where a run would look
    for the second face in another thread. All times are CPU time of the thread, so that waiting
    does not count.
    """
    keep_to_one_thread()
    cv2.setNumThreads(1)
    alone = _networks_alone()
    lines = [
        "| recording | decoding (own thread) | cutting out, scaling, converting"
        " | networks | ours | share of ours | networks alone, twice a frame |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, session in sessions.items():
        spent, whole, n_frames = _clocked(session)
        rest = whole - spent["networks"] - spent["cutting"]

        def ms(seconds: float, n_frames: int = n_frames) -> str:
            return f"{1000 * seconds / n_frames:.2f} ms"

        lines.append(
            f"| {name} | {ms(spent['decoding'])} | {ms(spent['cutting'])}"
            f" | {ms(spent['networks'])} | {ms(rest)} | {rest / (whole + spent['decoding']):.1%}"
            f" | {1000 * N_FRAMES_WITH_BOTH * alone:.2f} ms |"
        )
    return [
        *lines,
        "",
        "CPU time a frame. Ours: following, plausibility, pose, rows and tables; its share is of"
        " everything, decoding included.",
    ]


def _networks_alone() -> float:
    """Return the CPU time of the two networks that a followed face needs, run in a row."""
    backend: Any = backend_for(Config(faces={"backend": "direct"}), None)
    start = time.thread_time()
    for _ in range(N_ALONE):
        backend._mesher.run()
        backend._shaper.run()
    return (time.thread_time() - start) / N_ALONE


def _clocked(session: Session) -> tuple[dict[str, float], float, int]:
    config = Config(faces={"backend": "direct"})
    backend_for(config, None)
    spent: dict[str, float] = defaultdict(float)
    parts = (
        (reading, "decode", "decoding"),
        (pictures.Picture, "crop", "cutting"),
        (direct._Network, "run", "networks"),
        (direct._Network, "give", "cutting"),
        (direct, "_cut", "cutting"),
        (direct, "warp", "cutting"),
    )
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in parts]
    try:
        for owner, name, part in parts:
            setattr(owner, name, _timed(getattr(owner, name), part, spent))
        start = time.thread_time()
        faces = extract_faces(session, config, 1)
        whole = time.thread_time() - start
    finally:
        for owner, name, original in kept:
            setattr(owner, name, original)
    return spent, whole, faces["frame"].nunique()


def _timed(call: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    @wraps(call)
    def timed(*arguments: Any, **further: Any) -> Any:
        if _within_a_clock.get():  # one part of a kind that uses another
            return call(*arguments, **further)
        is_outermost = _within_a_clock.set(True)
        start = time.thread_time()
        try:
            return call(*arguments, **further)
        finally:
            spent[part] += time.thread_time() - start
            _within_a_clock.reset(is_outermost)

    return timed
