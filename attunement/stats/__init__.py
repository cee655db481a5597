"""Statistics of scores and codes: reliability, association with coded outcomes, power.

Public names load when first used, because statsmodels takes a second to import. Tables in, tables
out; nothing here touches the disk.
"""

from importlib import import_module
from typing import Any

_ROOMS = ("reliability",)

__all__ = ["reliability"]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"attunement.stats.{name}")
    raise AttributeError(f"module 'attunement.stats' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
