"""Looking at both partners in the frames chosen, with the pipeline's own regions and gates."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement.checking.costs import decode_time_s, n_analysed
from attunement.checking.footage import Footage
from attunement.checking.looks import MAX_PIXELS, choose_looks, keyframes, read_looks
from attunement.checking.moves import (
    Moves,
    confidences,
    exchanged,
    face_labels,
    look_at,
    move_sentences,
)
from attunement.checking.observer import Observer
from attunement.checking.turns import N_TRIED, count_upright, is_upright, turn_sentence
from attunement.checking.who import Named, name_faces, sentences
from attunement.config import Signals
from attunement.faces.areas import Area
from attunement.faces.choice import backend_for
from attunement.faces.places import Look, Stretch
from attunement.faces.tracking import Sighting
from attunement.signals.gates import MIN_ROLE_CONFIDENCE, gate_frames
from attunement.signals.measures import take_measures
from attunement.signals.times_in_spans import in_spans
from attunement.study import Session, Span
from attunement.video import frame_times, probe_video

COMPANY_EVERY = 8
N_PICTURES = 4


@dataclass(frozen=True)
class Seen:
    """What was seen of one partner.

    Attributes
    ----------
    frames : pandas.DataFrame
        `schema.FACES`, a row a frame that was looked at and decoded (or a row of the table), and
        a column ``fault``: why a mesh is not believed.
    reasons : ndarray of str
        Why each of these frames cannot be scored, or the empty text.
    named : Named
        Who it is, or is taken to be.
    n_looks : int
        Frames looked at, those that do not decode among them.
    n_company, n_company_looks : int
        Looks in which more faces are seen than there should be, and looks at which that was asked.
    is_sure : bool
        Whether it is told, by the manifest or by ``roles.csv``, who it is.
    turned : tuple of str
        What to say where the picture is upside down or on its side.
    outside : tuple of int or None
        Where a face is that lies in nobody's region, where the own region has none.
    """

    footage: Footage
    named: Named
    frames: pd.DataFrame
    reasons: NDArray[np.object_]
    n_looks: int
    n_company: int = 0
    n_company_looks: int = 0
    is_sure: bool = True
    turned: tuple[str, ...] = ()
    outside: Area | None = None

    @property
    def person(self) -> str:
        """``caregiver`` or ``infant``; a guess where ``named`` says so."""
        return self.named.person


@dataclass(frozen=True)
class Pictured:
    """A look that is kept to be drawn: its picture, and who was seen where.

    Faces (and why they cannot be scored) and regions are by what is told of them: ``caregiver``,
    ``infant``, or ``A`` and ``B``. Where the partners do not keep their places `shown` is what the
    face in the part of each is called.
    """

    time_s: float
    rgb: NDArray[np.uint8]
    sightings: dict[str, tuple[Sighting | None, str]] = field(default_factory=dict)
    regions: dict[str, Area] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Watching:
    """What watching one source gave, and what a run over all of it would cost in seconds.

    Of a recording of one partner `looks` are the colours about the face, by session time.
    """

    seen: list[Seen]
    pictures: list[Pictured]
    run_s: float
    sentences: list[str] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)


def read_rows(footage: Footage, settings: Signals, spans: Sequence[Span]) -> Watching:
    """Judge the rows of a table of another program in the given session time."""
    table = footage.table
    if table is None:
        raise TypeError("read_rows was given a recording, which watch is for")
    reasons = _reasons(table, settings)
    inside = in_spans(table["time_s"].to_numpy(float), spans)
    frames = table[inside].assign(fault="").reset_index(drop=True)
    person = footage.watched[0].person
    return Watching(
        [Seen(footage, Named(person, person), frames, reasons[inside], len(frames))], [], 0.0
    )


def watch(
    footage: Footage,
    session: Session,
    known: dict[str, bool],
    spans: Sequence[Span],
    *,
    model: Path | None,
    n_pictures: int,
) -> Watching:
    """Look for the partners' faces in some sixty frames of the given session time.

    A face is first looked for where the look before had it, however long ago, and then in the
    whole region: the pipeline too holds a small face in a crop once it has found it. Leaps between
    looks are not judged, and neither is a change of place taken for a change of person. `known`
    says of each person whether the manifest tells who it is (`who.told`).
    """
    config = session.config
    backend = backend_for(config, model)
    videos = footage.tasks[0].videos
    times_s = frame_times(videos)
    keys = keyframes(videos)
    recorded_s = footage.tasks[0].recorded_s
    own = [Span(recorded_s(span.start_s), recorded_s(span.end_s)) for span in spans]
    rotation_deg = footage.tasks[0].rotation_deg
    info = footage.info or probe_video(videos, rotation_deg=rotation_deg)
    max_frames = MAX_PIXELS // (info.width_px * info.height_px)
    looks = choose_looks(times_s, keys, own, max_frames=max_frames)
    observer = Observer(footage, backend)
    parted = len(footage.watched) > 1 and not footage.tasks[0].together
    of_one: list[Look] = []
    moves = Moves([w.region for w in footage.watched]) if parted else None
    pictured: list[tuple[int, NDArray[np.uint8], list[Sighting | None]]] = []
    if footage.tasks[0].together and not all(known.values()):
        first = observer.begin(videos)
        if first is not None and n_pictures:
            pictured.append((-1, *first))
            n_pictures -= 1
    shown = (np.arange(n_pictures) + 0.5) * len(looks) / max(n_pictures, 1)
    drawn = set(looks[np.unique(shown.astype(int))].tolist()) if len(looks) else set()
    n_upright = 0
    frames_seen = read_looks(videos, times_s, looks, keys, rotation_deg=rotation_deg)
    for number, frame in enumerate(frames_seen):
        sightings = observer.step(frame)
        if moves is not None:
            moves.look(frame.part, frame.time_s, sightings)
        elif not footage.tasks[0].together:
            of_one += look_at(
                frame.part, footage.tasks[0].session_s(frame.time_s), sightings, footage.watched
            )
        n_upright += any(map(is_upright, sightings))
        if number % COMPANY_EVERY == 0:
            observer.count_company(frame)
        if frame.index in drawn:
            pictured.append((number, frame.rgb(), sightings))
    if len(footage.watched) == 1:
        person = footage.watched[0].person
        named = [Named(person, person)]
    else:
        named = name_faces(session, known, observer.noses(), observer.starts())
    turned: list[str] = []
    if 2 * n_upright < len(looks):
        tried = looks[np.unique(np.linspace(0, len(looks) - 1, N_TRIED).astype(int))]
        again = read_looks(videos, times_s, tried, keys, rotation_deg=rotation_deg)
        turned = turn_sentence(session, footage, *count_upright(again, backend))
    sure = bool(session.roles) and footage.tasks[0].together
    said = sentences(session, named)
    found = moves.stretches(videos, rotation_deg=rotation_deg) if moves is not None else []
    said += move_sentences(session, found, is_told=all(known.values()), duration_s=info.duration_s)
    seen = []
    tables, crossed = _by_person(session, footage, observer, found, is_told=all(known.values()))
    for k, (one, frames) in enumerate(zip(named, tables, strict=True)):
        is_sure = one.is_told or sure
        confidence = 1.0 if is_sure else one.confidence
        # Filling in who is who does not mend this.
        frames["is_other"] = frames["role_confidence"] < MIN_ROLE_CONFIDENCE
        frames["role_confidence"] = frames["role_confidence"].clip(upper=confidence)
        reasons = _reasons(frames, config.signals)
        # Looks lie far apart, so a leap between two of them says nothing.
        reasons[reasons == "jump"] = ""
        company, outside = observer.company(k), observer.outside(k)
        seen.append(
            Seen(
                footage, one, frames, reasons, len(looks), *company, is_sure, tuple(turned), outside
            )
        )
    labels = [one.named.label for one in seen]
    pictures = []
    for number, rgb, sightings in pictured:
        time_s = _time_of(seen[0], number, footage)
        confirmed = number >= 0 and bool(crossed[number])
        of_part = seen[::-1] if confirmed else seen
        pictures.append(
            Pictured(
                time_s=time_s,
                rgb=rgb,
                sightings={
                    label: (sighting, str(one.reasons[number]) if number >= 0 else "start")
                    for label, one, sighting in zip(labels, of_part, sightings, strict=True)
                },
                regions=_regions(footage, seen, observer.starts(), first=number < 0),
                shown=face_labels(labels, found, time_s, confirmed=confirmed),
            )
        )
    n_frames = sum(n_analysed(task) for task in footage.tasks)
    decode_s = decode_time_s(videos, times_s, keys)
    run_s = len(times_s) * decode_s + n_frames * observer.mean_step_s()
    return Watching(seen, pictures, run_s, said, of_one)


def _by_person(
    session: Session,
    footage: Footage,
    observer: Observer,
    found: Sequence[Stretch],
    *,
    is_told: bool,
) -> tuple[list[pd.DataFrame], NDArray[np.bool_]]:
    """Return what was seen of each partner, and at which looks each is in the other's part.

    Only where the user's ``roles.csv`` says so; what is only likely stays with its part, in doubt.
    """
    tables = [
        rows.table().assign(fault=observer.faults[k], role_confidence=1.0)
        for k, rows in enumerate(observer.rows)
    ]
    at_s = tables[0]["time_s"].to_numpy(float)
    crossed = np.zeros(len(at_s), bool)
    if len(tables) == 1 or footage.tasks[0].together:
        return tables, crossed
    kept = confidences(session, found, at_s)
    for table, watched in zip(tables, footage.watched, strict=True):
        table["role_confidence"] = kept[watched.person]
    if is_told:
        crossed = exchanged(session, at_s)
        tables = [
            pd.concat([own[~crossed], other[crossed]]).sort_index()
            for own, other in (tables, tables[::-1])
        ]
    return tables, crossed


def doubted(one: Seen, session: Session, found: Sequence[Stretch]) -> Seen:
    """Return what was seen with less confidence where it shows the other partner."""
    kept = confidences(session, found, one.frames["time_s"].to_numpy(float))[one.person]
    unsure = (one.reasons == "") & (kept < MIN_ROLE_CONFIDENCE)
    frames = one.frames.assign(role_confidence=np.minimum(one.frames["role_confidence"], kept))
    return replace(one, frames=frames, reasons=np.where(unsure, "role", one.reasons))


def _time_of(seen: Seen, number: int, footage: Footage) -> float:
    return float(seen.frames["time_s"].iloc[number]) if number >= 0 else footage.offset_s


def _regions(
    footage: Footage, seen: Sequence[Seen], starts: Sequence[Area | None], *, first: bool
) -> dict[str, Area]:
    """Return the regions to be drawn: those searched, and at the start those given or proposed."""
    labels = [one.named.label for one in seen]
    if not footage.tasks[0].together:
        return dict(zip(labels, (w.region for w in footage.watched), strict=True))
    areas = [w.hint or start for w, start in zip(footage.watched, starts, strict=True)]
    there = zip(labels, areas, strict=True)
    return {label: area for label, area in there if first and area is not None}


def _reasons(frames: pd.DataFrame, settings: Signals) -> NDArray[np.object_]:
    measures, _ = take_measures(frames)
    measured = np.any([np.isfinite(values) for values in measures.values()], axis=0)
    return gate_frames(frames, measured=measured, settings=settings)
