"""From scored episodes to one row: the scores of a session, or of one episode of it."""

from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attunement import schema
from attunement.samples import nearest_samples
from attunement.scoring.chance.shifts import MIN_SURROGATES, Index, combinations, midrank_p
from attunement.scoring.episodes import COLUMNS, Lengths, ScoredEpisode
from attunement.scoring.marking.markedness import MIN_ONSETS, Cue, Train
from attunement.scoring.marking.patterns import attuned_share
from attunement.scoring.series.recording import Recording

Array = NDArray[np.float64]

MIN_EPISODE_S = 60.0
LAG_ALPHA = 0.05
_BLOCK_WINDOWS_S = 10.0


def summarise(
    recording: Recording,
    episodes: list[ScoredEpisode],
    trains: list[Train],
    cues: dict[str, Cue],
    lengths: Lengths,
    *,
    seed: int,
) -> dict[str, object]:
    """Return what a row of ``schema.SCORES`` and further columns hold over the given episodes."""
    windows = pd.concat([one.windows for one in episodes]) if episodes else schema.empty(COLUMNS)
    scorable = windows[windows["mirroring"].notna()]
    n_events = sum(len(train.onsets) for train in trains)
    cues = _complete_cues(cues)
    scored = [(one, train) for one, train in zip(episodes, trains, strict=True) if _has_window(one)]
    matched = [one for one, _ in scored]
    # `mirroring` does not hold head movement, which may be all that a table has.
    moved = [one for one in episodes if _has_window(one, "movement_matching")]
    share = attuned_share(
        [one.windows["pattern"].tolist() for one in episodes],
        [one.tally for one in episodes],
        [train.picks for train in trains],
        block=max(1, nearest_samples(_BLOCK_WINDOWS_S, recording.sampling_hz / lengths.step)),
        seed=seed,
    )
    row: dict[str, object] = {
        "dyad": recording.session,
        "session": recording.session,
        "n_windows": len(windows),
        "n_scorable": len(scorable),
        "coverage_caregiver": _mean(windows["coverage_caregiver"]),
        "coverage_infant": _mean(windows["coverage_infant"]),
        **_mirroring(recording, scored, lengths, seed),
        "concordance": _weighted(
            [one.concordance for one in matched if _curves([one], lengths.max_lag, "all")]
        ),
        "direction": _mean(scorable["direction"]),
        **_congruence(recording, scored, seed),
        "arousal_matching": _matching(matched, lengths, "arousal"),
        "movement_matching": _matching(moved, lengths, "head_movement"),
        **_markedness(cues),
        "n_infant_events": n_events,
        "attuned_share": share.share,
        "attuned_share_low": share.low,
        "attuned_share_high": share.high,
        "attuned_share_expected": share.expected,
        "attuned_share_excess": share.excess,
        "attuned_share_p": share.p,
        "n_clipped": int(windows["clipped"].sum()),
        "n_caregiver_flat": int(windows["caregiver_flat"].sum()),
    }
    row["reason"] = _reason(recording, windows, row, cues, n_events)
    row["absent_channels"] = ";".join(_absent_channels(recording))
    return row


def _has_window(episode: ScoredEpisode, *also: str) -> bool:
    """Return whether an episode has a window to make scores of.

    Such a window has `mirroring` or `also`, or the caregiver is still in it beside a moving infant,
    which counts as 0. Sums over windows can be defined where no single window has a score.
    """
    windows = episode.windows
    found = windows[["mirroring", *also]].notna().any(axis=1) | windows["caregiver_flat"]
    return bool(found.any())


def _absent_channels(recording: Recording) -> list[str]:
    """Return the channels that scores are made of and that one who is needed for it lacks.

    Somebody who was never seen lacks none: the coverage says that.
    """
    found = [set(person) for person in (recording.infant, recording.caregiver) if person]
    if not recording.caregiver or not found:
        return []
    both = set.intersection(*found)
    absent = [name for name in (*schema.MIRRORED_CHANNELS, "head_movement") if name not in both]
    return absent + [
        name for name in schema.CUES if name not in recording.caregiver and name not in absent
    ]


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if values.notna().any() else float("nan")


