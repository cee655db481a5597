from .pictures import Frame as Frame
from .pictures import Part as Part
from .reading import read_frames as read_frames
from .recording import VideoInfo as VideoInfo
from .recording import frame_times as frame_times
from .recording import probe_video as probe_video
