"""States, mismatch and repair, and recovery from distress."""
