"""What of an earlier run is used again, and why the rest is not: for people, in words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from attunement import schema
from attunement.cards import count, listed
from attunement.pipeline import stages
from attunement.pipeline.stage import Stage
from attunement.study import Session

NEW = "new"
RENAMED = "the session has another name"
FINISHED_NOT = "an earlier run did not come so far"
COLUMNS = {"session": schema.TEXT, "stage": schema.TEXT, "reused": "bool", "why": schema.TEXT}
# What a stage leaves, as people call it.
_LEAVES = {"tracks": "Faces", "faces": "Roles", "signals": "Signals", "scoring": "Scores"}
_INPUTS = {
    "backend": "the face model or its reader changed",
    "layout": "the layout changed",
    "clock": "the offset or drift of the clock changed",
    "exclude": "excluded spans changed",
    "hints": "regions changed",
    "given": "roles.csv changed",
    "episodes": "episodes changed",
    "neutral": "neutral spans changed",
    "dyad": "the dyad changed",
}
_OF_PARTNERS = {
    "videos": "the recording changed",
    "table": "the table changed",
    "side": "the side changed",
    "rotation_deg": "the rotation changed",
    "roi": "the region changed",
}
_MOST_NAMED = 3


@dataclass(frozen=True)
class Recorded:
    """What ``provenance.json`` tells of a session; empty where there is none.

    Attributes
    ----------
    keys : mapping of str to str
        Of the stages that are on record.
    stages : mapping
        Version and inputs by stage.
    config : mapping
        Settings by section.
    recordings : mapping
        What each partner's recording was found to be.
    """

    keys: Mapping[str, str]
    stages: Mapping[str, Any]
    config: Mapping[str, Any]
    recordings: Mapping[str, Any]


def read_recorded(provenance: Path) -> Recorded:
    """Return what is on record of a session; what cannot be read is nothing."""
    try:
        told = json.loads(provenance.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = {}

    def part(name: str) -> dict[str, Any]:
        found = told.get(name) if isinstance(told, dict) else None
        return found if isinstance(found, dict) else {}

    return Recorded(part("keys"), part("stages"), part("config"), part("recordings"))


def why_anew(
    session: Session,
    recorded: Recorded,
    inputs: Mapping[str, Mapping[str, Any]],
    keys: Mapping[str, str],
    done: Sequence[str],
) -> dict[str, str]:
    """Return why each stage that is not done has to be computed, in words.

    Parameters
    ----------
    session : Session
        With its configuration.
    recorded : Recorded
        What an earlier run left on record.
    inputs, keys : mapping
        Of the stages now.
    done : sequence of str
        The stages that hold.
    """
    why: dict[str, str] = {}
    for stage in stages.STAGES:
        if stage.name in done:
            continue
        before = [earlier.name for earlier in stages.needed_stages(stage) if earlier.name in why]
        if not recorded.stages:
            why[stage.name] = NEW
        elif before:
            why[stage.name] = why[before[0]]
        elif stage.name not in recorded.stages:
            why[stage.name] = FINISHED_NOT
        elif recorded.keys.get(stage.name) == keys[stage.name]:
            why[stage.name] = "a file of it is missing or damaged"
        else:
            found = _changes(session, stage, recorded, inputs[stage.name])
            why[stage.name] = " and ".join(found) or "what it depends on changed"
    return why


def reuse_table(todo: Mapping[str, tuple[Sequence[str], Mapping[str, str]]]) -> pd.DataFrame:
    """Return a row a session and stage: whether an earlier run's result is used again, or why not.

    `todo` holds the stages that are done, and why the others are not, by session.
    """
    rows = [
        (session, stage.name, stage.name in done, why.get(stage.name, ""))
        for session, (done, why) in todo.items()
        for stage in stages.STAGES
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def reuse_lines(table: pd.DataFrame) -> list[str]:
    """Return what is used again and what is made anew, and why; empty where all is new."""
    if not len(table) or not (table["reused"] | (table["why"] != NEW)).any():
        return []
    if table["reused"].all():
        n = table["session"].nunique()
        return [
            f"{count(n, 'session')} found finished: only the tables of the study are made anew."
        ]
    lines = []
    said: set[tuple[str, ...]] = set()
    for stage, rows in table.groupby("stage", sort=False):
        anew = rows[~rows["reused"]]
        key = (*anew["session"], *anew["why"])
        if not len(anew):
            lines.append(f"{_LEAVES.get(str(stage), str(stage))}: reused for all {len(rows)}.")
        elif key not in said:
            said.add(key)
            follows = "" if stage == stages.STAGES[-1].name else " and what follows"
            lines.append(
                f"{_LEAVES.get(str(stage), str(stage))}{follows}: reused for "
                f"{len(rows) - len(anew):,}, made anew for {len(anew):,}: {_reasons(anew)}."
            )
    return lines


def _reasons(anew: pd.DataFrame) -> str:
    groups = sorted(anew.groupby("why", sort=False), key=lambda group: -len(group[1]))
    return "; ".join(
        f"{why} ({listed(list(rows['session']), at_most=_MOST_NAMED)})" for why, rows in groups
    )


def _changes(
    session: Session, stage: Stage, recorded: Recorded, inputs: Mapping[str, Any]
) -> list[str]:
    before = recorded.stages[stage.name]
    before = before if isinstance(before, dict) else {}
    if before.get("version") != stage.version:
        return ["this version of attunement computes it otherwise"]
    said = []
    if stage.section:
        now = getattr(session.config, stage.section).model_dump(mode="json")
        then = recorded.config.get(stage.section, {})
        names = [name for name in now if now[name] != then.get(name)]
        if names:
            said.append(f"[{stage.section}] {listed(names, at_most=2)} changed")
    then_inputs = before.get("inputs", {})
    now_inputs = json.loads(json.dumps(inputs))
    for name, value in now_inputs.items():
        then_value = then_inputs.get(name)
        if value == then_value:
            continue
        if name == "partners":
            said += _changes_of_partners(then_value or {}, value)
        elif not (name == "backend" and said):  # which the settings name already
            said.append(_INPUTS.get(name, f"{name} changed"))
    return list(dict.fromkeys(said))


def _changes_of_partners(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    said = []
    for person, told in now.items():
        before = then.get(person, {})
        said += [
            _OF_PARTNERS.get(name, "how its table is read changed")
            for name in told
            if told[name] != before.get(name)
        ]
    return said
