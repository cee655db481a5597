"""The text of a proposed ``[association]``: settings, and comments that say what they rest on."""

import difflib
import re
import textwrap
from collections.abc import Iterable, Sequence

from attunement.cards import count
from attunement.config import Association
from attunement.fitting.columns import Proposed
from attunement.fitting.keys import Key, toml_text
from attunement.stats.association.ids import as_it_looks, near_ids

_WIDTH = 98
_MOST_IDS = 12
_OPENING = (
    "Proposed by attunement fit --propose from {source}. Read every line and correct it: what a "
    "column means, only you know. Delete outcomes that are not asked: each is a test more."
)


def proposal_toml(
    columns: Sequence[Proposed],
    *,
    source: str,
    key: Key | None,
    declared: Association,
    to_correct: Sequence[str],
    sheet: str = "",
    note: str = "",
    of_predictors: str = "",
) -> str:
    """Return the section as text; `source` is empty where the outcomes are the manifest's own."""
    outcomes = [one for one in columns if one.role == "outcome"]
    constant = [one for one in columns if one.role == "constant"]
    lines = ["[association]", *_comment(_OPENING.format(source=source or "the manifest"))]
    lines += _comment(note) if note else []
    for fault in to_correct:
        lines += _comment(f"CORRECT FIRST: {fault}")
    if source:
        lines.append(f"outcomes_file = {toml_text(source)}")
    if sheet:
        lines.append(f"outcomes_sheet = {toml_text(sheet)}")
    if key is not None:
        lines += _key_lines(key)
    lines += _comment(of_predictors) if of_predictors else []
    lines.append(f"predictors = {_listed(declared.predictors)}")
    lines.append('nan_policy = "omit"  # dyads without a value are left out and named; or "raise"')
    if not outcomes:
        lines += _comment(
            "No column can be an outcome as it stands; why not is said below, column by column. "
            "Correct the table and propose again; or name a column in outcomes, and its kind as in "
            'kinds.NAME = "continuous".'
        )
    lines.append("outcomes = [")
    lines += [f"    {toml_text(one.name)}," for one in outcomes]
    lines.append("]")
    if outcomes:
        example = toml_text(f"{outcomes[0].name} ~ {declared.predictors[0]}")
        lines += [
            *_comment(
                "If one test was decided on before any result, name it before the first fit:"
            ),
            f"# primary = {example}",
        ]
    if constant:
        names = _listed(one.name for one in constant)
        lines += [
            *_comment("What people often hold constant; to do so, take the # away from this line:"),
            f"# covariates = {names}",
        ]
    if outcomes:
        lines += _comment(
            "What scores move with besides the dyad (events of the infant, the caregiver's base "
            'rate, usable time, coverage) is held constant with ["offered"] alone as covariates.'
        )
    for one in (*outcomes, *constant, *(one for one in columns if one.role == "event")):
        lines += ["", *_column_lines(one)]
    left = [one for one in columns if not one.role]
    if left:
        lines += ["", "# Not proposed:"]
        for one in left:
            lines += _comment(f"{toml_text(one.name)}: {one.why}.")
    return "\n".join(lines) + "\n"


def _key_lines(key: Key) -> list[str]:
    total = key.n_found + len(key.study_only)
    lines = [f"{key.as_toml()}  # {key.n_found} of {total} found"]
    if key.alike:
        shown = [f"{toml_text(a)} is {toml_text(b)}" for a, b in list(key.alike.items())[:3]]
        more = ", and so on" if len(key.alike) > 3 else ""
        lines += _comment(
            f"{count(len(key.alike), 'id')} written otherwise: {', '.join(shown)}{more}."
        )
        lines.append('ids = "alike"')
    for names, others, where in (
        (key.study_only, key.outcomes_only, "the study"),
        (key.outcomes_only, key.study_only, "the outcomes"),
    ):
        if names:
            lines += _comment(f"In {where} only: {_ids(names, others)}.")
    return lines


def _ids(names: Sequence[str], others: Sequence[str]) -> str:
    shown = []
    by_look = {as_it_looks(other): other for other in others}
    holding = near_ids(names[:_MOST_IDS], others)
    for name in names[:_MOST_IDS]:
        near = difflib.get_close_matches(as_it_looks(name), by_look, n=1, cutoff=0.75)
        found = holding.get(name, tuple(by_look[look] for look in near))
        meant = f" (meant: {toml_text(found[0])}?)" if len(found) == 1 else ""
        shown.append(f"{toml_text(name)}{meant}")
    more = f" and {len(names) - _MOST_IDS} more" if len(names) > _MOST_IDS else ""
    return f"{', '.join(shown)}{more}"


def _column_lines(one: Proposed) -> list[str]:
    key = _key(one.name)
    told = "; ".join(part for part in (one.found, one.why) if part)
    lines = _comment(f"{toml_text(one.name)}: {told}{'' if told.endswith('?') else '.'}")
    if one.kind and one.role in ("outcome", "constant"):
        lines.append(f"kinds.{key} = {toml_text(one.kind)}")
    if one.levels:
        lines.append(f"levels.{key} = {_listed(one.levels)}")
    if one.labels:
        pairs = ", ".join(f"{toml_text(a)} = {toml_text(b)}" for a, b in one.labels.items())
        lines.append(f"labels.{key} = {{{pairs}}}")
    if one.event:
        lines.append(f"events.{key} = {toml_text(one.event)}")
    if one.missing:
        lines += _comment(f"Taken for missing, if you agree: {one.codes_told}.")
        codes = [toml_text(c) if isinstance(c, str) else f"{c:.15g}" for c in one.missing]
        lines.append(f"missing_values.{key} = [{', '.join(codes)}]")
    return lines


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_text(name)


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(toml_text, texts))}]"


def _comment(text: str) -> list[str]:
    # What people typed may hold any character; a comment ends with its line.
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return textwrap.wrap(
        plain, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
