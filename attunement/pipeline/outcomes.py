"""What became of every session of a run, in one table, and what to do next."""

import math
import os
import shlex
from pathlib import Path

import pandas as pd

from attunement import schema
from attunement.cards import PRINTED_WIDTH, count, listed, wrapped
from attunement.config import Config
from attunement.pipeline.failure import without_session
from attunement.pipeline.places import Places
from attunement.reasons import in_words
from attunement.study import Study

# As many windows side by side as the fewest that a mean should be taken of: overlapping ones
# share their samples, and count for little more.
SIDE_BY_SIDE = 6
COLUMNS = {
    "session": schema.TEXT,
    "outcome": schema.TEXT,
    "n_windows": "int64",
    "n_scorable": "int64",
    "waits_for_roles": "bool",
    "reason": schema.TEXT,
    "why": schema.TEXT,
    "advice": schema.TEXT,
}
# As people are told them.
LABELS = {
    "scored": "scored",
    "barely": "barely scored",
    "not_scorable": "not scorable",
    "failed": "failed",
}
OUTCOMES = tuple(LABELS)
_WAIT = "wait for you"
# The other rows add up to all sessions.
_ARE_COUNTED = "of the sessions counted above:"
_MOST_NAMED = 8
_NO_WINDOW = "no window has a score"


def least_windows(config: Config) -> int:
    """Return the number of windows under which a session counts as barely scored."""
    return math.ceil(SIDE_BY_SIDE * config.scoring.window_s / config.scoring.step_s)


