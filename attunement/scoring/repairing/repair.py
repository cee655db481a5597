"""Rupture and repair: runs of mismatch, what ends them, how soon, who moved, and chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.scoring.answering.consistency import Score
from attunement.scoring.answering.survival import median_s
from attunement.scoring.chance.shifts import MIN_SURROGATES, Index, combinations, midrank_p
from attunement.scoring.repairing.states import STATE_S, SUSTAINED, EpisodeStates

Array = NDArray[np.float64]

MIN_EPISODE_S = 60.0
# Numbers held at once; bounds memory whatever the length of an episode.
_BLOCK_NUMBERS = 1_000_000
WHO = ("infant", "caregiver", "both")


@dataclass(frozen=True)
class Runs:
    """Runs of mismatch in one episode.

    Attributes
    ----------
    length_s : ndarray, shape (k,)
        How long each was seen to last.
    repaired : ndarray of bool, shape (k,)
        Whether a match followed; otherwise a gap or the episode's end cut it off.
    whole : ndarray of bool, shape (k,)
        Whether its beginning was seen, or lies at the episode's start.
    who : list of str
        Of every repair, whose state changed: infant, caregiver, both.
    """

    length_s: Array
    repaired: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    who: list[str]


@dataclass(frozen=True)
class Balance:
    """Seconds and repairs of one episode, observed first, then by shift.

    Attributes
    ----------
    known, matched, mismatched, repairs : ndarray, shape (1 + s,)
    """

    known: Array
    matched: Array
    mismatched: Array
    repairs: Array


def runs_of_mismatch(infant: Array, caregiver: Array) -> Runs:
    """Return the runs of seconds in which both states are known and differ."""
    known = np.isfinite(infant) & np.isfinite(caregiver)
    apart = known & (infant != caregiver)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], apart.astype(np.int8), [0]])))
    starts, stops = edges.reshape(-1, 2).T
    after = np.append(known, False)[stops]
    who = []
    for stop in stops[after]:
        moved = (infant[stop] != infant[stop - 1], caregiver[stop] != caregiver[stop - 1])
        who.append("both" if all(moved) else WHO[int(moved[1])])
    return Runs(
        length_s=np.asarray((stops - starts) * STATE_S, float),
        repaired=after,
        whole=(starts == 0) | known[np.maximum(starts - 1, 0)],
        who=who,
    )


def balance(states: EpisodeStates) -> Balance:
    """Count seconds and repairs, observed and with one partner's states shifted."""
    infant, n = states.infant, len(states.infant)
    if not n:
        return Balance(*np.zeros((4, 1 + len(states.shifts))))
    shifts = np.concatenate([[0], states.shifts])
    counts = []
    block = max(1, _BLOCK_NUMBERS // n)
    for first in range(0, len(shifts), block):
        part = shifts[first : first + block, None]
        caregiver = states.caregiver[(np.arange(n) - part) % n]
        known = np.isfinite(infant) & np.isfinite(caregiver)
        apart = known & (infant != caregiver)
        # The circle is cut at the episode's ends: its last second is followed by nothing. Where a
        # shift joins the caregiver's last second to her first, no change of hers took place.
        repairs = apart[:, :-1] & known[:, 1:] & ~apart[:, 1:]
        moved = np.flatnonzero(part[:, 0])
        repairs[moved, part[moved, 0] - 1] = False
        counts.append([each.sum(1) for each in (known, known & ~apart, apart, repairs)])
    return Balance(*np.concatenate(counts, axis=1).astype(float))


def state_scores(
    episodes: list[EpisodeStates], *, n_surrogates: int, seed: int
) -> dict[str, Score]:
    """Return what the states of a session, or of one episode, come to.

    Returns
    -------
    dict
        `matched_share` of the known seconds, `sustained_match_share`, `mismatch_s`,
        `repair_rate` per minute of mismatch, `time_to_repair_s` (product-limit median), whose move
        repaired, each beside its mean under circular shifts and a p where it has one. `p` is
        upper-tail and leaves out episodes under 60 s. `states_reason` says what is missing.
    """
    missing = float("nan")
    runs = [runs_of_mismatch(one.infant, one.caregiver) for one in episodes]
    counts = [balance(one) for one in episodes]
    # An episode of a few seconds cannot be shifted; it counts in what was observed only.
    shifted = [k for k, one in enumerate(episodes) if len(one.shifts)]
    drawn = combinations(
        [len(episodes[k].shifts) for k in shifted], n_surrogates=n_surrogates, seed=seed
    )
    picks = dict(zip(shifted, drawn, strict=True))
    known = sum(int(one.known[0]) for one in counts)
    mismatch = sum(int(one.mismatched[0]) for one in counts)
    n_repairs = sum(int(one.repaired.sum()) for one in runs)
    scores: dict[str, Score] = {
        "n_states": known,
        "matched_share": missing,
        "sustained_match_share": missing,
        "mismatch_s": missing,
        "repair_rate": missing,
        "time_to_repair_s": missing,
        "n_mismatches": sum(len(one.length_s) for one in runs),
        "n_repairs": n_repairs,
        **{f"repaired_by_{who}": missing for who in WHO},
        "matched_share_expected": missing,
        "matched_share_p": missing,
        "repair_rate_expected": missing,
        "repair_rate_p": missing,
        "states_reason": "",
    }
    if not known:
        return {**scores, "states_reason": "no_states"}
    labels = [state for one in episodes for state in one.table["state"]]
    scores["matched_share"] = 1 - mismatch / known
    scores["sustained_match_share"] = labels.count(SUSTAINED) / known
    scores["mismatch_s"] = mismatch * STATE_S
    scores |= _chance(counts, picks, episodes)
    if not mismatch:
        return {**scores, "states_reason": "no_mismatch"}
    scores["repair_rate"] = n_repairs / (mismatch * STATE_S / 60)
    who = [name for one in runs for name in one.who]
    if who:
        scores |= {f"repaired_by_{name}": who.count(name) / len(who) for name in WHO}
    length = np.concatenate([one.length_s[one.whole] for one in runs])
    repaired = np.concatenate([one.repaired[one.whole] for one in runs])
    time_s = median_s(length, repaired)
    scores["time_to_repair_s"] = time_s
    scores["states_reason"] = "" if np.isfinite(time_s) else "repair_cut_off"
    return scores


def _chance(
    counts: list[Balance], picks: dict[int, Index], episodes: list[EpisodeStates]
) -> dict[str, Score]:
    """Return expectations over all episodes, and p over those of at least a minute."""

    def total(name: str, which: list[int]) -> Array:
        rows = [getattr(counts[k], name)[np.concatenate([[0], 1 + picks[k]])] for k in which]
        return np.sum(rows, axis=0) if rows else np.zeros(0)

    def shares(which: list[int]) -> tuple[Array, Array]:
        with np.errstate(divide="ignore", invalid="ignore"):
            matched = total("matched", which) / total("known", which)
            rate = total("repairs", which) / (total("mismatched", which) * STATE_S / 60)
        return matched, rate

    every = list(picks)
    long_ = [k for k in every if len(episodes[k].infant) * STATE_S >= MIN_EPISODE_S]
    found: dict[str, Score] = {}
    for name, whole, part in zip(
        ("matched_share", "repair_rate"), shares(every), shares(long_), strict=True
    ):
        if np.isfinite(whole[1:]).sum() >= MIN_SURROGATES:
            found[f"{name}_expected"] = float(np.nanmean(whole[1:]))
        if np.isfinite(part[1:]).sum() >= MIN_SURROGATES:
            found[f"{name}_p"] = midrank_p(float(part[0]), part[1:])
    return found
