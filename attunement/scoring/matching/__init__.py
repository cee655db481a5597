"""How alike the partners move, at which lag: correlations, distances, mirroring."""
