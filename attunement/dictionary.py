"""What the columns of every table of results say: the data dictionary, and one column in words."""

import difflib
from collections.abc import Iterable, Iterator

import pandas as pd

from attunement import tables
from attunement.columns import KINDS, Column
from attunement.errors import TableError
from attunement.named_values import value_in_words
from attunement.reasons import WORDS

# Of the dictionary, and how a text names them.
_ABOUT = {
    "unit": "unit",
    "kind": "kind",
    "chance_level": "chance level",
    "missing_when": "missing",
    "source": "source",
    "not_for": "not to be used as",
}
DICTIONARY = ("table", "column", "sentence", *_ABOUT)


# Columns of reasons whose codes have words; the others hold sentences or names.
_OF_CODES = ("reason", "events_reason", "states_reason")


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def data_dictionary(covariates: Iterable[str] = ()) -> pd.DataFrame:
    """Return what every column of every table of a study's results says.

    Parameters
    ----------
    covariates : iterable of str
        Further columns of the study's manifest, which its scores carry along.

    Returns
    -------
    DataFrame
        One row a table and column, all text: table, column, sentence, unit, kind, chance_level
        (the mean where there is nothing but chance), missing_when, source, not_for (what it must
        not be used as). What does not apply is empty.

    Examples
    --------
    >>> import attunement
    >>> told = attunement.data_dictionary().set_index(["table", "column"])
    >>> print(told.loc[("scores", "congruence"), ["unit", "kind", "chance_level"]].to_list())
    ['share', 'score', '0']
    """
    rows = []
    for table, declared in _tables().items():
        further: list[Column] = []
        if table in ("scores", "scores_by_episode"):
            further = [tables.column(table, "family"), *map(_covariate, covariates)]
        rows += [_row(table, column) for column in (*declared, *further)]
    return pd.DataFrame(rows, columns=list(DICTIONARY), dtype="str")


def explain(name: str = "") -> str:
    """Return what a column of a table of results says, in words.

    Parameters
    ----------
    name : str
        A column, as ``congruence``, or a column of one table, as ``windows.congruence``; a code of
        a column of reasons, as ``coverage_infant``; a term of ``reliability.csv``, as
        ``stability``; or a pattern, as ``not_shown``. Without one, the names of all columns are
        listed.

    Returns
    -------
    str
        By table: what a value says, its unit, what it is by chance, when it is missing, its source,
        and what it must not be used as.

    Raises
    ------
    TableError
        No table has such a column; the nearest names are given.

    Examples
    --------
    >>> import attunement
    >>> print(attunement.explain("n_repairs"))
    n_repairs (scores, scores_by_episode)
      Runs of mismatch that a match followed.
      kind: count (how many there were)
    """
    told = data_dictionary()
    if not name:
        return "\n\n".join(
            f"{table}\n  {', '.join(rows['column'])}"
            for table, rows in told.groupby("table", sort=False)
        )
    table, _, column = name.rpartition(".")
    found = told[told["column"].str.casefold() == column.casefold()]
    if table:
        found = found[found["table"] == table]
    # Some codes are named as the column that they are about.
    of_code = [f"{name} (a reason)\n  {_sentence(WORDS[name].says)}"] if name in WORDS else []
    if said := value_in_words(name):
        of_code.append(said)
    if found.empty and not of_code:
        names = [*dict.fromkeys(told["column"])]
        near = difflib.get_close_matches(column.casefold(), names, n=4, cutoff=0.6)
        advice = f"Nearest: {', '.join(near)}." if near else "attunement explain lists all columns."
        raise TableError(
            f"No table of results declares a column {name!r}.",
            f"{advice} A column of scores.csv that came from the manifest means what the manifest's"
            " author says.",
        )
    return "\n\n".join([*of_code, *_texts(found)])


def _tables() -> dict[str, tuple[Column, ...]]:
    """Return the columns of every table of results, what is looked at most first."""
    # Loaded late, since these take a while.
    from attunement.pipeline.stages import session_tables
    from attunement.scoring.columns import columns

    scored = columns()
    others = tables.columns()
    scores = tuple(column for column in scored["scores"] if column.kind == "score")
    told = {**scored, **others, "halves": (*others["halves"], *scores)}
    further = {table.name: table.described for table in session_tables() if table.described}
    return {**told, **further}


def _covariate(name: str) -> Column:
    return Column(name, "", "A further column of the study's manifest.", "description")


def _row(table: str, column: Column) -> dict[str, str]:
    return {
        "table": table,
        "column": column.name,
        "sentence": column.sentence,
        "unit": column.unit,
        "kind": column.kind,
        "chance_level": column.chance_level,
        "missing_when": column.missing,
        "source": column.source,
        "not_for": column.misuse,
    }


def _texts(found: pd.DataFrame) -> Iterator[str]:
    """Yield a text for each meaning that a column has, with the tables in which it has it."""
    for _, rows in found.groupby(["sentence", *_ABOUT], sort=False):
        first = rows.iloc[0]
        lines = [f"{first['column']} ({', '.join(rows['table'])})", f"  {first['sentence']}"]
        for field, word in _ABOUT.items():
            value = first[field]
            if value:
                said = f"{value} ({KINDS[value]})" if field == "kind" else value
                lines.append(f"  {word}: {said}")
        if first["kind"] == "reason" and first["column"] in _OF_CODES:
            lines.append("  a code in it is said in words by: attunement explain coverage_infant")
        yield "\n".join(lines)
