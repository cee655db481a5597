"""What to expect of a study's recordings, before the study is run.

`check_study` gives the table; `examine_study` also what `estimate_run_s` works with.
"""

from attunement.checking.advice import VERDICTS
from attunement.checking.study import StudyCheck, check_study, estimate_run_s, examine_study

__all__ = ["VERDICTS", "StudyCheck", "check_study", "estimate_run_s", "examine_study"]
