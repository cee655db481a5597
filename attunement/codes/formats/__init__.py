"""Files of coders' programs: one file a format, and one line for it in `FORMATS`."""

from attunement.codes.formats import delimited
from attunement.codes.formats.format import Format

# The first whose ending fits reads the file.
FORMATS: tuple[Format, ...] = (delimited.FORMAT,)
