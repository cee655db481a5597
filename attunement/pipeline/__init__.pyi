from .progress import Progress as Progress
from .run import Summary as Summary
from .run import run_study as run_study
