"""Verdicts on what was seen, and advice in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite

import numpy as np
from numpy.typing import NDArray

from attunement.checking.watching import Seen
from attunement.checking.who import as_cell
from attunement.checking.written import MIN_RATE_HZ, written_sentences
from attunement.config import Config
from attunement.scoring.matching.matched import MIN_EPISODE_S, is_long_enough
from attunement.signals.gates import column
from attunement.signals.resample import TOLERANCE_S, longest_episode
from attunement.study import Session, Span
from attunement.study.sessions import SIDES
from attunement.study.written_times import format_time

VERDICTS = ("good", "usable", "poor", "not_scorable", "unreadable")
# Below this share what is usable comes in pieces too few to describe a session by.
MIN_SHARE = 0.2
# What fewer sampled frames than this share show is not worth a sentence.
WORTH_SAYING = 0.1
# With sixty looks, a stretch without a face this many looks long is a twelfth of the recording.
_LONG_RUN = 5


@dataclass(frozen=True)
class Judged:
    """One partner's shares and medians, the verdict, and the advice."""

    measures: dict[str, float]
    verdict: str
    advice: str


def judge(
    session: Session,
    both: Sequence[Seen],
    *,
    spans: Sequence[Span],
    faults: Sequence[str],
    who: Sequence[str] = (),
) -> list[Judged]:
    """Judge both partners of a session.

    Parameters
    ----------
    session : Session
        With its configuration.
    both : sequence of Seen
        The caregiver and the infant.
    spans : sequence of Span
        The session time that was looked at.
    faults : sequence of str
        What is wrong with the session's times: it cannot be run as it is.
    who : sequence of str
        What is to be said of who is who.
    """
    config = session.config
    lost = bool(faults) or _longest_s(session, spans) < _window_s(config)
    each = [_Looked(seen, config) for seen in both]
    verdicts = ["not_scorable" if lost else looked.verdict(spans) for looked in each]
    written = [_written(seen) for seen in both]
    # Where one recording shows both it is said of the session.
    shared = written[0] if both[0].footage is both[1].footage else []
    last_s = max(seen.footage.last_s for seen in both)
    of_session = [*faults, *_length(session, spans, verdicts, last_s), *who, *shared]
    judged = []
    for k, (looked, verdict) in enumerate(zip(each, verdicts, strict=True)):
        other = each[1 - k]
        sentences = [
            *of_session,
            *([] if shared else written[k]),
            *_decoding(looked),
            *_finding(looked, other, session),
            *_gates(looked),
            *_company(looked, session),
            *_rate(looked.seen, config),
        ]
        if verdict in ("poor", "not_scorable") and not lost:
            total_s = sum(span.end_s - span.start_s for span in spans)
            once = "" if looked.is_sure else " once it is known whose face it is:"
            share = looked.usable if looked.is_sure else looked.clear_own
            usable_s = share * (total_s - looked.stalled_s(spans)) * looked.bridged
            sentences.append(f"Expected usable time{once} {usable_s:.0f} s of {total_s:.0f} s.")
        judged.append(Judged(looked.measures(), verdict, " ".join(sentences)))
    return judged


class _Looked:
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
        is_table = self.seen.footage.table is not None
        return f"rows of {self.seen.footage.name}" if is_table else "sampled frames"

    def share(self, holds: NDArray[np.bool_]) -> float:
        return float(np.count_nonzero(holds) / self.seen.n_looks) if self.seen.n_looks else 0.0

    def measures(self) -> dict[str, float]:
        return {
            "decodable_share": self.decoded,
            "found_share": self.found,
            "usable_share": self.usable,
            "interocular_px": _median(self.eyes_px),
            "yaw_deg": _median(self.yaw_deg),
            "pitch_deg": _median(self.pitch_deg),
        }

    def verdict(self, spans: Sequence[Span]) -> str:
        coverage = self.config.scoring.min_coverage
        rate_hz = self.seen.footage.rate_hz
        total_s = sum(span.end_s - span.start_s for span in spans)
        # Looks are at pictures; where there is none, nothing is usable either.
        usable_s = self.usable * (total_s - self.stalled_s(spans)) * self.bridged
        usable = usable_s / total_s if total_s else 0.0
        too_slow = self.bridged < 1
        if usable < MIN_SHARE or usable_s < _window_s(self.config) or too_slow:
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