def find_outcomes(study: Study, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what became of every session, in the order of the manifest.

    Parameters
    ----------
    study : Study
        Its sessions, and its windows.
    tables : dict of str to DataFrame
        Of the study: scores, failures and waiting.

    Returns
    -------
    DataFrame
        session; outcome: ``scored``, ``barely`` (fewer windows with a score than six would have
        that do not overlap: 30 of 5 s, one a second), ``not_scorable`` (none) or ``failed``;
        n_windows and n_scorable, 0 where it failed; waits_for_roles, whether somebody has to say
        who is who in part of it; reason, the first code of that of a session that is not
        scorable; why and advice, in words.
    """
    scores = tables["scores"].set_index("session")
    failures = tables["failures"].drop_duplicates("session").set_index("session")
    waiting = set(tables["waiting"]["session"])
    least = least_windows(study.config)
    rows = []
    for session in study.sessions:
        name = session.session
        waits = name in waiting
        if name in failures.index:
            failure = failures.loc[name]
            said = (failure["reason"], failure["advice"])
            rows.append((name, "failed", 0, 0, waits, "", *said))
            continue
        row = scores.loc[name]
        n_windows, n_scorable = int(row["n_windows"]), int(row["n_scorable"])
        outcome, reason, why, advice = "scored", "", "", ""
        if n_scorable == 0:
            outcome, advice = "not_scorable", "attunement check says what is in its pictures."
            reason = "role" if waits else _first(row["reason"])
            why = in_words(reason) or _NO_WINDOW
        elif n_scorable < least:
            outcome = "barely"
            why = f"{count(n_scorable, 'window')} of {n_windows:,}"
        rows.append((name, outcome, n_windows, n_scorable, waits, reason, why, advice))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype(COLUMNS)


def next_step(study: Study, out: Path, outcomes: pd.DataFrame, waiting: pd.DataFrame) -> str:
    """Return the one thing to do next, as a sentence or a command."""
    has = set(outcomes["outcome"])
    where = shlex.quote(shown(study.path))
    if "failed" in has:
        return "mend what failed and run the same command again: what is finished is kept."
    if len(waiting):
        return (
            f"say who is who in {shown(study.path.parent / 'roles.csv')}, as said above, and run "
            "the same command again."
        )
    if has & {"not_scorable", "barely"}:
        return f"attunement check {where} --pictures looks (says and shows why, by session)"
    if study.config.association.outcomes:
        return f"attunement fit {where} --out {shlex.quote(shown(out))}"
    return (
        f"look at {shown(Places(out).path('scores'))}, or declare outcomes in [association] of "
        f"{shown(study.path)} and relate them to the scores: attunement fit"
    )


def outcome_text(study: Study, out: Path, outcomes: pd.DataFrame, waiting: pd.DataFrame) -> str:
    """Return one table of what became of the sessions, at most a hundred columns wide.

    Every session is counted once as scored, barely scored, not scorable or failed; those that
    wait for somebody to say who is who are among them.
    """
    rows: list[tuple[str, int, list[str]]] = []
    for outcome in OUTCOMES:
        of = outcomes[outcomes["outcome"] == outcome]
        if outcome == "scored" or len(of):
            rows.append((LABELS[outcome], len(of), _notes(outcome, of, study.config, out)))
    if len(waiting):
        notes = [_ARE_COUNTED, *_waiting_notes(waiting), _say_roles(study)]
        rows.append((_WAIT, len(waiting), notes))
    lines = [count(len(outcomes), "session")]
    wide = max(len(str(n)) for _, n, _ in rows)
    for label, n, notes in rows:
        begin = f"  {label:<14}{n:>{wide}}  "
        room = PRINTED_WIDTH - len(begin)
        said = [line for note in notes for line in wrapped(note, room)] or [""]
        lines += [
            f"{begin if k == 0 else ' ' * len(begin)}{s}".rstrip() for k, s in enumerate(said)
        ]
    return "\n".join(lines)


def tallied(outcomes: pd.DataFrame) -> dict[str, int]:
    """Return the number of sessions by outcome, and of those that wait for roles."""
    counts = outcomes["outcome"].value_counts()
    return {
        **{outcome: int(counts.get(outcome, 0)) for outcome in OUTCOMES},
        "waiting": int(outcomes["waits_for_roles"].sum()),
    }


def _first(reason: object) -> str:
    # What follows after it says why markedness is missing too, which without windows is no news.
    return reason.split(";")[0] if isinstance(reason, str) else ""


def _notes(outcome: str, of: pd.DataFrame, config: Config, out: Path) -> list[str]:
    if outcome == "barely":
        least = least_windows(config)
        named = listed(
            [f"{row.session} ({row.why})" for row in of.itertuples()], at_most=_MOST_NAMED
        )
        rule = (
            f"Under {least} windows with a score, about as many as "
            f"{SIDE_BY_SIDE * config.scoring.window_s:g} s of recording give: a mean of so few "
            "says little."
        )
        return [f"{named}. {rule}"]
    if outcome == "not_scorable":
        return [
            f"{listed(list(rows['session']), at_most=_MOST_NAMED)}: {why}."
            for why, rows in _by_reason(of)
        ]
    if outcome == "failed":
        said = [
            f"{row.session}: {without_session(row.session, row.why)} {row.advice}".strip()
            for row in of.head(_MOST_NAMED).itertuples()
        ]
        beyond = len(of) - _MOST_NAMED
        return [*said, *([f"and {beyond} more: {Places(out).path('failures')}"] * (beyond > 0))]
    return []


def _by_reason(of: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the sessions that lack the same thing together, the largest group first.

    Of one session it is said how much there is; of several that differs.
    """
    groups = []
    for without, rows in of.groupby(of["reason"].map(_without_numbers), sort=False):
        groups.append((rows["why"].iloc[0] if len(rows) == 1 else str(without), rows))
    return sorted(groups, key=lambda group: -len(group[1]))


def _without_numbers(reason: str) -> str:
    return in_words(reason, numbers=False) or _NO_WINDOW


def _waiting_notes(waiting: pd.DataFrame) -> list[str]:
    return [
        f"{row.session}: who is who is not sure in {row.share:.0%} of the frames with a face "
        f"({count(int(row.n_tracks), 'track')}), which are not scored: {shown(Path(row.roles))}"
        for row in waiting.head(_MOST_NAMED).itertuples()
    ] + [f"and {len(waiting) - _MOST_NAMED} more"] * (len(waiting) > _MOST_NAMED)


def _say_roles(study: Study) -> str:
    return (
        f"Copy their rows into {shown(study.path.parent / 'roles.csv')}, write caregiver, infant "
        "or other as person and 1 as role_confidence where you have looked, and run again: no "
        "video is read again."
    )


def shown(path: Path) -> str:
    """Return a path as one would type it here."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # on another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative
