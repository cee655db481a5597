from .properties import COLUMNS as COLUMNS
from .properties import Row as Row
from .run import GROUPS as GROUPS
from .run import validate as validate
from .text import HEADER as HEADER
from .text import summary_text as summary_text
from .text import to_line as to_line
from .text import to_text as to_text
