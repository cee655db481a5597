"""Two people in one picture, looked at now and then: where each is, never the same face twice.

A run follows everyone frame by frame (`attunement.faces.people`), which looks that lie far apart
do not allow. Here who is who is continuity of place and nothing more.
"""

from collections.abc import Callable

from attunement.faces.areas import Area, Box
from attunement.faces.backends.protocol import Backend
from attunement.faces.tracking import SAME_FACE, Crop, Follower, Sighting

ELSEWHERE = 1.5  # a face found again this many face sizes from its last place may be another

Pair = tuple[Sighting | None, Sighting | None]


class PairFollower:
    """Follows two faces in one region.

    Parameters
    ----------
    backend : Backend
        Finds the faces.
    region : tuple of int
        x, y, width, height of the picture.
    hints : tuple of (tuple of int or None)
        Where each of the two is expected at first; None where that is not known.
    """

    def __init__(
        self, backend: Backend, region: Area, hints: tuple[Area | None, Area | None]
    ) -> None:
        self._followers = tuple(Follower(backend, region, hint) for hint in hints)

    def exchange(self) -> None:
        """Take the first for the second from here on."""
        self._followers = self._followers[::-1]

    def step(self, crop: Crop, time_s: float) -> Pair:
        """Return both faces of the next look, in the order of the hints, None where not found."""
        first, second = (follower.held(crop, time_s) for follower in self._followers)
        candidates = list(self._apart(first, second))
        survey = [] if all(map(_believed, candidates)) else self._followers[0].survey(crop)
        for k, follower in enumerate(self._followers):
            if _believed(candidates[k]):
                continue
            again = follower.choose(crop, survey, allowed=self._allowed(k, candidates[1 - k]))
            candidates[k] = again or candidates[k]
        sightings = self._apart(candidates[0], candidates[1])
        for follower, sighting in zip(self._followers, sightings, strict=True):
            if sighting is not None:
                follower.accept(sighting, time_s)
        return sightings

    def _allowed(self, k: int, partner: Sighting | None) -> Callable[[Box], bool]:
        """Return which boxes may be the face of person `k`: those that are not the partner's.

        The partner's is where the partner is seen in this frame, or else what lies nearer to the
        partner's last place than to one's own; what appears far from the only known place belongs
        to the one who has not been seen yet.
        """
        own, other = self._followers[k].place, self._followers[1 - k].place
        taken = partner.box if partner is not None and _believed(partner) else None

        def allowed(box: Box) -> bool:
            if taken is not None and box.distance(taken) <= SAME_FACE:
                return False
            if own is not None and other is not None:
                return box.distance(own) <= box.distance(other)
            if own is not None:
                return not _is_elsewhere(box, own)
            return other is None or _is_elsewhere(box, other)

        return allowed

    def _apart(self, first: Sighting | None, second: Sighting | None) -> Pair:
        """Leave one face to one person: the believed one, then the one it lies nearer to."""
        if first is None or second is None or first.box.distance(second.box) > SAME_FACE:
            return first, second
        if _believed(first) != _believed(second):
            return (first, None) if _believed(first) else (None, second)
        away = [
            sighting.box.distance(follower.place) if follower.place else float("inf")
            for follower, sighting in zip(self._followers, (first, second), strict=True)
        ]
        return (first, None) if away[0] <= away[1] else (None, second)


def _believed(sighting: Sighting | None) -> bool:
    return sighting is not None and not sighting.fault


def _is_elsewhere(box: Box, place: Box | None) -> bool:
    return place is not None and box.distance(place) > ELSEWHERE
