"""How marked the answers are, and the pattern that matching and marking make of a window."""
