"""Who the tracks are that one picture shows together.

What is sure comes first: rows of the user's ``roles.csv`` and starting regions. A further track is
taken for the same person only where its colours say so, where they do not as well fit anyone else
who is known, and where that person is not seen elsewhere at the same time. What is left is a
guess, with a confidence below what is scored. The figures are measured, see ``docs/roles.md``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan

import numpy as np
import pandas as pd

from attunement.faces.person import Portrait, distance, infant_score, portraits
from attunement.schema import OTHER, PARTNER_OF, PERSONS
from attunement.study.sessions import Session

HINT_WITHIN_S = 2.0  # a starting region speaks for faces that are there this early
BY_COLOURS = 0.95
# Of one person, colours in two zones or more keep within the first (the nearest kept ones of other
# times: .15 for nine tenths of the hardest clip); other people lie beyond it, and the margin.
SAME_COLOURS = 0.15
MARGIN = 0.1
OTHER_COLOURS = 0.3
SAME_NOSE = 0.06
MIN_FRAMES = 3
# Guesses stay below what is scored.
BEST_GUESS = 0.8
BLIND_GUESS = 0.5


@dataclass(frozen=True)
class Named:
    """Who a track is said to be, how sure that is, and what it rests on."""

    person: str
    confidence: float
    evidence: str


def name_tracks(session: Session, seen: pd.DataFrame) -> dict[int, Named]:
    """Return who every track of a view of both is.

    Parameters
    ----------
    session : Session
        Starting regions and given roles are used.
    seen : pandas.DataFrame
        Rows of ``schema.TRACKS`` with a face, with the columns ``colours`` and ``nose_length``.
    """
    tracks = portraits(seen)
    named = _given(session, tracks) if tracks else {}
    if tracks:
        _by_regions(session, tracks, named)
        _guess_partners(tracks, named)
        _by_colours(tracks, named)
        for track, portrait in tracks.items():
            if track not in named:
                named[track] = _guess(portrait, tracks, named)
    for track in seen["track"].unique():
        # A track of doubtful meshes only.
        named.setdefault(int(track), Named(OTHER, BLIND_GUESS, "no believable face"))
    return named


def _given(session: Session, tracks: dict[int, Portrait]) -> dict[int, Named]:
    """Return the tracks that the user has said to be one person all along."""
    named = {}
    for track, portrait in tracks.items():
        roles = [role for role in session.roles if role.track == track]
        of_all = [r for r in roles if r.start_s <= portrait.start_s and portrait.end_s <= r.end_s]
        if of_all and len({role.person for role in roles}) == 1:
            named[track] = Named(roles[-1].person, roles[-1].role_confidence, "roles.csv")
    return named


def _by_regions(session: Session, tracks: dict[int, Portrait], named: dict[int, Named]) -> None:
    """Name the tracks that begin in a starting region."""
    first_s = min(portrait.start_s for portrait in tracks.values())
    for partner in session.partners:
        if partner.roi is None or partner.person in _persons(named):
            continue
        left, top, width, height = partner.roi
        within = {}
        for track, portrait in tracks.items():
            x, y = portrait.first_box.middle
            is_early = portrait.start_s <= first_s + HINT_WITHIN_S
            if is_early and left <= x <= left + width and top <= y <= top + height:
                within[track] = np.hypot(x - left - width / 2, y - top - height / 2)
        free = {track: away for track, away in within.items() if track not in named}
        if free:
            # Where two are in it at the same time, it is no more than likely the nearer one.
            first = min(free, key=lambda track: (tracks[track].start_s, free[track], track))
            rivals = [tracks[track] for track in within if track != first]
            confidence = BEST_GUESS if _is_beside(tracks[first], rivals) else 1.0
            named[first] = Named(partner.person, confidence, "starting region")


def _guess_partners(tracks: dict[int, Portrait], named: dict[int, Named]) -> None:
    """Guess which tracks show the partners that nothing has named: the one seen longest is one."""
    missing = [person for person in PERSONS if person not in _persons(named)]
    by_length = sorted(tracks, key=lambda track: (-len(tracks[track].frames), track))
    free = [track for track in by_length if track not in named]
    if len(missing) == 2 and free:
        pair = [free[0], *_others(tracks[free[0]], free[1:], tracks)[:1]]
        scores = [infant_score(tracks[track].nose) for track in pair]
        if len(pair) == 1:
            is_infant = scores[0] > 0.5
            score = max(scores[0], 1 - scores[0])
        else:
            is_infant = scores[0] > scores[1]
            score = 0.5 + abs(scores[0] - scores[1]) / 2
        order = PERSONS[::-1] if is_infant else PERSONS
        for track, person in zip(pair, order, strict=False):
            confidence = min(score, BEST_GUESS)
            named[track] = Named(person, round(confidence, 3), "length of the nose, a guess")
    elif len(missing) == 1:
        known = _of(PARTNER_OF[missing[0]], tracks, named)
        others = _others(known[0], free, tracks)
        if others:
            named[others[0]] = Named(missing[0], BEST_GUESS, "not the other, a guess")


def _others(portrait: Portrait, free: list[int], tracks: dict[int, Portrait]) -> list[int]:
    """Return the tracks of someone else: seen beside this one first, then of other colours."""
    beside = [track for track in free if _is_beside(portrait, [tracks[track]])]
    unlike = [
        track
        for track in free
        if track not in beside and distance(tracks[track], [portrait])[0] > OTHER_COLOURS
    ]
    return beside + unlike


def _by_colours(tracks: dict[int, Portrait], named: dict[int, Named]) -> None:
    """Name the tracks whose colours leave one person only, until there are no more."""
    is_changed = True
    while is_changed:
        is_changed = False
        for track in sorted(tracks, key=lambda track: (-len(tracks[track].frames), track)):
            if track in named or len(tracks[track].frames) < MIN_FRAMES:
                continue
            for person in PERSONS:
                known = [named[t].confidence for t in tracks if _is(named, t, person)]
                if known and _is_only(tracks[track], person, tracks, named):
                    confidence = round(min(BY_COLOURS, max(known)), 3)
                    named[track] = Named(person, confidence, "colours")
                    is_changed = True
                    break
            else:
                if all(_is_beside(tracks[track], _of(p, tracks, named)) for p in PERSONS):
                    named[track] = Named(OTHER, BY_COLOURS, "seen beside both")
                    is_changed = True


def _is_only(
    portrait: Portrait, person: str, tracks: dict[int, Portrait], named: dict[int, Named]
) -> bool:
    """Return whether a track can be this person, and nobody else who is known."""
    own = _of(person, tracks, named)
    away, n_zones = distance(portrait, own)
    noses = [one.nose for one in own if not isnan(one.nose)]
    if n_zones < 2 or not away <= SAME_COLOURS or _is_beside(portrait, own):
        return False
    if noses and abs(portrait.nose - np.median(noses)) > SAME_NOSE:
        return False
    rivals = [_of(PARTNER_OF[person], tracks, named)]
    rivals += [[tracks[t]] for t in tracks if _is(named, t, OTHER)]
    if not rivals[0] and not _is_beside_any(portrait, tracks):
        # Nothing is known of the partner, who may look the same.
        return False
    for rival in rivals:
        if rival and not _is_beside(portrait, rival):
            other, n_zones = distance(portrait, rival)
            if n_zones < 2 or other - away < MARGIN:
                return False
    return True


def _guess(portrait: Portrait, tracks: dict[int, Portrait], named: dict[int, Named]) -> Named:
    """Return the likelier partner with a confidence that is not scored."""
    distances = {}
    for person in PERSONS:
        own = _of(person, tracks, named)
        if own and not _is_beside(portrait, own):
            distances[person] = distance(portrait, own)[0]
    if not distances:
        return Named(OTHER, BEST_GUESS, "seen beside those who are known")
    if min(distances.values()) > OTHER_COLOURS and set(PERSONS) <= _persons(named):
        return Named(OTHER, BEST_GUESS, "other colours")
    best = min(distances, key=lambda person: (np.nan_to_num(distances[person], nan=9.0), person))
    others = [away for person, away in distances.items() if person != best]
    gap = (others[0] if others else OTHER_COLOURS) - distances[best]
    share = 0.0 if isnan(gap) else float(np.clip(gap / (2 * MARGIN), 0.0, 1.0))
    confidence = BLIND_GUESS + (BEST_GUESS - BLIND_GUESS) * share
    return Named(best, round(confidence, 3), "colours, not sure")


def _persons(named: dict[int, Named]) -> set[str]:
    return {one.person for one in named.values()}


def _is(named: dict[int, Named], track: int, person: str) -> bool:
    return track in named and named[track].person == person


def _of(person: str, tracks: dict[int, Portrait], named: dict[int, Named]) -> list[Portrait]:
    """Return what is known of a person."""
    return [tracks[track] for track in tracks if _is(named, track, person)]


def _is_beside(portrait: Portrait, others: Iterable[Portrait]) -> bool:
    """Return whether a track is seen in a frame together with one of the others."""
    return any(portrait.frames & other.frames for other in others)


def _is_beside_any(portrait: Portrait, tracks: dict[int, Portrait]) -> bool:
    return _is_beside(portrait, (one for one in tracks.values() if one is not portrait))