def _weighted(pairs: list[tuple[float, float]]) -> float:
    known = [(value, weight) for value, weight in pairs if np.isfinite(value) and weight > 0]
    if not known:
        return float("nan")
    values, weights = np.array(known).T
    return float(values @ weights / weights.sum())


def _long(recording: Recording, episode: ScoredEpisode) -> bool:
    return episode.episode.n >= MIN_EPISODE_S * recording.sampling_hz - 1e-9


def _curves(episodes: list[ScoredEpisode], max_lag: int, name: str) -> list[tuple[Array, float]]:
    """Return, of every episode that has it, the curves (observed first) and the weight.

    An episode without surrogates enough to compare with has none.
    """
    found = []
    for one in episodes:
        curve = one.curves[name]
        weight = float(curve.count[:, 0].max()) if curve.count.size else 0.0
        if not weight:
            continue
        curves = curve.curves(np.concatenate([[0], one.plan.shifts]), max_lag)
        if np.isfinite(curves[1:]).all(1).sum() >= MIN_SURROGATES:
            found.append((curves, weight))
    return found


def _following(curves: Array, max_lag: int) -> Array:
    """Return the mean of each curve over the lags in (0, max_lag]."""
    return curves[:, max_lag + 1 :].mean(1)


def _nan_mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _excess(values: Array) -> float:
    """Return the first value minus the mean of the others."""
    return float(values[0]) - _nan_mean(values[1:])


def _matching(episodes: list[ScoredEpisode], lengths: Lengths, name: str) -> float:
    return _weighted(
        [
            (_excess(_following(curves, lengths.max_lag)), weight)
            for curves, weight in _curves(episodes, lengths.max_lag, name)
        ]
    )


def _complete(parts: list[Array]) -> Array:
    """Return the sums over episodes of their curves, of surrogates that have every lag."""
    curves = np.sum(parts, axis=0)
    return np.asarray(curves[np.isfinite(curves).all(1)], float)


def _tested_picks(chosen: list[tuple[ScoredEpisode, Train]], seed: int) -> list[Index]:
    """Return which of its tested surrogates each episode has in every surrogate of the session."""
    sizes = [len(one.plan.tested) for one, _ in chosen]
    return combinations(
        sizes,
        n_surrogates=len(chosen[0][1].picks),
        seed=seed,
        paired=any(one.plan.drawn for one, _ in chosen),
    )


def _mirroring(
    recording: Recording,
    scored: list[tuple[ScoredEpisode, Train]],
    lengths: Lengths,
    seed: int,
) -> dict[str, float]:
    max_lag = lengths.max_lag
    episodes = [one for one, _ in scored]
    missing = float("nan")
    scores = {
        "mirroring": _matching(episodes, lengths, "all"),
        "mirroring_z": missing,
        "mirroring_p": missing,
        "mirroring_lag_s": missing,
        "peak_lag_s": _peak_lag_s(recording, episodes, max_lag),
        "simultaneity": _weighted(
            [
                (_excess(curves[:, max_lag]), weight)
                for curves, weight in _curves(episodes, max_lag, "all")
            ]
        ),
    }
    chosen, weighted = [], []
    for one, train in scored:
        found = _curves([one], max_lag, "all")
        if found and _long(recording, one):
            chosen.append((one, train))
            weighted += found
    if not chosen:
        return scores
    # Only episodes with windows count, each with its own shift: the weighted sum of their curves.
    total = sum(one.weight for one, _ in chosen)
    curve = sum((w * curves[0] for curves, w in weighted), np.zeros(2 * max_lag + 1)) / total
    tested = _complete(
        [
            one.weight * one.curves["all"].curves(one.plan.tested[pick], max_lag) / total
            for (one, _), pick in zip(chosen, _tested_picks(chosen, seed), strict=True)
        ]
    )
    null = _complete(
        [
            w * curves[1 + train.picks] / total
            for (curves, w), (_, train) in zip(weighted, chosen, strict=True)
        ]
    )
    if min(len(tested), len(null)) < MIN_SURROGATES or not np.isfinite(curve).all():
        return scores
    scores["mirroring_p"] = midrank_p(float(curve.max()), tested.max(1))
    usual = _following(null, max_lag)
    if usual.std() > 0:
        level = float(_following(curve[None], max_lag)[0])
        scores["mirroring_z"] = (level - float(usual.mean())) / float(usual.std(ddof=1))
    if scores["mirroring_p"] <= LAG_ALPHA:
        scores["mirroring_lag_s"] = (int(curve.argmax()) - max_lag) / recording.sampling_hz
    return scores


