"""Numbers as people and spreadsheets write them, and words that stand for a missing one."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

# How spreadsheets and statistics programs write a missing number. In a column of text they stay
# text: NA may be a name.
MISSING_NUMBERS = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan"})
# What stands in a column of categories where nothing was coded. None of them is left out in
# silence: each can be a label of somebody's scheme, and so it is asked for.
_NOT_CODED = frozenset(
    {"", "na", "n/a", "n.a.", "n.a", "nan", "<na>", "nat", "null", ".", "..", "?", "??", "???",
     "#n/a", "#na", "#nv", "#null!", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "#wert!",
     "#bezug!", "#zahl!", "#valeur!", "missing", "not coded", "not codable", "uncodable", "uncoded",
     "not applicable", "k.a.", "k. a."}
)  # fmt: skip
# A dash is a label where plus signs are labels too, as in codes of valence.
_DASHES = frozenset({"-", "--", "---", "\u2013", "\u2014", "\u2212"})
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_IN_THREES = re.compile(r"([+-]?[1-9]\d{0,2})[.,](\d{3})", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_MISSING_CODE = re.compile(r"-\d|[+-]?(?:66+|77+|88+|99+|9+[5-8])", re.ASCII)
_WITH_COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_WITH_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?", re.ASCII)
_WITH_BLANKS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[ '\u2019]\d{3})+(?:[.,]\d*)?", re.ASCII)
_BLANKS = str.maketrans(
    dict.fromkeys("\u00a0\u2009\u202f\u2007\t", " ") | {"\u200b": "", "\ufeff": ""}
)
_SIGNS = re.compile(r"^[\u2212\u2013\u2012\ufe63\uff0d](?=[\d.,])")
_DATE = re.compile(
    r"\d{4}-\d\d?-\d\d?(?:[ T].*)?|\d{1,2}[./]\d{1,2}[./](?:\d{2,4})?"
    r"|\d{1,2}[. -]*(?:[A-Za-zäéû]{3,9})\.?(?:[ -]*\d{2,4})?|[A-Za-zäéû]{3,9}[ .-]*\d{2,4}"
)
_MONTHS = (
    "jan", "feb", "mar", "mär", "mrz", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct",
    "okt", "nov", "dec", "dez", "fév", "avr", "jui", "aoû", "déc", "ene", "abr", "ago", "dic",
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """Cells read as numbers.

    Attributes
    ----------
    values : tuple of float
        One a cell, NaN where it holds no number.
    wrong : dict of int to str
        What to do about each cell that is neither a number nor missing, by its place.
    words : dict of int to str
        Cells with a word for a missing number (``NA``), by their place.
    both_marks : bool
        Whether points and commas both mark decimals.
    """

    values: tuple[float, ...]
    wrong: dict[int, str]
    words: dict[int, str]
    both_marks: bool


def tidy(cell: str) -> str:
    """Return a cell without outer and doubled blanks of any width, its minus sign a hyphen."""
    return _SIGNS.sub("-", " ".join(cell.translate(_BLANKS).split()))


def read_numbers(cells: Sequence[str], *, decimal_comma: bool = False) -> Written:
    """Read the cells of one column as numbers.

    Decimal points and commas, thousands in groups of three, a minus sign of any length. What can be
    read in two ways (``1,234`` alone; ``1.234`` beside ``987,5``, or beside ``327`` where no cell
    has other than three digits after a mark) is wrong, as is every other text. A column of nothing
    but percent is one of shares: 45% is .45.

    Parameters
    ----------
    cells : sequence of str
        The column.
    decimal_comma : bool
        Whether the file separates cells otherwise than by commas, so that a comma is a decimal one
        unless the column says otherwise.
    """
    texts = [tidy(cell) for cell in cells]
    filled = [text for text in texts if text not in MISSING_NUMBERS]
    if filled and all(text.endswith("%") for text in filled):
        read = read_numbers([t.removesuffix("%") for t in texts], decimal_comma=decimal_comma)
        shares = tuple(value / 100 for value in read.values)
        return replace(read, values=shares)
    with_point = any(
        "." in t and _PLAIN.fullmatch(t) and not _IN_THREES.fullmatch(t) for t in texts
    )
    with_point |= any("," in t and _sure_thousands(t, _WITH_COMMAS) for t in texts)
    with_comma = any(_COMMA.fullmatch(t) and not _IN_THREES.fullmatch(t) for t in texts)
    with_comma |= any("." in t and _sure_thousands(t, _WITH_POINTS) for t in texts)
    marks = _Marks(with_point, with_comma, decimal_comma)
    bare = "" if with_point or with_comma else _first_bare(filled)
    values, wrong, words = [], {}, {}
    for place, text in enumerate(texts):
        value = math.nan
        if text in MISSING_NUMBERS:
            if text:
                words[place] = text
        elif bare and _IN_THREES.fullmatch(text):
            wrong[place] = _advice_beside(text, bare)
        elif (number := _number(text, marks)) is None:
            wrong[place] = cell_advice(text)
        else:
            value = number
        values.append(value)
    return Written(tuple(values), wrong, words, with_point and with_comma)


def _first_bare(filled: Sequence[str]) -> str:
    """Return the first whole number without a mark that is no code of missing values, or nothing.

    Where all marked cells of its column have three digits after the mark, those may be thousands:
    a program that writes decimals drops the last zeros of one cell in ten, or of none.
    """
    whole = (text for text in filled if _WHOLE.fullmatch(text))
    return next((text for text in whole if not _MISSING_CODE.fullmatch(text)), "")


def _advice_beside(text: str, bare: str) -> str:
    whole, decimal = re.sub("[.,]", "", text), text.replace(",", ".")
    return (
        f"It can be read in two ways beside {bare}: write {whole} where it is a thousand and more; "
        f"where it is {decimal}, write {bare} as {bare}.0."
    )


def _sure_thousands(text: str, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.fullmatch(text)) and not _IN_THREES.fullmatch(text)


@dataclass(frozen=True)
class _Marks:
    """What surely marks decimals in a column, and whether its file expects commas to."""

    point: bool = False
    comma: bool = False
    file_has_commas: bool = False


def _number(text: str, marks: _Marks) -> float | None:
    """Return the number that a text stands for in its column; None where it is none, or two."""
    if in_threes := _IN_THREES.fullmatch(text):
        if "." in text:
            return None if marks.comma else float(text)
        if not marks.point and (marks.comma or marks.file_has_commas):
            return float(text.replace(",", "."))
        only_points = marks.point and not (marks.comma or marks.file_has_commas)
        return float("".join(in_threes.groups())) if only_points else None
    if _PLAIN.fullmatch(text):
        return float(text)
    if _COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    if _WITH_COMMAS.fullmatch(text):
        return float(text.replace(",", ""))
    if _WITH_POINTS.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if _WITH_BLANKS.fullmatch(text):
        return float(re.sub("[ '\u2019]", "", text).replace(",", "."))
    return None


def reads_two_ways(text: str) -> bool:
    """Tell whether a cell is a number that its column decides how to read: 1,234 or 1.234."""
    return bool(_IN_THREES.fullmatch(tidy(text)))


def plain_number(text: str) -> float:
    """Return the number that a single cell stands for whatever its column; NaN where none."""
    tidied = tidy(text)
    number = None if tidied in MISSING_NUMBERS else _number(tidied, _Marks())
    return math.nan if number is None else number


def cell_advice(text: str) -> str:
    """Return what to do about a cell that is no number."""
    if _IN_THREES.fullmatch(text):
        points, bare = text.replace(",", "."), re.sub("[.,]", "", text)
        return f"It can be read in two ways: write {points} or {bare}."
    if text.endswith("%") and not math.isnan(plain_number(text[:-1])):
        return "Others have no percent sign: write all numbers alike, 0.45 or 45."
    if re.match(r"[<>≤≥~≈]", text):
        return (
            "A number below or above what could be measured is not known: write the number that "
            "your method prescribes, or list the text under missing_values."
        )
    if text.startswith("#"):
        return "It is a spreadsheet's error: correct the formula, or empty the cell."
    if text.casefold() in ("true", "false", "yes", "no", "wahr", "falsch", "ja", "nein"):
        return 'Write 1 and 0, or say in labels which is which: {yes = "1", no = "0"}.'
    if _is_date(text):
        return (
            "A spreadsheet has made a date of a number such as 1.2: format the column as text, "
            "type the number again, and save."
        )
    return "Correct it, empty the cell, or list it under missing_values."


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    letters = re.sub(r"[^A-Za-zäéû]", "", text.split("T")[0]).casefold()
    return not letters or letters.startswith(_MONTHS)


def not_coded_words(labels: Iterable[object]) -> list[str]:
    """Return those labels that are usual ways to write that nothing was coded, as they stand."""
    texts = [label for label in dict.fromkeys(labels) if isinstance(label, str)]
    plus = any(text.strip() and not text.strip().strip("+") for text in texts)
    # None is a label where others have a capital too, as none is among small letters; beside small
    # letters it is what Python writes for a missing value.
    words = [t for t in map(tidy, texts) if t != "None" and t.casefold() not in _NOT_CODED]
    none = not any(word[0].isupper() for word in words)
    return [
        text
        for text in texts
        if tidy(text).casefold() in _NOT_CODED
        or (tidy(text) in _DASHES and not plus)
        or (tidy(text) == "None" and none)
    ]


def spelt_alike(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """Return labels that differ in nothing but letters' case and blanks, group by group."""
    by_key: dict[str, list[str]] = {}
    for label in dict.fromkeys(labels):
        by_key.setdefault(tidy(label).casefold(), []).append(label)
    return [tuple(sorted(group)) for group in by_key.values() if len(group) > 1]
