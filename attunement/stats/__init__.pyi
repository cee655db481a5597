from . import association as association
from . import reliability as reliability
from .association import fit_association as fit_association
