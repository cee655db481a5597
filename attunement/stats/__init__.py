"""Statistics of scores and codes: reliability, association with coded outcomes, power.

Public names load when first used, because statsmodels takes a second to import. Tables in, tables
out; nothing here touches the disk.
"""

from importlib import import_module
from typing import Any

_ROOMS = ("association", "reliability")
_ASSOCIATION = ("Result", "fit_association")

__all__ = ["Result", "association", "fit_association", "reliability"]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"attunement.stats.{name}")
    if name in _ASSOCIATION:
        return getattr(import_module("attunement.stats.association"), name)
    raise AttributeError(f"module 'attunement.stats' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
