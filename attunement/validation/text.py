"""The table for people, in Markdown."""

import numpy as np
import pandas as pd

from attunement.validation.properties import Row

HEADER = (
    "| property | required | found | 95 % | n | passed |\n| --- | --- | --- | --- | --- | --- |"
)
_VERDICTS = {
    "yes": "passed",
    "no": "not passed",
    "open": "open (too few dyads to say)",
    "-": "reported only",
}


def to_line(row: Row) -> str:
    """Return one row of the table as a line of Markdown.

    Examples
    --------
    >>> from attunement.validation import Row, to_line
    >>> row = Row("lag: found, s", "within .1 of 1.0", 1.02, 0.98, 1.05, n=40, passed="yes")
    >>> print(to_line(row))
    | lag: found, s | within .1 of 1.0 | 1.020 | [0.980, 1.050] | 40 | yes |
    """
    interval = f"[{_number(row.low)}, {_number(row.high)}]" if np.isfinite(row.low) else ""
    n = f"{row.n}; {row.note}" if row.note else str(row.n)
    passed = "**no**" if row.passed == "no" else row.passed
    required = row.required.replace("|", "\\|")
    name = row.property.replace("|", "\\|")
    return f"| {name} | {required} | {_number(row.found)} | {interval} | {n} | {passed} |"


def summary_text(table: pd.DataFrame) -> str:
    """Say how many properties passed.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.validation import Row, summary_text
    >>> row = Row("lag: found, s", "within .1 of 1.0", 1.02, 0.98, 1.05, n=40, passed="yes")
    >>> print(summary_text(pd.DataFrame([vars(row)])))
    1 figures: 1 passed, 0 not passed, 0 open (too few dyads to say), 0 reported only.
    """
    counts = table["passed"].value_counts()
    said = [f"{int(counts.get(key, 0))} {words}" for key, words in _VERDICTS.items()]
    return f"{len(table)} figures: {', '.join(said)}."


def to_text(table: pd.DataFrame) -> str:
    """Return the whole table, and how many properties passed.

    Examples
    --------
    >>> import pandas as pd
    >>> from attunement.validation import Row, to_text
    >>> row = Row("lag: found, s", "within .1 of 1.0", 1.02, 0.98, 1.05, n=40, passed="yes")
    >>> print(to_text(pd.DataFrame([vars(row)])))
    | property | required | found | 95 % | n | passed |
    | --- | --- | --- | --- | --- | --- |
    | lag: found, s | within .1 of 1.0 | 1.020 | [0.980, 1.050] | 40 | yes |
    <BLANKLINE>
    1 figures: 1 passed, 0 not passed, 0 open (too few dyads to say), 0 reported only.
    """
    lines = [to_line(Row(**row)) for row in table.to_dict("records")]
    return "\n".join([HEADER, *lines, "", summary_text(table)])


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "-"
    return f"{value:.3f}" if abs(value) >= 5e-4 or value == 0 else f"{value:.1e}"
