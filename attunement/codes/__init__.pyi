from .convert import SIGNS as SIGNS
from .convert import codes_to_signals as codes_to_signals
from .reading import read_codes as read_codes
