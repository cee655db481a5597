"""Rupture and repair: runs of mismatch, what ends them, how soon, who moved, and chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attunement.columns import Column, Value
from attunement.scoring.answering.survival import median_s
from attunement.scoring.chance.shifts import (
    MIN_SURROGATES,
    Index,
    combinations,
    enough,
    mean_defined,
    midrank_p,
)
from attunement.scoring.repairing.states import STATE_S, SUSTAINED, EpisodeStates

Array = NDArray[np.float64]

MIN_EPISODE_S = 60.0
# Numbers held at once; bounds memory whatever the length of an episode.
_BLOCK_NUMBERS = 1_000_000
WHO = ("infant", "caregiver", "both")
_SOURCE = "match, mismatch and repair (Tronick & Gianino 1986)"
_UNKNOWN = "no second in which both states are known"
_NONE = "no mismatch"
_FEW = f"under {MIN_SURROGATES} defined shifts"
_SHIFTS = "mean over circular shifts of one partner's states, by seconds"
_P = "upper-tail mid-rank p over circular shifts"
COLUMNS = (
    Column("n_states", "s", "Seconds in which both partners' states are known.", "count"),
    Column("matched_share", "share",
           "Share of the known seconds in which both states are the same.",
           "score", chance_level="`matched_share_expected`", missing_when=_UNKNOWN, source=_SOURCE,
           not_for="closeness without its expectation: base rates alone match many seconds"),
    Column("sustained_match_share", "share",
           "Share of the known seconds in matches other than neutral that last 5 s or more.",
           "score",
           missing_when=_UNKNOWN, source=_SOURCE),
    Column("mismatch_s", "s", "Seconds of mismatch.", "score", missing_when=_UNKNOWN,
           source=_SOURCE, not_for="sessions of different length side by side"),
    Column("repair_rate", "per min", "Changes from mismatch to match per minute of mismatch.",
           "score", chance_level="`repair_rate_expected`", missing_when=f"{_UNKNOWN}; {_NONE}",
           source=_SOURCE),
    Column("time_to_repair_s", "s", "Time by which half of the mismatches are repaired.", "score",
           missing_when=f"{_NONE}; under half of them seen to end",
           source=f"median by the product limit (Kaplan & Meier 1958); {_SOURCE}"),
    Column("n_mismatches", "", "Runs of mismatch.", "count"),
    Column("n_repairs", "", "Runs of mismatch that a match followed.", "count"),
    *(
        Column(f"repaired_by_{who}", "share", f"Share of the repairs in which {moved}.", "score",
               missing_when="no repair", source=_SOURCE)
        for who, moved in (
            ("infant", "only the infant's state changed"),
            ("caregiver", "only the caregiver's state changed"),
            ("both", "both states changed"),
        )
    ),
    Column("matched_share_expected", "share", "`matched_share` by chance.", "expected",
           missing_when=f"{_UNKNOWN}; {_FEW}", source=_SHIFTS),
    Column("matched_share_p", "",
           "p of `matched_share`: how often chance alone gives as much.",
           "p", needs=("minute",),
           missing_when=_FEW, source=_P),
    Column("repair_rate_expected", "per min", "`repair_rate` by chance.", "expected",
           missing_when=f"{_UNKNOWN}; {_FEW}", source=_SHIFTS),
    Column("repair_rate_p", "",
           "p of `repair_rate`: how often chance alone gives as much.",
           "p", needs=("minute",), missing_when=_FEW,
           source=_P),
    Column("states_reason", "", "Why scores of states are missing; empty where none is.",
           "reason"),
)  # fmt: skip


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
class States:
    """The episodes that a row is made of, and how their surrogates are combined."""

    episodes: list[EpisodeStates]
    n_surrogates: int
    seed: int


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
        # shift joins the caregiver's last second to the first, no change of theirs took place.
        repairs = apart[:, :-1] & known[:, 1:] & ~apart[:, 1:]
        moved = np.flatnonzero(part[:, 0])
        repairs[moved, part[moved, 0] - 1] = False
        counts.append([each.sum(1) for each in (known, known & ~apart, apart, repairs)])
    return Balance(*np.concatenate(counts, axis=1).astype(float))


def scores(states: States) -> dict[str, Value]:
    """Return `COLUMNS` over the given episodes."""
    return state_scores(states.episodes, n_surrogates=states.n_surrogates, seed=states.seed)


def state_scores(
    episodes: list[EpisodeStates], *, n_surrogates: int, seed: int
) -> dict[str, Value]:
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
    indices = dict(zip(shifted, drawn, strict=True))
    known = sum(int(one.known[0]) for one in counts)
    mismatch = sum(int(one.mismatched[0]) for one in counts)
    n_repairs = sum(int(one.repaired.sum()) for one in runs)
    row: dict[str, Value] = {
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
        return {**row, "states_reason": "no_states"}
    labels = [state for one in episodes for state in one.table["state"]]
    row["matched_share"] = 1 - mismatch / known
    row["sustained_match_share"] = labels.count(SUSTAINED) / known
    row["mismatch_s"] = mismatch * STATE_S
    row |= _chance(counts, indices, episodes)
    if not mismatch:
        return {**row, "states_reason": "no_mismatch"}
    row["repair_rate"] = n_repairs / (mismatch * STATE_S / 60)
    who = [name for one in runs for name in one.who]
    if who:
        row |= {f"repaired_by_{name}": who.count(name) / len(who) for name in WHO}
    length = np.concatenate([one.length_s[one.whole] for one in runs])
    repaired = np.concatenate([one.repaired[one.whole] for one in runs])
    time_s = median_s(length, repaired)
    row["time_to_repair_s"] = time_s
    row["states_reason"] = "" if np.isfinite(time_s) else "repair_cut_off"
    return row


def _chance(
    counts: list[Balance], indices: dict[int, Index], episodes: list[EpisodeStates]
) -> dict[str, Value]:
    """Return expectations over all episodes, and p over those of at least a minute."""

    def total(name: str, which: list[int]) -> Array:
        rows = [getattr(counts[k], name)[np.concatenate([[0], 1 + indices[k]])] for k in which]
        return np.sum(rows, axis=0) if rows else np.zeros(0)

    def shares(which: list[int]) -> tuple[Array, Array]:
        with np.errstate(divide="ignore", invalid="ignore"):
            matched = total("matched", which) / total("known", which)
            rate = total("repairs", which) / (total("mismatched", which) * STATE_S / 60)
        return matched, rate

    every = list(indices)
    long_ = [k for k in every if len(episodes[k].infant) * STATE_S >= MIN_EPISODE_S]
    row: dict[str, Value] = {}
    for name, whole, part in zip(
        ("matched_share", "repair_rate"), shares(every), shares(long_), strict=True
    ):
        row[f"{name}_expected"] = mean_defined(whole[1:])
        if enough(part[1:]):
            row[f"{name}_p"] = midrank_p(float(part[0]), part[1:])
    return row
