"""People's codes as signals: a plain table of codes becomes a channel that scoring takes."""

from attunement.codes.convert import SIGNS, codes_to_signals

__all__ = ["SIGNS", "codes_to_signals"]
