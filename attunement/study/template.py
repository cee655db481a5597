"""The text of a ``study.toml`` in which every setting stands at its default, commented out."""

import json
from typing import Any

from attunement.config import Config

_OPENING = """\
# Settings of this study. Each is at its default; to change one, remove the # before it.
# A change recomputes what depends on it and nothing before.
"""


def study_toml() -> str:
    """Return a ``study.toml`` with every key as a comment: its default and what it means."""
    sections = [_OPENING]
    for name, field in Config.model_fields.items():
        section = field.annotation
        keys: dict[str, Any] = getattr(section, "model_fields", {})
        settings = {key: f"{key} = {_toml(info.default)}" for key, info in keys.items()}
        width = max(map(len, settings.values()))
        lines = [
            f"# {setting:<{width}}  # {keys[key].description}" for key, setting in settings.items()
        ]
        sections.append("\n".join([f"[{name}]", *lines, ""]))
    return "\n".join(sections)


def _toml(value: Any) -> str:
    if value == {}:
        return "{}"
    # For what the settings hold (numbers, booleans, text, lists of these) TOML writes as JSON.
    return json.dumps(list(value) if isinstance(value, tuple) else value)