def _length(
    session: Session, spans: Sequence[Span], verdicts: Sequence[str], last_s: float
) -> list[str]:
    longest_s, window_s = _longest_s(session, spans), _window_s(session.config)
    what = "longest episode" if session.episodes else "time that both partners have"
    if longest_s < window_s:
        return [
            f"The {what} lasts {longest_s:.0f} s, less than one window with its longest lag "
            f"({window_s:g} s): nothing can be scored."
        ]
    sampling_hz = session.config.signals.sampling_hz
    n_samples = longest_episode(last_s, session.episodes, sampling_hz=sampling_hz)
    if not is_long_enough(n_samples, sampling_hz) and "not_scorable" not in verdicts:
        what = "longest episode" if session.episodes else "session"
        # Rounded down, so that what is too short is not said to be as long as is needed.
        lasts_s = floor(10 * n_samples / sampling_hz + 1e-6) / 10
        return [
            f"The {what} lasts {lasts_s:g} s: scores are computed, but mirroring_p needs "
            f"{MIN_EPISODE_S:g} s."
        ]
    return []


def _written(seen: Seen) -> list[str]:
    info = seen.footage.info
    written = [] if info is None else written_sentences(info, seen.footage.name)
    return [*seen.turned, *written]


def _decoding(looked: _Looked) -> list[str]:
    if looked.decoded >= 1 or looked.seen.n_looks == 0:
        return []
    return [
        f"{_percent(1 - looked.decoded)} of the {looked.frames} of {looked.seen.footage.name} "
        "cannot be decoded: copy the file again, or export it anew."
    ]


def _finding(looked: _Looked, other: _Looked, session: Session) -> list[str]:
    missing = looked.status == "no_face"
    share = looked.share(missing)
    if looked.found == 0 and looked.turned == 0 and looked.seen.n_looks:
        where = _where(session, looked)
        sentence = f"No face of {looked.who} is found in any of the {looked.frames}{where}"
        if looked.seen.outside is not None:
            column = f"{looked.person}_roi"
            return [
                f"{sentence}, but one is seen outside of it.",
                f"If that is {looked.who}: {column} = {as_cell(looked.seen.outside)}.",
            ]
        if other.found > 0 and session.layout in SIDES:
            what = "check caregiver_side, and " if looked.is_sure else "check "
            return [
                f"{sentence}, only {other.who}'s on the other side: {what}"
                "that the picture shows both faces."
            ]
        if session.layout == "one_frame" and other.found > 0:
            return [
                f"{sentence}, only one face: where the other partner is in a file of their own, "
                "write layout two_files."
            ]
        return [
            f"{sentence}: check that the manifest names the right video, side or region, and "
            "that the face is to be seen in it."
        ]
    if share < WORTH_SAYING:
        return []
    return [
        f"No face of {looked.who} is found in {_percent(share)} of the {looked.frames}"
        f"{_longest_run(looked, missing)}: the head is turned away or in profile, covered, too "
        "small or out of the picture."
    ]


def _gates(looked: _Looked) -> list[str]:
    settings = looked.config.signals
    who, frames = looked.who, looked.frames
    start = who[0].upper() + who[1:]
    sentences = []
    if looked.turned >= WORTH_SAYING:
        hopeless = looked.clear < MIN_SHARE
        then = "this camera angle cannot be scored" if hopeless else "put the camera more in front"
        sentences.append(
            f"{start} is seen in profile (turned more than {settings.max_yaw_deg:g} degrees) in "
            f"{_percent(looked.turned)} of the {frames}: {then}."
        )
    if looked.pitched >= WORTH_SAYING:
        sentences.append(
            f"{start}'s head is tilted up or down by more than {settings.max_pitch_deg:g} "
            f"degrees in {_percent(looked.pitched)} of the {frames}: put the camera at the height "
            "of the face."
        )
    if looked.small >= WORTH_SAYING:
        sentences.append(
            f"{start}'s face is too small in {_percent(looked.small)} of the {frames} (median "
            f"{_median(looked.eyes_px):.0f} px between the outer corners of the eyes, needed are "
            f"{settings.min_interocular_px:g}): move the camera closer, or record in a higher "
            "resolution."
        )
    if looked.coarse >= WORTH_SAYING:
        sentences.append(
            f"{start}'s face is too small for distress, anger and valence in "
            f"{_percent(looked.coarse)} of the {frames} (they need "
            f"{settings.min_interocular_distress_px:g} px between the outer corners of the eyes); "
            "the other channels are scored."
        )
    if looked.doubtful >= WORTH_SAYING:
        sentences.append(
            f"What is found of {who} in {_percent(looked.doubtful)} of the {frames} is no "
            "believable face, as in profile, or behind a hand or a toy."
        )
    return sentences


