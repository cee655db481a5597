from .outcomes_file import read_outcomes as read_outcomes
from .planning import plan_study as plan_study
from .planning import simulate_pool as simulate_pool
from .proposal_file import place_proposal as place_proposal
from .proposing import Proposal as Proposal
from .proposing import propose_association as propose_association
from .study import FittedStudy as FittedStudy
from .study import fit_study as fit_study
