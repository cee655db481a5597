"""What was declared primary, and that it was declared before any result was written."""

import hashlib
import json
from pathlib import Path
from typing import Any

from attunement.config import Association
from attunement.errors import ConfigError, OutputError


def declaration_hash(settings: Association) -> str:
    """Return the sha256 of what must stand before results: outcomes, kinds, models, primaries."""
    declared = {
        "primary": sorted(primaries(settings)),
        # What a primary test is may not change either, or it could be chosen by its p-value.
        "models": [
            {
                "outcome": outcome,
                "kind": settings.kinds.get(outcome),
                "levels": list(settings.levels.get(outcome, ())),
                "predictor": predictor,
                "covariates": list(settings.covariates),
                "repeated": settings.repeated,
            }
            for outcome in sorted(settings.outcomes)
            for predictor in sorted(settings.predictors)
            if is_primary(settings, outcome, predictor)
        ],
    }
    return digest(declared)


def primaries(settings: Association) -> tuple[str, ...]:
    """Return what is declared primary, one text or several, as a tuple."""
    primary = settings.primary
    return ((primary,) if primary else ()) if isinstance(primary, str) else primary


def is_primary(settings: Association, outcome: str, predictor: str) -> bool:
    """Tell whether a model is declared primary, by its outcome or as outcome ~ predictor."""
    declared = {"".join(text.split()) for text in primaries(settings)}
    return outcome in declared or f"{outcome}~{''.join(predictor.split())}" in declared


def declared_in_time(path: Path, settings: Association) -> list[dict[str, Any]]:
    """Return the fits entered so far; refuse primaries that came after the first with a model."""
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["fits"]
        previous = ""
        for entry in entries:
            rest = {name: value for name, value in entry.items() if name != "hash"}
            if entry["hash"] != digest([previous, rest]):
                raise OutputError(
                    f"{path.name} was changed by hand: the entries no longer fit their hashes.",
                    "Restore it, or fit into a folder of its own.",
                )
            previous = entry["hash"]
    except (ValueError, KeyError, TypeError):
        raise OutputError(
            f"{path.name} cannot be read.", "Restore it, or fit into a folder of its own."
        ) from None
    # Where no model could be fitted there was no result that a primary could be chosen by.
    seen = next((entry for entry in entries if entry.get("n_models", 1)), None)
    if seen and primaries(settings) and seen["declaration"] != declaration_hash(settings):
        before = ", ".join(seen["primary"]) or "none"
        raise ConfigError(
            "[association] primary was declared, or its model changed, after results were written "
            f"into this folder (declared then: {before}).",
            "Remove primary to report everything as exploratory, or restore what was declared.",
        )
    return list(entries)


def enter(entries: list[dict[str, Any]], entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries with one more, hashed with the one before; a repeated fit adds none."""
    previous = entries[-1] if entries else {"hash": ""}
    if all(previous.get(name) == value for name, value in entry.items()):
        return entries
    numbered = {**entry, "order": len(entries) + 1}
    return [*entries, {**numbered, "hash": digest([previous["hash"], numbered])}]


def digest(value: object) -> str:
    """Return the sha256 of a plain value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