def _company(looked: _Looked, session: Session) -> list[str]:
    n, of = looked.seen.n_company, looked.seen.n_company_looks
    if of == 0 or n / of < WORTH_SAYING:
        return []
    if session.layout == "one_frame":
        return [
            f"More than two faces are seen in {n} of {of} sampled frames: the two that are "
            "followed may be the wrong ones. Give caregiver_roi and infant_roi."
        ]
    is_told = looked.seen.named.is_told
    roi = f"{looked.person}_roi" if is_told else "caregiver_roi or infant_roi, whosever it is"
    return [
        f"Another face is seen beside {looked.who}'s in {n} of {of} sampled frames, and may be "
        f"taken for it: give {roi}, a region that leaves it out."
    ]


def _rate(seen: Seen, config: Config) -> list[str]:
    rate_hz = seen.footage.rate_hz
    if not isfinite(rate_hz) or rate_hz >= MIN_RATE_HZ:
        return []
    what = (
        "[faces] frame_rate_hz leaves"
        if 0 < config.faces.frame_rate_hz < MIN_RATE_HZ
        else f"{seen.footage.name} has"
    )
    max_gap_s = config.signals.max_gap_s
    lost = f", and gaps over {max_gap_s:g} s are not bridged" if rate_hz * max_gap_s < 1 else ""
    return [
        f"{what} {rate_hz:.1f} frames a second; quick expressions need {MIN_RATE_HZ:g} or more"
        f"{lost}."
    ]


def _where(session: Session, looked: _Looked) -> str:
    partner = next(p for p in session.partners if p.person == looked.person)
    if partner.table is not None:
        return ""
    named = looked.seen.named
    side = f", {partner.side} side" if partner.side else ""
    if not named.is_told:
        side = f", {named.where}" if session.layout in SIDES else ""
    if partner.roi is not None and session.layout != "one_frame":
        side = f", region {as_cell(partner.roi)}"
    return f" of {looked.seen.footage.name}{side}"


def _longest_run(looked: _Looked, missing: NDArray[np.bool_]) -> str:
    """Return where the longest stretch without a face is, if it is long."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing.astype(int), [0]])))
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    first, last = int(starts[longest]), int(ends[longest]) - 1
    times_s = looked.seen.frames["time_s"].to_numpy(float)
    if last - first + 1 < max(_LONG_RUN, len(missing) // 12):
        return ""
    shown = [format_time(round(float(times_s[k]))) for k in (first, last)]
    return f", the longest stretch from {shown[0]} to {shown[1]}"


def _longest_s(session: Session, spans: Sequence[Span]) -> float:
    """Return the longest time that windows and surrogates can run through, an episode's at most."""
    episodes = [Span(e.start_s, e.end_s) for e in session.episodes] or [Span(0.0, float("inf"))]
    lengths = [
        sum(max(0.0, min(s.end_s, e.end_s) - max(s.start_s, e.start_s)) for s in spans)
        for e in episodes
    ]
    return max(lengths)


def _window_s(config: Config) -> float:
    return config.scoring.window_s + config.scoring.max_lag_s


def _median(values: NDArray[np.float64]) -> float:
    there = values[np.isfinite(values)]
    return float(np.median(there)) if len(there) else float("nan")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
