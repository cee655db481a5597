from .association import plot_association as plot_association
from .patterns import plot_patterns as plot_patterns
from .specifications import plot_specifications as plot_specifications
from .timeline import plot_timeline as plot_timeline
