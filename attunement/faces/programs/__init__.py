"""Programs whose tables of faces are read: one file and one entry a program."""

from attunement.faces.programs import (
    facereader,
    facereader_expressions,
    libreface,
    openface,
    py_feat,
)
from attunement.faces.programs.program import Program

# The first whose columns are there is taken.
PROGRAMS: tuple[Program, ...] = (
    openface.PROGRAM,
    py_feat.PROGRAM,
    libreface.PROGRAM,
    facereader.PROGRAM,
    facereader_expressions.EXPRESSIONS,
    facereader_expressions.VALENCE,
    facereader_expressions.STATES,
)
