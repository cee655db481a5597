"""Two people in one picture: following both, and never the same face twice.

Identity is continuity of place and nothing more; people who cross behind each other may be
exchanged.
"""

from collections.abc import Callable

from attunement.faces.areas import Area, Box
from attunement.faces.backends.protocol import Backend
from attunement.faces.tracking import SAME_FACE, Crop, Follower, Sighting

CONFIDENCE_GUESSED = 0.5
CONFIDENCE_HINTED = 1.0
CONFIDENCE_FOUND_ELSEWHERE = 0.8
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
        # Without a place to start from, who is who is a guess.
        self._confidences = [start_confidence(hint) for hint in hints]

    def step(self, crop: Crop, time_s: float) -> tuple[Pair, tuple[float, float]]:
        """Look for both faces in the next frame.

        Returns
        -------
        sightings : pair of (Sighting or None)
            In the order of the hints.
        confidences : pair of float
            How sure it is that each is the person it began as: 1 from a hint while the face was
            followed without a break, .8 once it was found again away from its last place, .5
            without hints.
        """
        first, second = (follower.held(crop, time_s) for follower in self._followers)
        found = list(self._apart(first, second))
        survey = [] if all(map(_believed, found)) else self._followers[0].survey(crop)
        for k, follower in enumerate(self._followers):
            if _believed(found[k]):
                continue
            again = follower.choose(crop, survey, allowed=self._allowed(k, found[1 - k]))
            found[k] = again or found[k]
            if again is not None and _believed(again) and _is_elsewhere(again.box, follower.place):
                self._confidences[k] = min(self._confidences[k], CONFIDENCE_FOUND_ELSEWHERE)
        sightings = self._apart(found[0], found[1])
        for follower, sighting in zip(self._followers, sightings, strict=True):
            if sighting is not None:
                follower.accept(sighting, time_s)
        return sightings, (self._confidences[0], self._confidences[1])

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


def start_confidence(hint: Area | None) -> float:
    """Return how sure it is who a face in a shared picture is when following begins."""
    return CONFIDENCE_GUESSED if hint is None else CONFIDENCE_HINTED


def _believed(sighting: Sighting | None) -> bool:
    return sighting is not None and not sighting.fault


def _is_elsewhere(box: Box, place: Box | None) -> bool:
    return place is not None and box.distance(place) > ELSEWHERE
