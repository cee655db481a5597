"""Dyads with known truth: series (`simulate_dyad`) and video (`render_dyad`)."""

from attunement.simulation.curves import expression_curves
from attunement.simulation.dyad import simulate_dyad
from attunement.simulation.expressions import Controls
from attunement.simulation.portraits import load_portrait
from attunement.simulation.render import render_dyad
from attunement.simulation.truth import Truth
from attunement.simulation.warp import face_box, render_face

__all__ = [
    "Controls",
    "Truth",
    "expression_curves",
    "face_box",
    "load_portrait",
    "render_dyad",
    "render_face",
    "simulate_dyad",
]