def _peak_lag_s(recording: Recording, episodes: list[ScoredEpisode], max_lag: int) -> float:
    """Return where the mean curve is highest, whatever its p: a description, not a finding."""
    found = _curves(episodes, max_lag, "all")
    curve = sum((weight * curves[0] for curves, weight in found), np.zeros(2 * max_lag + 1))
    # A flat curve, as beside a still caregiver, has no peak.
    if not found or not np.isfinite(curve).all() or not np.ptp(curve) > 0:
        return float("nan")
    return (int(curve.argmax()) - max_lag) / recording.sampling_hz


def _congruence(
    recording: Recording, scored: list[tuple[ScoredEpisode, Train]], seed: int
) -> dict[str, float]:
    scores, chosen, parts = [], [], []
    for one, train in scored:
        weight = float(one.distance_count[0])
        if not weight:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = one.distance_sum / one.distance_count
        displaced = distance[one.plan.blocks(one.plan.shifts)]
        usual = _nan_mean(displaced)
        if not usual > 0 or np.isfinite(displaced).sum() < MIN_SURROGATES:
            continue
        congruence = 1 - distance / usual
        scores.append((float(congruence[0]), weight))
        if _long(recording, one):
            chosen.append((one, train))
            parts.append(weight * congruence)
    p = float("nan")
    if parts:
        null = sum(
            part[one.plan.blocks(one.plan.tested[pick])]
            for part, (one, _), pick in zip(parts, chosen, _tested_picks(chosen, seed), strict=True)
        )
        if np.isfinite(null).sum() >= MIN_SURROGATES:
            p = midrank_p(float(sum(part[0] for part in parts)), np.asarray(null))
    return {"congruence": _weighted(scores), "congruence_p": p}


def _complete_cues(cues: dict[str, Cue]) -> dict[str, Cue]:
    """Return the cues that were seen after onsets, observed and in surrogates enough."""
    return {
        name: cue
        for name, cue in cues.items()
        if np.isfinite(cue.peak) and np.isfinite(cue.peak_surrogate).sum() >= MIN_SURROGATES
    }


def _markedness(cues: dict[str, Cue]) -> dict[str, float]:
    missing = float("nan")
    peak = {name: cue.peak - _nan_mean(cue.peak_surrogate) for name, cue in cues.items()}
    answer = {name: cue.mean - _nan_mean(cue.mean_surrogate) for name, cue in cues.items()}
    p = missing
    if cues:
        observed = float(np.mean([cue.peak for cue in cues.values()]))
        tested = np.mean([cue.peak_tested for cue in cues.values()], axis=0)
        if np.isfinite(tested).sum() >= MIN_SURROGATES:
            p = midrank_p(observed, tested)
    without = [value for name, value in peak.items() if name != "mouth_opening"]
    return {
        "markedness": float(np.mean(list(peak.values()))) if peak else missing,
        **{f"cue_{name}": peak.get(name, missing) for name in schema.CUES},
        "markedness_p": p,
        "markedness_mean": float(np.mean(list(answer.values()))) if answer else missing,
        "markedness_without_mouth": float(np.mean(without)) if without else missing,
    }


def _reason(
    recording: Recording,
    windows: pd.DataFrame,
    row: dict[str, object],
    cues: dict[str, Cue],
    n_events: int,
) -> str:
    """Return why scores are missing, separated by semicolons; empty where none is."""
    reasons = []
    if not len(windows):
        reasons.append("too_short")
    elif not row["n_scorable"]:
        lost = Counter(reason for reason in windows["reason"] if reason != "no_infant_event")
        reasons += [reason for reason, _ in lost.most_common(1)]
    elif not np.isfinite(float(str(row["mirroring_p"]))):
        reasons.append("too_short")
    if not cues:
        if n_events < MIN_ONSETS:
            reasons.append("no_infant_event")
        elif set(schema.CUES) & set(recording.caregiver):
            reasons.append("coverage_caregiver")
        else:
            reasons.append("no_cue")
    return ";".join(dict.fromkeys(reasons))
