from .specifications import plot_specifications as plot_specifications
from .timeline import plot_timeline as plot_timeline
