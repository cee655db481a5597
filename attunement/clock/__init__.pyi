from .finding import Clock as Clock
from .finding import find_clock as find_clock
