"""Sounds whose time is known: talk, rooms, clocks that run fast, and files that carry them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from scipy import signal

RATE_HZ = 16_000
# Of the infant's recording in the fixture `two_cameras`.
OFFSET_S = 1.5
STRETCH_PPM = 200.0


def talk(seed: int, seconds: float, *, pause_s: float = 0.6) -> np.ndarray:
    """Syllables with a wandering pitch and two resonances, in phrases of two to six."""
    rng = np.random.default_rng(seed)
    heard = np.zeros(round(seconds * RATE_HZ))
    at_s = 0.1
    while at_s < seconds:
        for _ in range(rng.integers(2, 7)):
            n = round(rng.uniform(0.08, 0.25) * RATE_HZ)
            start = round(at_s * RATE_HZ)
            if start + n >= len(heard):
                return heard
            pitch_hz = 220 * rng.uniform(0.85, 1.2) * (1 + 0.1 * np.cumsum(rng.normal(size=n)) / n)
            voice = signal.square(2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ, 0.2)
            voice = voice + 0.2 * rng.normal(size=n)
            for resonance_hz in (rng.uniform(300, 900), rng.uniform(900, 2300)):
                b, a = signal.iirpeak(resonance_hz, resonance_hz / 120, fs=RATE_HZ)
                voice = voice + 6 * signal.lfilter(b, a, voice)
            heard[start : start + n] += 0.02 * voice * np.hanning(n) * rng.uniform(0.3, 1)
            at_s += n / RATE_HZ + rng.uniform(0.01, 0.08)
        at_s += rng.exponential(pause_s)
    return heard


def in_a_room(sound: np.ndarray, seed: int, *, echo: float = 0.08, noise: float = 0.003):
    """What a microphone makes of it: echoes of 0.3 s, a band of its own, noise of its own."""
    rng = np.random.default_rng(seed)
    n = round(0.3 * RATE_HZ)
    response = echo * rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / n)
    response[0] += 1
    band_hz = [rng.uniform(80, 250), rng.uniform(3000, 6000)]
    b, a = signal.butter(2, band_hz, "bandpass", fs=RATE_HZ)
    heard = signal.lfilter(b, a, signal.fftconvolve(sound, response)[: len(sound)])
    b, a = signal.butter(1, 800, fs=RATE_HZ)
    return heard + 3 * noise * signal.lfilter(b, a, rng.normal(size=len(sound)))


def stretched(sound: np.ndarray, ppm: float, *, rate_hz: int = RATE_HZ) -> np.ndarray:
    """The samples of a clock that counts `ppm` millionths more than it should."""
    dense = signal.resample_poly(sound, 8, 1)
    at = np.arange(int(len(sound) * (1 + ppm * 1e-6))) / (1 + ppm * 1e-6)
    return np.interp(at, np.arange(len(dense)) / 8, dense)


def heard_at_4_khz(sound: np.ndarray) -> np.ndarray:
    return signal.resample_poly(sound, 1, 4).astype(np.float16)


def write_recording(
    path: Path,
    sound: np.ndarray | None,
    *,
    rate_hz: int = RATE_HZ,
    frame_rate_hz: int = 25,
    stretch_ppm: float = 0.0,
    sound_starts_s: float = 0.0,
    seconds: float | None = None,
    levels: np.ndarray | None = None,
    codec: str = "aac",
) -> Path:
    """Write grey pictures with a sound track; `levels` are the pictures' brightnesses.

    Of a stretched recording the time stamps of the pictures are stretched too.
    """
    lasts_s = seconds if seconds is not None else len(sound) / rate_hz
    base = Fraction(1, 90_000)
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=frame_rate_hz, options={"preset": "ultrafast"})
        video.width = video.height = 32
        video.pix_fmt, video.codec_context.time_base = "yuv420p", base
        audio = None
        if sound is not None:
            audio = file.add_stream(codec, rate=rate_hz, layout="mono")
        for k in range(int(lasts_s * frame_rate_hz)):
            grey = 110 if levels is None else int(levels[k])
            picture = np.full((32, 32, 3), grey, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = round(k / frame_rate_hz * (1 + stretch_ppm * 1e-6) / base)
            frame.time_base = base
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if audio is not None:
            first = round(sound_starts_s * rate_hz)
            for start in range(0, len(sound), 1024):
                block = sound[start : start + 1024].astype(np.float32)[None]
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = rate_hz, first + start
                frame.time_base = Fraction(1, rate_hz)
                file.mux(audio.encode(frame))
            file.mux(audio.encode(None))
    return path
