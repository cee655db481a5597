"""Whether the scores hold what is asked of them: section by section, on dyads with known truth."""

from attunement.validation.rows import COLUMNS, Row
from attunement.validation.run import GROUPS, validate
from attunement.validation.text import HEADER, summary_text, to_line, to_text

__all__ = [
    "COLUMNS",
    "GROUPS",
    "HEADER",
    "Row",
    "summary_text",
    "to_line",
    "to_text",
    "validate",
]
