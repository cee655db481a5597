"""Verdicts on what was seen, and advice in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite

import numpy as np
from numpy.typing import NDArray

from attunement.checking.looked import MIN_SHARE, Looked, length_s, median, window_s
from attunement.checking.watching import Seen
from attunement.checking.who import as_cell
from attunement.checking.written import MIN_RATE_HZ, written_sentences
from attunement.config import Config
from attunement.scoring.matching.matched import MIN_EPISODE_S, is_long_enough
from attunement.signals.resample import longest_episode
from attunement.study import Session, Span
from attunement.study.sessions import SIDES
from attunement.study.written_times import format_time

VERDICTS = ("good", "usable", "poor", "not_scorable", "unreadable")
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
    lost = bool(faults) or _longest_s(session, spans) < window_s(config)
    each = [Looked(seen, config) for seen in both]
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
            once = "" if looked.is_sure else " once it is known whose face it is:"
            usable_s = looked.usable_s(spans, when_known=True)
            sentences.append(
                f"Expected usable time{once} {usable_s:.0f} s of {length_s(spans):.0f} s."
            )
        judged.append(Judged(looked.measures(), verdict, " ".join(sentences)))
    return judged


def _length(
    session: Session, spans: Sequence[Span], verdicts: Sequence[str], last_s: float
) -> list[str]:
    longest_s, needed_s = _longest_s(session, spans), window_s(session.config)
    what = "longest episode" if session.episodes else "time that both partners have"
    if longest_s < needed_s:
        return [
            f"The {what} lasts {longest_s:.0f} s, less than one window with its longest lag "
            f"({needed_s:g} s): nothing can be scored."
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


def _decoding(looked: Looked) -> list[str]:
    if looked.decoded >= 1 or looked.seen.n_looks == 0:
        return []
    return [
        f"{_percent(1 - looked.decoded)} of the {looked.frames} of {looked.seen.footage.name} "
        "cannot be decoded: copy the file again, or export it anew."
    ]


def _finding(looked: Looked, other: Looked, session: Session) -> list[str]:
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


def _gates(looked: Looked) -> list[str]:
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
            f"{median(looked.eyes_px):.0f} px between the outer corners of the eyes, needed are "
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


def _company(looked: Looked, session: Session) -> list[str]:
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


def _where(session: Session, looked: Looked) -> str:
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


def _longest_run(looked: Looked, missing: NDArray[np.bool_]) -> str:
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


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
