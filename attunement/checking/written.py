"""What is said of how a recording was written: tracks, sizes, times."""

from collections.abc import Sequence

from attunement.study.written_times import format_time
from attunement.video import VideoInfo

_MOST_NAMED = 3
# Below this rate half a second holds three frames, and most of head movement (1 to 5 Hz) is lost.
MIN_RATE_HZ = 8.0


def written_sentences(info: VideoInfo, name: str) -> list[str]:
    """Return what there is to say of a recording, nothing where it is like most.

    Parameters
    ----------
    info : VideoInfo
        From `probe_video`.
    name : str
        The name of its first file.
    """
    return [*_tracks(info, name), *_sizes(info, name), *_repeated(info, name), *_stalls(info, name)]


def listed(items: Sequence[str]) -> str:
    """Return items as a list of words, some of them where there are many."""
    named = list(items[:_MOST_NAMED])
    if len(items) > _MOST_NAMED:
        named.append(f"{len(items) - _MOST_NAMED} more")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _tracks(info: VideoInfo, name: str) -> list[str]:
    n, taken = info.n_picture_tracks, info.picture_track
    if n < 2:
        return []
    other = 1 if taken != 1 else 2
    return [
        f"{name} has {n} picture tracks; track {taken} ({info.width_px} x {info.height_px} "
        "pixels), which players show, is used. If another one is meant, take it out with "
        f"'ffmpeg -i \"{name}\" -map 0:V:{other - 1} -map 0:a? -c copy FILE.mkv'."
    ]


def _sizes(info: VideoInfo, name: str) -> list[str]:
    if len(info.sizes) < 2:
        return []
    said = [
        f"{width} x {height} from {format_time(round(time_s, 1))}"
        for time_s, width, height in info.sizes
    ]
    return [
        f"The pictures of {name} change their size on the way: {listed(said)}. All are shown in "
        f"{info.width_px} x {info.height_px} pixels, smaller ones enlarged but not stretched, in "
        "the middle; regions are in pixels of that."
    ]


def _repeated(info: VideoInfo, name: str) -> list[str]:
    n = info.n_repeated
    if not n:
        return []
    too_slow = (
        " If it was recorded at a constant rate, give every picture its time with "
        f"'ffmpeg -r RATE -i \"{name}\" -c copy FILE.mkv'."
        if info.rate_hz < MIN_RATE_HZ
        else ""
    )
    return [
        f"{n} of {info.n_frames + n} pictures of {name} carry the time of a later one, as "
        f"browsers' recorders write them; the last picture of each time is used, {info.rate_hz:.1f}"
        f" a second.{too_slow}"
    ]


def _stalls(info: VideoInfo, name: str) -> list[str]:
    if not info.stalls:
        return []
    longest = sorted(info.stalls, key=lambda stall: stall[0] - stall[1])[:_MOST_NAMED]
    said = [
        f"from {format_time(round(start_s, 1))} for {end_s - start_s:.1f} s"
        for start_s, end_s in sorted(longest)
    ]
    n = len(info.stalls)
    total_s = sum(end_s - start_s for start_s, end_s in info.stalls)
    often = "" if n <= _MOST_NAMED else f" {n} times, {total_s:.0f} s in all, the longest"
    return [
        f"{name} stands still{often} {listed(said)}: no picture was recorded there, and nothing is "
        f"scored. Between, it has {info.rate_hz:.1f} frames a second."
    ]
