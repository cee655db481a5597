"""Keys that tell whether a stage's result on disk still holds.

A stage's key is a hash of everything its result depends on: the keys of the stages whose tables it
reads, its section of the configuration, what it takes from the session, and its version.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from attunement.pipeline import stages
from attunement.study import Session


def stage_inputs(session: Session) -> dict[str, dict[str, Any]]:
    """Return what every stage takes from a session, by stage; reads a few MB of each source."""
    return {stage.name: stage.inputs(session) for stage in stages.STAGES}


def stage_keys(session: Session, inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the key of every stage for one session.

    Parameters
    ----------
    session : Session
        The session, with the configuration of its study.
    inputs : mapping
        From `stage_inputs`.
    """
    keys: dict[str, str] = {}
    for stage in stages.STAGES:
        depends_on = {
            **{before.name: keys[before.name] for before in stages.needed_stages(stage)},
            **inputs[stage.name],
            "version": stage.version,
        }
        if stage.section:
            section = getattr(session.config, stage.section)
            depends_on["config"] = section.model_dump(mode="json")
        text = json.dumps(depends_on, sort_keys=True)
        keys[stage.name] = hashlib.sha256(text.encode()).hexdigest()
    return keys
