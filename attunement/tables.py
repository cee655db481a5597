"""What the columns of tables say that hold no scores.

Names and types of the tables between stages stand in `schema`; scores are declared where they are
computed.
"""

import re
from collections.abc import Mapping

from attunement import schema
from attunement.channels import CHANNELS
from attunement.columns import Column

# Kind, unit and sentence, of columns that say the same in every table.
_Said = tuple[str, str, str]
_SHARED: Mapping[str, _Said] = {
    "session": ("id", "", "The session, as in the manifest."),
    "dyad": ("id", "", "The dyad, as in the manifest."),
    "family": ("id", "", "The family, as in the manifest: one infant, with one or more partners."),
    "episode": ("id", "", "The episode; empty outside every one."),
    "person": ("id", "", "Whose it is: caregiver or infant."),
    "frame": ("id", "", "The number of the decoded frame in its recording."),
    "time_s": ("id", "s", "Seconds from the first frame of the caregiver's video."),
    "track": ("id", "", "The number of the track that the face belongs to; -1 where none is."),
    "role_confidence": ("description", "share", "How sure it is whose face it is; 1 is sure."),
    "status": ("description", "", "Whether a face was found and believed, else why not."),
    "box_x_px": ("measure", "px", "Left edge of the face in the picture."),
    "box_y_px": ("measure", "px", "Upper edge of the face in the picture."),
    "box_width_px": ("measure", "px", "Width of the face in the picture."),
    "box_height_px": ("measure", "px", "Height of the face in the picture."),
    "presence": ("measure", "share", "How sure the network is that the mesh lies on a face."),
    "interocular_px": ("measure", "px", "Distance of the outer eye corners in the picture."),
    "yaw_deg": ("measure", "degrees", "Turn of the head to a side."),
    "pitch_deg": ("measure", "degrees", "Nod of the head, up or down."),
    "roll_deg": ("measure", "degrees", "Tilt of the head to a shoulder."),
    "brow_height": ("measure", "eye distances", "Height of the brows over the eyes, pose removed."),
    "lid_aperture": ("measure", "eye distances", "Opening of the eyelids, pose removed."),
    "lip_gap": ("measure", "eye distances", "Gap between the inner lips, pose removed."),
    "clock_uncertainty_s": (
        "description", "s", "By how much the infant's times can be wrong against the caregiver's."),
    "usable": ("description", "", "Whether the sample passed every gate and may be scored."),
    "interpolated": ("description", "", "Whether the sample lies in a gap that was bridged."),
    "reason": ("reason", "", "Why something is missing; empty where nothing is."),
}  # fmt: skip
_CHANNELS = {channel.name: channel.sentence for channel in CHANNELS}
_STATISTICS: Mapping[str, _Said] = {
    "term": ("id", "", "What is estimated."),
    "estimate": ("description", "", "The estimate."),
    "std_error": ("description", "", "Standard error of the estimate."),
    "ci_low": ("limit", "", "Lower limit of the interval of the estimate."),
    "ci_high": ("limit", "", "Upper limit of the interval of the estimate."),
    "statistic": ("description", "", "t or z of the estimate."),
    "df": ("description", "", "Degrees of freedom."),
    "p": ("p", "", "p of the estimate."),
    "n_sessions": ("count", "", "Sessions that went in."),
    "n_left_out": ("count", "", "Rows left out because something is missing."),
}
_OWN: Mapping[str, Mapping[str, _Said]] = {
    "tracks": {
        "view": ("id", "", "Whom the layout shows there: caregiver, infant or both."),
        "nose_length": ("measure", "eye distances", "Length of the nose, to know a face again."),
        "colours": ("measure", "", "Histograms of the colours about the face."),
        "glimpse": ("measure", "", "Lightness of points of the part, where all of it changes."),
        "landmarks": ("measure", "px", "All points of the mesh, where [faces] keeps them."),
    },
    "faces": {"landmarks": ("measure", "px", "All points of the mesh, where [faces] keeps them.")},
    "roles": {
        "person": ("id", "", "Who the track is: caregiver, infant or other."),
        "start_s": ("id", "s", "From when on the track is this person."),
        "end_s": ("id", "s", "Up to when it is, itself not included."),
        "evidence": ("description", "", "What says who the track is."),
        "x_px": ("description", "px", "Middle of the face from the left, median over the track."),
        "y_px": ("description", "px", "Middle of the face from above, median over the track."),
    },
    "events": {
        "event": ("id", "", "The number of the event in its session."),
        "person": ("id", "", "Whose event it is: the infant."),
        "channel": ("description", "", "The expression at the event's peak."),
        "onset_s": ("description", "s", "When the event starts."),
        "offset_s": ("description", "s", "When the event ends."),
        "peak": ("description", "z", "The largest z of the event."),
        "response": ("description", "", "Type of the caregiver's answer."),
        "response_channel": ("description", "", "Whose onset the answer was: which expression."),
        "answered": ("description", "", "1 answered within 2 s, 0 not; missing if cut off."),
        "latency_s": ("description", "s", "Delay of the answer."),
        "observed_s": ("description", "s", "How long an answer could have been seen."),
        "continuing": ("description", "", "1 where the caregiver showed the expression already."),
        "response_markedness": (
            "description", "residual sd", "How marked the answer is, beyond content and pose."),
        "as_if_distress": ("description", "z", "How sad and at once playful the answer is."),
        "as_if_anger": ("description", "z", "How angry and at once playful the answer is."),
        "exaggeration": (
            "description", "log ratio", "How far the answer outdoes the infant's expression."),
        "recovery_s": ("description", "s", "How long distress went on, from 2 s after its onset."),
        "recovered": ("description", "", "1 where calm was seen, 0 where the time was cut off."),
        "match_evidence": (
            "description", "log ratio",
            "How clearly the caregiver's same expression rises after the event; no probability."),
        "match_margin": (
            "description", "log ratio", "How far `match_evidence` lies above its cut (negative: "
            "misses it)."),
        "mark_evidence": (
            "description", "log ratio",
            "How clearly cues rise after the event beyond content and pose; no probability."),
        "mark_margin": (
            "description", "log ratio", "How far `mark_evidence` lies above its cut (negative: "
            "misses it)."),
        "pattern": (
            "description", "", "Matched and marked (attuned), one of them (merged, marked_only), "
            "not_shown; indeterminate: close under a cut."),
    },
    "states": {
        "time_s": ("id", "s", "When the second starts, as `time_s` of signals."),
        "infant_state": ("description", "", "The infant's state in that second."),
        "caregiver_state": ("description", "", "The caregiver's state in that second."),
        "state": ("description", "", "Whether both match, match for 5 s or more, or do not."),
    },
    "contingency": {
        "n_at_risk": ("count", "", "Events after which an answer could have been seen."),
        "answered_share": ("score", "share", "Share of the events answered within 2 s."),
        "surrogate": ("expected", "share", "Share answered under some of the session's shifts."),
        "n_shifts": ("count", "", "How many shifts gave that share."),
    },
    "contingency_by_family": {
        "n_sessions": ("count", "", "Sessions of the family that went in."),
        "n_at_risk": ("count", "", "Events after which an answer could have been seen."),
        "answered_share": (
            "score", "share", "Share answered within 2 s, weighted by the events at risk."),
        "answered_share_expected": ("expected", "share", "`answered_share` by chance."),
        "contingency": ("score", "share", "The share answered minus what chance gives."),
        "contingency_p": ("p", "", "p of `contingency`: how often chance alone gives as much."),
    },
    "halves": {
        "split": ("id", "", "How the session is split: in blocks in turn, or in the middle."),
        "half": ("id", "", "Which half: a or b."),
        "minutes": ("description", "min", "Length of the half."),
        "infant_positive": (
            "description", "share", "Share of the half in which the infant is positive."),
        "caregiver_positive": (
            "description", "share", "Share of the half in which the caregiver is positive."),
    },
    "reliability": {
        "score": ("id", "", "The score whose reliability is estimated."),
        **_STATISTICS,
        "n_families": ("count", "", "Families that went in."),
        "minutes": ("description", "min", "Mean length of a session that the estimate is for."),
    },
    "association": {
        "outcome": ("id", "", "The outcome."),
        "kind": ("description", "", "What kind of outcome it was declared to be."),
        "predictor": ("id", "", "The predictor that the model was asked about."),
        "primary": ("description", "", "Whether the model was declared primary."),
        **_STATISTICS,
        "n_dyads": ("count", "", "Dyads that went in."),
        "role": ("description", "", "Whether the term was asked for or added to the model."),
        "p_permutation": ("p", "", "p from permuted predictors."),
        "partial_r": ("description", "", "Partial correlation that the estimate stands for."),
        "ratio": ("description", "", "Odds, rate or hazard ratio: exp of the estimate."),
        "ratio_low": ("limit", "", "Lower limit of the ratio."),
        "ratio_high": ("limit", "", "Upper limit of the ratio."),
        "note": ("description", "", "What to know of the model; why it was not fitted."),
        "adjustment": ("description", "", "How p was adjusted for the number of models."),
        "p_adjusted": ("p", "", "p adjusted for the number of models."),
    },
    "failures": {
        "stage": ("description", "", "The stage in which the session failed."),
        "reason": ("reason", "", "What was expected, what was found, and where."),
        "advice": ("description", "", "What to do about it."),
    },
}  # fmt: skip
_SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "tracks": schema.TRACKS,
    "roles": schema.ROLES,
    "faces": schema.FACES,
    "signals": schema.SIGNALS,
    "events": schema.EVENTS,
    "states": schema.STATES,
    "contingency": schema.CONTINGENCY,
    "contingency_by_family": {"family": schema.TEXT, "reason": schema.TEXT},
    "halves": {"session": schema.TEXT},
    "reliability": {"reason": schema.TEXT},
    "association": {},
    "failures": schema.FAILURES,
}
_ACTION_UNIT = re.compile(r"AU\d\d")


def column(table: str, name: str, dtype: str = "") -> Column:
    """Return what a column of a table between stages says.

    Channels and measures of a face that nobody described, such as another program's, are told by
    their name.
    """
    if name in _OWN.get(table, {}):
        kind, unit, sentence = _OWN[table][name]
    elif name in _SHARED:
        kind, unit, sentence = _SHARED[name]
    elif table == "signals":
        kind, unit = "measure", "z"
        sentence = f"{_CHANNELS.get(name, name).rstrip('.')}, over the person's own baseline."
    elif _ACTION_UNIT.fullmatch(name):
        kind, unit = "measure", "share"
        sentence = "Intensity of the action unit, as a share of its program's scale."
    else:
        kind, unit, sentence = "measure", "share", "Blendshape of the face, by its own name."
    return Column(name, unit, sentence, kind, dtype)


def columns() -> dict[str, tuple[Column, ...]]:
    """Return what every column of these tables says, by table."""
    found = {}
    for table, kinds in _SCHEMAS.items():
        further = schema.ACTION_UNITS if table in ("tracks", "faces") else ()
        names = dict.fromkeys([*kinds, *_OWN.get(table, {}), *further])
        found[table] = tuple(column(table, name, kinds.get(name, "")) for name in names)
    return found
