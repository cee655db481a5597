"""Runs the checks, group by group."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from attunement.errors import ConfigError
from attunement.validation import following, simulated
from attunement.validation.coded import coded, find_codes
from attunement.validation.dyads import open_runner
from attunement.validation.faces import faces, pictures
from attunement.validation.missing import gaps
from attunement.validation.occasions import occasions
from attunement.validation.patterns import patterns
from attunement.validation.properties import Row, table
from attunement.validation.repeated import repeated_sessions
from attunement.validation.variants import variants

GROUPS = (
    "false positives", "power", "lag", "simulation B", "simulation B variants", "attuned_share",
    "patterns", "frames removed", "gaps", "swapping", "faces", "pictures", "reliability",
    "repeated sessions", "coded sessions", "occasions",
)  # fmt: skip


def validate(
    *,
    long: bool = False,
    only: str = "",
    workers: int = 1,
    cache: str | Path | None = None,
    codes: str | Path | None = None,
    told: Callable[[Row], None] | None = None,
) -> pd.DataFrame:
    """Check on dyads with known truth that the scores hold what is asked of them.

    Parameters
    ----------
    long : bool
        As many dyads as the properties ask for (most of an hour on two cores), and the coded
        sessions; else a look of under a minute, in which most figures leave the verdict open.
    only : str
        Run the group of this name, or those whose name holds this text; they are in ``GROUPS``.
    workers : int
        Worker processes; the result is the same for any number.
    cache : str or Path, optional
        Folder for the scores of finished cells, from which a run that was stopped goes on.
    codes : str or Path, optional
        Codes of real sessions (``codes_15hz.csv.gz``); by default those beside the project.
    told : callable, optional
        Called with every row as it is found.

    Returns
    -------
    DataFrame
        property, required, found, low, high (95 % interval), n, passed (yes, no, open, -), note.

    Raises
    ------
    ConfigError
        When `only` fits no group, or `codes` is no file.

    Examples
    --------
    >>> from attunement.validation import validate
    >>> table = validate(only="swapping")
    >>> print(table[["required", "n", "passed"]])
            required  n passed
    0  0 to rounding  3    yes
    1  0 to rounding  3    yes
    """
    chosen = [only] if only in GROUPS else [name for name in GROUPS if only in name]
    if not chosen:
        raise ConfigError(f"No group of checks holds {only!r}.", f"Groups: {', '.join(GROUPS)}.")
    if codes is not None and not Path(codes).is_file():
        raise ConfigError(f"{codes} is not a file.")
    path = Path(codes) if codes is not None else find_codes()
    size = simulated.LONG if long else simulated.SHORT
    rows: list[Row] = []
    with open_runner(workers=workers, cache=Path(cache) if cache else None) as run:
        groups: dict[str, Callable[[], Iterator[Row]]] = {
            "false positives": partial(following.false_positives, run, size),
            "power": partial(following.power, run, size),
            "lag": partial(simulated.lags, run, size),
            "simulation B": partial(simulated.separability, run, size),
            "simulation B variants": partial(variants, run, size),
            "attuned_share": partial(simulated.shares, run, size),
            "patterns": partial(patterns, run, size),
            "frames removed": partial(simulated.removed, run, size),
            "gaps": partial(gaps, run, size),
            "swapping": partial(simulated.swapping, run, size),
            "faces": faces,
            "pictures": pictures,
            "reliability": partial(simulated.reliability, run, size),
            "repeated sessions": partial(repeated_sessions, size, workers=workers),
        }
        of_codes: dict[str, Callable[[], Iterator[Row]]] = {
            "coded sessions": partial(coded, path, workers=workers, n_draws=4 if long else 1),
            "occasions": partial(occasions, path, workers=workers),
        }
        for name in chosen:
            # These take minutes, and are asked for.
            if name in of_codes or (name == "pictures" and not (long or only)):
                continue
            for row in groups[name]():
                rows.append(row)
                if told:
                    told(row)
    # Outside, since they open workers of their own.
    for name in [name for name in of_codes if name in chosen and (long or only)]:
        for row in of_codes[name]():
            rows.append(row)
            if told:
                told(row)
    return table(rows)
