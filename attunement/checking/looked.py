"""What was seen of one partner in a check, counted, and the verdict that follows from it."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from attunement.checking.watching import Seen
from attunement.checking.written import MIN_RATE_HZ
from attunement.config import Config
from attunement.signals.gates import column
from attunement.signals.resample import TOLERANCE_S
from attunement.study import Span

# Below this share what is usable comes in pieces too few to describe a session by.
MIN_SHARE = 0.2


class Looked:
    """What was seen of one partner, counted. Shares are of all frames looked at."""

    def __init__(self, seen: Seen, config: Config) -> None:
        self.seen = seen
        self.config = config
        frames = seen.frames
        self.status = frames["status"].to_numpy(object)
        fault = frames["fault"].to_numpy(object)
        has_face = self.status == "ok"
        # Beyond 45 degrees a mesh is not believed, but that the head is turned is sure.
        posed = has_face | (fault == "turned")
        self.yaw_deg = np.where(posed, np.abs(column(frames, "yaw_deg")), np.nan)
        self.pitch_deg = np.where(posed, np.abs(column(frames, "pitch_deg")), np.nan)
        self.eyes_px = np.where(has_face, column(frames, "interocular_px"), np.nan)
        self.decoded = self.share(self.status != "error")
        self.found = self.share(has_face)
        self.usable = self.share(seen.reasons == "")
        self.turned = self.share(self.yaw_deg > config.signals.max_yaw_deg)
        self.pitched = self.share(self.pitch_deg > config.signals.max_pitch_deg)
        self.doubtful = self.share((self.status == "low_quality") & ~posed)
        self.small = self.share(self.eyes_px < config.signals.min_interocular_px)
        self.coarse = self.share(
            (self.eyes_px >= config.signals.min_interocular_px)
            & (self.eyes_px < config.signals.min_interocular_distress_px)
        )
        # What would pass if the roles were known.
        clear = (
            has_face
            & ~(self.yaw_deg > config.signals.max_yaw_deg)
            & ~(self.pitch_deg > config.signals.max_pitch_deg)
            & ~(self.eyes_px < config.signals.min_interocular_px)
        )
        self.clear = self.share(clear)
        is_other = frames["is_other"].to_numpy(bool) if "is_other" in frames else False
        self.clear_own = self.share(clear & ~np.asarray(is_other))

    @property
    def person(self) -> str:
        """``caregiver`` or ``infant``; a guess where it is not told."""
        return self.seen.person

    @property
    def is_sure(self) -> bool:
        """Whether faces are scored as this person's."""
        return self.seen.is_sure

    @property
    def who(self) -> str:
        """Who it is in a sentence: the infant, or A where it is not known who that is."""
        named = self.seen.named
        return f"the {named.person}" if named.is_told else named.label

    @property
    def frames(self) -> str:
        """What shares are of, in words."""
        is_table = self.seen.footage.table is not None
        return f"rows of {self.seen.footage.name}" if is_table else "sampled frames"

    def share(self, holds: NDArray[np.bool_]) -> float:
        """Return the share of all looks for which something holds."""
        return float(np.count_nonzero(holds) / self.seen.n_looks) if self.seen.n_looks else 0.0

    def measures(self) -> dict[str, float]:
        """Return the shares and medians that the table of a check holds."""
        return {
            "decodable_share": self.decoded,
            "found_share": self.found,
            "usable_share": self.usable,
            "interocular_px": median(self.eyes_px),
            "yaw_deg": median(self.yaw_deg),
            "pitch_deg": median(self.pitch_deg),
        }

    def usable_s(self, spans: Sequence[Span], *, when_known: bool = False) -> float:
        """Return how much of the spans is usable, `when_known` also where it is open who it is."""
        share = self.clear_own if when_known and not self.is_sure else self.usable
        # Looks are at pictures; where there is none, nothing is usable either.
        return share * (length_s(spans) - self.stalled_s(spans)) * self.bridged

    def verdict(self, spans: Sequence[Span]) -> str:
        """Return how far this partner can be scored in the spans (`advice.VERDICTS`)."""
        coverage = self.config.scoring.min_coverage
        rate_hz = self.seen.footage.rate_hz
        total_s, usable_s = length_s(spans), self.usable_s(spans)
        usable = usable_s / total_s if total_s else 0.0
        too_slow = self.bridged < 1
        if usable < MIN_SHARE or usable_s < window_s(self.config) or too_slow:
            return "not_scorable"
        if usable < coverage:
            return "poor"
        slow = isfinite(rate_hz) and rate_hz < MIN_RATE_HZ
        return "usable" if slow or usable < (1 + coverage) / 2 else "good"

    @property
    def bridged(self) -> float:
        """Which share of the time between frames is filled in: of frames too far apart, none.

        What is left then are the samples of the grid at which frames lie.
        """
        rate_hz, settings = self.seen.footage.rate_hz, self.config.signals
        if not isfinite(rate_hz) or 1 / rate_hz <= settings.max_gap_s + TOLERANCE_S:
            return 1.0
        return min(1.0, rate_hz / settings.sampling_hz)

    def stalled_s(self, spans: Sequence[Span]) -> float:
        """Return for how much of the spans the recording holds no picture, or the table no row."""
        footage = self.seen.footage
        session_s = footage.tasks[0].session_s
        stalls = [(session_s(start), session_s(end)) for start, end in footage.stalls]
        return sum(
            max(0.0, min(span.end_s, end_s) - max(span.start_s, start_s))
            for span in spans
            for start_s, end_s in stalls
        )


def length_s(spans: Sequence[Span]) -> float:
    """Return how long spans last together."""
    return sum(span.end_s - span.start_s for span in spans)


def window_s(config: Config) -> float:
    """Return the least time that can be scored: a window with its longest lag."""
    return config.scoring.window_s + config.scoring.max_lag_s


def median(values: NDArray[np.float64]) -> float:
    """Return the median of what is there, missing where nothing is."""
    there = values[np.isfinite(values)]
    return float(np.median(there)) if len(there) else float("nan")
