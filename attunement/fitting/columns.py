"""What a column of outcomes may be: its kind, its categories, its missing codes, for people to say.

Nothing here decides anything: what is proposed stands in study.toml as a line that people read.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from attunement.cards import count
from attunement.stats.association import suspect_codes
from attunement.stats.association.cleaning import clean_columns
from attunement.written_numbers import cell_advice, reads_two_ways, spelt_alike, tidy

_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}(?:[ T].*)?|\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})|"
    r"\d{1,2}:\d\d(?::\d\d)?"
)
_GROUPS = re.compile(
    r"attach\w*|bindung\w*|class\w*|klasse\w*|group\w*|gruppe\w*|type?|typ|categor\w*|kategorie\w*|"
    r"pattern|diagnos\w*|site|centre|center|condition|arm",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"n|num|number|count|counts|anzahl|freq\w*|episodes?|events?|times?|visits?|errors?|nombre",
    re.IGNORECASE,
)
_HELD_CONSTANT = re.compile(
    r"age|alter|sex|gender|geschlecht|site|centre|center|parity|education|bildung\w*|ses|income|"
    r"einkommen|siblings?|geschwister|ethnicity|language|sprache|edad|sexe|gestation\w*|ssw|"
    r"birthweight|twin\w*|coder|rater|cohort|kohorte",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"event|status|drop\w*|abbruch|occurred|observed|died|onset|relapse|ended|eingetreten|cens\w*|"
    r"zensiert",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"time|days?|weeks?|months?|years?|until|till|to|latency|duration|survival|tage|wochen|monate|"
    r"bis|dauer|latenz|zeit",
    re.IGNORECASE,
)
_NO_FIRST = ("no", "nein", "non", "n", "false", "falsch", "0", "absent", "control", "none", "-")
_SCALES = (
    ("never", "rarely", "sometimes", "often", "always"),
    ("never", "seldom", "sometimes", "often", "always"),
    ("nie", "selten", "manchmal", "oft", "immer"),
    ("none", "mild", "moderate", "severe"),
    ("none", "low", "medium", "high"),
    ("very low", "low", "middle", "high", "very high"),
    ("low", "moderate", "high"),
    ("low", "average", "high"),
    ("niedrig", "mittel", "hoch"),
    ("gering", "mittel", "hoch"),
    ("small", "medium", "large"),
    ("poor", "fair", "good", "very good", "excellent"),
)
_DIGITS = (6.0, 7.0, 8.0, 9.0)
_MOST_STEPS = 5  # of whole numbers that are proposed as ordered categories
_MOST_CATEGORIES = 8
_MOST_WRONG = 0.3  # share of the filled cells that are no number, in a column of numbers
_MOST_WORDS = 5


@dataclass(frozen=True)
class Proposed:
    """What is proposed of one column.

    Attributes
    ----------
    name : str
    role : str
        ``outcome``, ``constant`` (what people hold constant), ``event`` (whether a time ended) or
        empty where nothing is proposed.
    kind : str
        Of an outcome; of what is held constant, ``continuous`` or ``categorical``.
    found : str
        What the column holds, in words.
    why : str
        What to look at: another kind, a direction, the reason why nothing is proposed.
    levels, labels, missing, event
        As ``[association]`` has them.
    codes_told : str
        Where and how often the proposed codes of missing values stand.
    """

    name: str
    role: str = ""
    kind: str = ""
    found: str = ""
    why: str = ""
    levels: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str | float, ...] = ()
    codes_told: str = ""
    event: str = ""


def propose_columns(
    table: pd.DataFrame, *, matched: pd.Series, decimal_comma: bool
) -> tuple[Proposed, ...]:
    """Propose what every column of a table of text is.

    Parameters
    ----------
    table : pandas.DataFrame
        Cells as text, missing where empty; ids are not among the columns.
    matched : pandas.Series of bool
        Rows that are joined to a score: only they count for kinds and categories.
    decimal_comma : bool
        As for `clean_columns`.
    """
    suspects = suspect_codes(table, columns=list(table.columns))
    proposed = [
        _propose(
            table[name],
            suspects[suspects["column"] == name],
            matched=matched,
            decimal_comma=decimal_comma,
        )
        for name in table.columns
    ]
    return tuple(_paired(proposed, table, decimal_comma=decimal_comma))


def _propose(
    cells: pd.Series, suspects: pd.DataFrame, *, matched: pd.Series, decimal_comma: bool
) -> Proposed:
    name = str(cells.name)
    filled = cells.dropna().map(tidy)
    if filled.empty:
        return Proposed(name, why="it is empty")
    if filled.map(lambda text: bool(_DATE.fullmatch(text))).mean() > 0.5:
        return Proposed(name, why=f"dates or times of day, such as {filled.iloc[0]}")
    doubtful = _doubtful(suspects, counts=_any(_COUNTS, _words(name)))
    doubts = [
        f"is {row['value']:g} in {count(row['n'], 'cell')} a code?"
        for row in suspects[doubtful].to_dict("records")
    ]
    suspects = suspects[~doubtful]
    missing = list(suspects["value"])
    column, wrong = _cleaned(cells, missing, decimal_comma)
    if len(wrong):
        two_ways = wrong[wrong["found"].map(reads_two_ways)]
        if len(two_ways):
            found, advice = two_ways[["found", "advice"]].iloc[0]
            return Proposed(
                name, why=f"{found!r}: {str(advice).split(' Where these')[0].rstrip('.')}"
            )
        words = list(dict.fromkeys(map(str, wrong["found"])))
        if len(wrong) > _MOST_WRONG * len(filled) or len(words) > _MOST_WORDS:
            shown = ", ".join(map(repr, words[:3]))
            return Proposed(name, why=f"numbers, and {count(len(wrong), 'text')} such as {shown}")
        missing += words
        column, _ = _cleaned(cells, missing, decimal_comma)
    known = column[matched].dropna()
    left = Proposed(name, missing=tuple(missing), codes_told=_codes_told(suspects, wrong))
    if known.empty:
        return replace(left, missing=(), why="it is empty in the rows that match a score")
    n_missing = int(matched.sum()) - len(known)
    if (known == known.iloc[0]).all():
        few = "" if matched.all() else f" in the {int(matched.sum())} rows that match a score"
        return replace(left, missing=(), why=f"constant{few}: {known.iloc[0]}")
    if pd.api.types.is_numeric_dtype(column):
        found = _of_numbers(left, known.astype(float), n_missing)
        return replace(found, why="; ".join([part for part in (found.why, *doubts) if part]))
    return _of_words(left, known.astype(str), n_missing, column.dropna().astype(str))


def _doubtful(suspects: pd.DataFrame, *, counts: bool) -> pd.Series:
    """Tell which digits are as easily values: asked for, not taken away.

    A single 9 among 1 to 5, a high count, and what lies no further from the others than they do
    from each other: a 9 beside months 3 to 6. Two -9 beside nothing else below zero are a code.
    """
    value = pd.to_numeric(suspects["value"], errors="coerce")
    low, high = suspects["low"].astype(float), suspects["high"].astype(float)
    near = np.maximum(value - high, low - value) <= high - low
    usual = (value <= -min(_DIGITS)) & (suspects["n"] > 1) & (low >= 0)
    single = value.isin(_DIGITS) & ((suspects["n"] == 1) | counts)
    return single | ((value.abs() < 10) & near & ~usual)


def _cleaned(
    cells: pd.Series, missing: Sequence[str | float], decimal_comma: bool
) -> tuple[pd.Series, pd.DataFrame]:
    name = str(cells.name)
    found = clean_columns(
        cells.to_frame(), missing_values={name: list(missing)}, decimal_comma=decimal_comma
    )
    return found.table[name], found.wrong


def _codes_told(suspects: pd.DataFrame, wrong: pd.DataFrame) -> str:
    parts = [
        f"{row['value']:g} in {count(row['n'], 'cell')}: {row['why']}"
        if isinstance(row["value"], float)
        else f"{row['value']!r} in {count(row['n'], 'cell')}: {row['why']}"
        for row in suspects.to_dict("records")
    ]
    for text, n in wrong["found"].value_counts().items():
        below = bool(re.match(r"[<>≤≥]", str(text)))
        why = "no number; below or above what was measured (another one may be prescribed)"
        parts.append(f"{str(text)!r} in {count(int(n), 'cell')}: {why if below else 'no number'}")
    return "; ".join(parts)


def _of_numbers(left: Proposed, known: pd.Series, n_missing: int) -> Proposed:
    name, values, gone = left.name, sorted(known.unique()), _gone(n_missing)
    whole = bool((known % 1 == 0).all())
    words = _words(name)
    constant = _any(_HELD_CONSTANT, words)
    if whole and known.is_unique and list(known) == list(range(int(known.iloc[0]), len(known) + 1)):
        return replace(left, missing=(), why="it numbers the rows")
    tally = ", ".join(
        f"{value:g}: {n}" for value, n in known.value_counts(sort=False).sort_index().items()
    )
    found = (
        f"{count(len(known), 'number')} from {known.min():g} to {known.max():g}, "
        f"mean {known.mean():.3g}; {gone}"
    )
    if constant:
        if not whole or not 3 <= len(values) < 8:
            return replace(left, role="constant", found=found)
        kind, other = ("continuous", "categorical")[:: -1 if _any(_GROUPS, words) else 1]
        said = "if the numbers name groups" if kind == "continuous" else "if it is a quantity"
        why = f'or "{other}", {said}'
        return replace(left, role="constant", kind=kind, found=f"{tally}; {gone}", why=why)
    outcome = replace(left, role="outcome", found=found)
    if len(values) == 2:
        why = f"what is modelled is {values[1]:g}"
        return replace(outcome, kind="binary", found=f"{tally}; {gone}", why=why)
    if whole and len(values) <= _MOST_STEPS:
        found = f"{tally}; {gone}"
        if _any(_GROUPS, words):
            why = 'or "ordered", if a higher number is more of something'
            return replace(outcome, kind="unordered", found=found, why=why)
        gaps = values[-1] - values[0] >= len(values)
        if values[0] >= 0 and (_any(_COUNTS, words) or (gaps and _thins_out(known))):
            return replace(
                outcome, kind="count", found=found, why='or "ordered", if it is a rating'
            )
        why = 'or "unordered", if the numbers only name groups; "continuous", if steps are equal'
        return replace(outcome, kind="ordered", found=found, why=why)
    if whole and values[0] >= 0 and (_any(_COUNTS, words) or _thins_out(known)):
        return replace(outcome, kind="count", why='or "continuous", if it is no number of events')
    why = 'or "count", if it is a number of events' if whole and values[0] >= 0 else ""
    return replace(outcome, kind="continuous", why=why)


def _thins_out(known: pd.Series) -> bool:
    """Tell whether whole numbers begin at 0 and thin out as counts of rare events do."""
    return bool(known.min() == 0 and known.max() >= 4 and known.median() <= known.max() / 3)


def _of_words(left: Proposed, known: pd.Series, n_missing: int, whole: pd.Series) -> Proposed:
    # Labels must name every code of the file, `whole`; categories are those of matched rows.
    groups = spelt_alike(list(whole))
    labels: dict[str, str] = {}
    if groups:
        used, everywhere = known.value_counts(), whole.value_counts()
        main = {
            text: max(group, key=lambda t: (used.get(t, 0), everywhere[t]))
            for group in groups
            for text in group
        }
        labels = {text: main.get(text, text) for text in dict.fromkeys(whole)}
        known = known.map(labels)
    counts, gone = known.value_counts(), _gone(n_missing)
    if len(counts) > _MOST_CATEGORIES or len(counts) > len(known) / 2:
        why = f"{count(len(counts), 'different text')}, such as {str(counts.index[0])[:40]!r}"
        if re.search(r"\d", str(counts.index[0])) and (advice := _number_advice(known)):
            why = f"{why}: {advice}"
        return replace(left, missing=(), why=why)
    found = f"{', '.join(f'{text}: {n}' for text, n in counts.items())}; {gone}"
    left = replace(left, labels=labels, found=found)
    if _any(_HELD_CONSTANT, _words(left.name)):
        return replace(left, role="constant")
    levels = tuple(map(str, counts.index))
    outcome = replace(left, role="outcome")
    few = [str(text) for text, n in counts.items() if n < 5]
    sparse = f"; few cases: {', '.join(few)}" if few else ""
    if len(levels) == 2:
        levels = tuple(sorted(levels, key=lambda text: text.casefold() not in _NO_FIRST))
        why = f"what is modelled is {levels[1]!r}, the last of levels{sparse}"
        return replace(outcome, kind="binary", levels=levels, why=why)
    by_folded = {text.casefold(): text for text in levels}
    for scale in _SCALES:
        if set(by_folded) <= set(scale):
            levels = tuple(by_folded[step] for step in scale if step in by_folded)
            why = f"levels go from low to high{sparse}"
            return replace(outcome, kind="ordered", levels=levels, why=why)
    why = f'the first of levels is what others are compared with; or "ordered"{sparse}'
    return replace(outcome, kind="unordered", levels=levels, why=why)


def _number_advice(known: pd.Series) -> str:
    """Return what keeps most texts of a column from being numbers, or nothing."""
    told = known.map(cell_advice)
    advice = str(told.mode().iloc[0])
    usual = (told == advice).mean() > 0.5 or told.str.startswith("It can be read").mean() > 0.5
    return advice.rstrip(".") if usual and advice != cell_advice("") else ""


def _paired(
    proposed: Sequence[Proposed], table: pd.DataFrame, *, decimal_comma: bool
) -> list[Proposed]:
    """Propose a time with its event where one column of each is there."""
    by_name = {one.name: one for one in proposed}
    events = [
        one for one in proposed
        if one.kind == "binary" and not one.levels and _any(_EVENT, _words(one.name))
    ]  # fmt: skip
    times = [
        one for one in proposed
        if one.kind in ("continuous", "count") and _any(_TIME, _words(one.name))
    ]  # fmt: skip
    for time in times:
        near = [event for event in events if _share_a_word(time.name, event.name)]
        event = near[0] if near else events[0] if len(events) == len(times) == 1 else None
        if event is None or by_name[event.name].role == "event":
            continue
        values = [
            _cleaned(table[one.name], one.missing, decimal_comma)[0].dropna()
            for one in (time, event)
        ]
        if (values[0] <= 0).any() or set(values[1]) != {0.0, 1.0}:
            continue
        if re.search(r"cens|zens", event.name, re.IGNORECASE):
            why = (
                f'or "time" with events = {event.name!r}, if that column is made 1 where the end '
                "was seen and 0 where watching stopped before; now its name says the opposite"
            )
            by_name[time.name] = replace(time, why=why)
            continue
        why = f"until {event.name!r}, which must be 1 where the end was seen, else 0"
        by_name[time.name] = replace(time, kind="time", event=event.name, why=why)
        by_name[event.name] = replace(event, role="event", why=f"tells whether {time.name!r} ended")
    return list(by_name.values())


def _share_a_word(a: str, b: str) -> bool:
    long_a, long_b = ({w.casefold() for w in _words(name) if len(w) > 3} for name in (a, b))
    return bool(long_a & long_b)


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", re.sub(r"([a-zäöü])([A-ZÄÖÜ])", r"\1 \2", name))


def _any(pattern: re.Pattern[str], words: Sequence[str]) -> bool:
    return any(pattern.fullmatch(word) for word in words)


def _gone(n_missing: int) -> str:
    return f"{n_missing} missing" if n_missing else "none missing"
