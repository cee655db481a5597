from .finding import find_clock as find_clock
from .finding import on_clock as on_clock
