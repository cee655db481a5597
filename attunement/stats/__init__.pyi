from . import association as association
from . import reliability as reliability
