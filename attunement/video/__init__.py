"""Frames of a recording with their true presentation times.

`probe_video` says what a recording is, `frame_times` when each of its frames is shown, and
`read_frames` gives the frames of a span as they are meant to be seen: turned upright, with square
pixels, not interlaced. A recording is one file or several chapters played one after the other;
its first frame is at 0 s.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
