"""The canonical face: where landmarks lie on an average face looking into the camera."""

import numpy as np
from numpy.typing import NDArray

# Pairs are subject's right and left. Chosen where expressions move the skin least: eye corners,
# bridge and wings of the nose, temples, upper cheekbones.
RIGID_PAIRS = (
    (33, 263),
    (133, 362),
    (122, 351),
    (193, 417),
    (245, 465),
    (127, 356),
    (234, 454),
    (162, 389),
    (93, 323),
    (143, 372),
    (116, 345),
    (54, 284),
    (98, 327),
    (48, 278),
)
RIGID_MIDDLE = (168, 6, 197, 195, 5, 4, 1, 2)
RIGID = np.array([index for pair in RIGID_PAIRS for index in pair] + list(RIGID_MIDDLE))

# Right half and middle in units of the distance of the outer eye corners; origin between the four
# eye corners, x to the right of the picture, y up, z towards the camera. Mean over seven faces
# (astronaut and Hopper portraits, five people of the test clips, one of them an infant), each
# turned into MediaPipe's canonical frame with its transformation matrix from a crop centred on the
# face, scaled, averaged per person, then over people and over the two halves.
_HALF = {
    33: (-0.500, 0.008, -0.030),
    133: (-0.196, -0.008, 0.030),
    122: (-0.064, -0.048, 0.247),
    193: (-0.082, 0.043, 0.172),
    245: (-0.112, -0.037, 0.136),
    127: (-0.776, -0.049, -0.590),
    234: (-0.772, -0.206, -0.634),
    162: (-0.764, 0.117, -0.484),
    93: (-0.762, -0.367, -0.631),
    143: (-0.694, -0.042, -0.192),
    116: (-0.705, -0.174, -0.163),
    54: (-0.665, 0.375, -0.212),
    98: (-0.196, -0.448, 0.211),
    48: (-0.215, -0.379, 0.299),
    70: (-0.651, 0.176, -0.047),
    63: (-0.587, 0.241, 0.044),
    105: (-0.483, 0.277, 0.119),
    66: (-0.340, 0.272, 0.188),
    107: (-0.174, 0.250, 0.222),
    46: (-0.613, 0.146, 0.015),
    53: (-0.551, 0.197, 0.081),
    52: (-0.457, 0.221, 0.134),
    65: (-0.327, 0.212, 0.175),
    55: (-0.150, 0.159, 0.198),
    160: (-0.429, 0.053, 0.046),
    159: (-0.375, 0.062, 0.063),
    158: (-0.318, 0.058, 0.066),
    144: (-0.413, -0.027, 0.035),
    145: (-0.359, -0.031, 0.052),
    153: (-0.302, -0.026, 0.055),
    82: (-0.082, -0.687, 0.229),
    87: (-0.079, -0.765, 0.199),
    61: (-0.325, -0.696, 0.055),
    172: (-0.629, -0.869, -0.403),
    132: (-0.739, -0.539, -0.593),
    136: (-0.552, -0.973, -0.281),
    150: (-0.452, -1.065, -0.182),
    148: (-0.149, -1.231, 0.044),
    168: (0.000, 0.052, 0.220),
    6: (0.000, -0.033, 0.275),
    197: (0.000, -0.107, 0.335),
    195: (0.000, -0.174, 0.402),
    5: (0.000, -0.246, 0.471),
    4: (0.000, -0.333, 0.502),
    1: (0.000, -0.403, 0.480),
    2: (0.000, -0.474, 0.304),
    13: (0.000, -0.692, 0.239),
    14: (0.000, -0.770, 0.210),
    0: (0.000, -0.632, 0.298),
    17: (0.000, -0.869, 0.230),
    10: (0.000, 0.570, 0.142),
    152: (0.000, -1.245, 0.064),
    164: (0.000, -0.531, 0.286),
}
# Every pair of landmarks with a place above that change places in a mirrored picture.
PAIRS = (
    *RIGID_PAIRS,
    (70, 300),
    (63, 293),
    (105, 334),
    (66, 296),
    (107, 336),
    (46, 276),
    (53, 283),
    (52, 282),
    (65, 295),
    (55, 285),
    (160, 387),
    (159, 386),
    (158, 385),
    (144, 373),
    (145, 374),
    (153, 380),
    (82, 312),
    (87, 317),
    (61, 291),
    (172, 397),
    (132, 361),
    (136, 365),
    (150, 379),
    (148, 377),
)


def canonical_face() -> dict[int, NDArray[np.float64]]:
    """Return position by landmark number, of every landmark the room makes use of."""
    points = {index: np.array(place) for index, place in _HALF.items()}
    mirrored = {left: points[right] * (-1.0, 1.0, 1.0) for right, left in PAIRS}
    return {**points, **mirrored}
