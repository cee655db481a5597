from .advice import VERDICTS as VERDICTS
from .study import StudyCheck as StudyCheck
from .study import check_study as check_study
from .study import estimate_run_s as estimate_run_s
from .study import examine_study as examine_study
