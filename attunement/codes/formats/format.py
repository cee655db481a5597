"""What a format of coders' files declares of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes
    ----------
    name : str
        As its users call it.
    suffixes : tuple of str
        Endings of its files, in small letters, with the dot.
    read : callable
        From a path to a table with `code` and either `onset_s` and `offset_s` or `time_s`, and
        `session` and `person` where the file says them. Raises ``TableError``, whose reason is the
        end of a sentence that begins with the name of the file, for what it cannot read.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], pd.DataFrame]
