from .curves import expression_curves as expression_curves
from .dyad import simulate_dyad as simulate_dyad
from .expressions import Controls as Controls
from .portraits import load_portrait as load_portrait
from .render import render_dyad as render_dyad
from .truth import Truth as Truth
from .warp import face_box as face_box
from .warp import render_face as render_face
