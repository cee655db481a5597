"""The sound track of a recording, in the recording's own time."""

from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from attunement.errors import VideoError
from attunement.video.opening import decode, open_video, packets, sound_stream
from attunement.video.recording import read_recording

# Time stamps are rounded to a millisecond in some containers; what is off by less is one piece.
_JITTER_S = 0.005


def read_sound(paths: Path | Sequence[Path], *, rate_hz: int = 4000) -> NDArray[np.float16] | None:
    """Read the sound track that a player would play: all channels averaged, chapters joined.

    Parameters
    ----------
    paths : Path or sequence of Path
        The file, or the chapters in the order in which they are played.
    rate_hz : int
        Samples a second to bring it to (ffmpeg's resampler, with its low-pass filter).

    Returns
    -------
    ndarray, shape (n_samples,), float16, or None
        Sample k was recorded at k / `rate_hz` seconds from the recording's first *picture*, by the
        time stamps of the file: a track that begins later, or has gaps, or whose chapter has none,
        is NaN there. From the first picture to the end of the last one. None where nothing can be
        heard at all: no sound track, an unknown format, or nothing in it decodes. Half precision
        keeps 11 bits of every sample, however soft; an hour at 4 kHz is 29 MB.

    Raises
    ------
    VideoError
        As `probe_video`.
    """
    recording = read_recording(paths)
    ends_s = [*(float(recording.times_s[i]) for i in recording.first_index[1:])]
    ends_s.append(float(recording.times_s[-1]) + recording.chapters[-1].frame_s)
    samples = np.full(ceil(ends_s[-1] * rate_hz), np.nan, np.float16)
    heard = False
    for chapter, index, end_s in zip(
        recording.chapters, recording.first_index, ends_s, strict=True
    ):
        first = round(float(recording.times_s[index]) * rate_hz)
        last = min(len(samples), round(end_s * rate_hz))
        first_picture = int(chapter.pts[0])
        heard |= _place(chapter.path, first_picture, samples[first:last], rate_hz)
    return samples if heard else None


def _place(path: Path, first_pts: int, samples: NDArray[np.float16], rate_hz: int) -> bool:
    """Write the sound of one file into `samples`, which begin at its picture `first_pts`."""
    heard = False
    end: int | None = None
    try:
        with open_video(path) as (container, video):
            stream = sound_stream(container)
            if stream is None:
                return False
            first_s = float(first_pts * video.time_base)
            for at_s, block in _blocks(container, stream, rate_hz):
                start = round((at_s - first_s) * rate_hz)
                if end is not None and abs(start - end) <= _JITTER_S * rate_hz:
                    start = end
                end = start + len(block)
                lo, hi = max(start, 0), min(end, len(samples))
                if lo < hi:
                    samples[lo:hi] = block[lo - start : hi - start]
                    heard = True
    except VideoError:
        return heard
    return heard


def _blocks(
    container: Any, stream: Any, rate_hz: int
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Yield (time stamp of the first sample in seconds, samples) as they are decoded."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = (
                av.stream.Discard.all
            )  # not even read from the disk, where the format allows it
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
    shape: tuple[Any, ...] | None = None
    for packet in packets(container, stream):
        for heard in decode(stream.codec_context, packet):
            if heard.pts is None:
                continue
            if shape not in (None, (heard.sample_rate, heard.layout.name, heard.format.name)):
                # A track that changes its form on the way needs a resampler of its own.
                yield from _drawn(resampler, None)
                resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
            shape = (heard.sample_rate, heard.layout.name, heard.format.name)
            yield from _drawn(resampler, heard)
    yield from _drawn(resampler, None)


def _drawn(resampler: Any, heard: Any) -> Iterator[tuple[float, NDArray[np.float32]]]:
    try:
        frames = resampler.resample(heard)
    except (av.FFmpegError, OSError, ValueError):
        return
    for frame in frames:
        if frame.pts is not None and frame.samples:
            yield float(frame.pts * frame.time_base), frame.to_ndarray()[0]
