"""Write the two tables in ``study``: OpenFace intensities of a made-up infant and caregiver.

The caregiver smiles 0.8 s after the infant and raises the brows; both have quiet spells, the infant
frowns at times, and a face is lost now and then. Run with: python tests/old_outputs/make_tables.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

RATE_HZ = 5
DURATION_S = 90
UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
STUDY = Path(__file__).parent / "study"


def _course(rng: np.random.Generator, n: int, *, gap_s: tuple[float, float]) -> np.ndarray:
    level = np.zeros(n)
    start = int(rng.uniform(2, 5) * RATE_HZ)
    while start < n:
        length = int(rng.uniform(2, 4.5) * RATE_HZ)
        level[start : start + length] = rng.uniform(1.5, 3.5)
        start += length + int(rng.uniform(*gap_s) * RATE_HZ)
    return np.convolve(level, np.hanning(7) / np.hanning(7).sum(), mode="same")


def _table(rng: np.random.Generator, units: dict[int, np.ndarray]) -> pd.DataFrame:
    n = RATE_HZ * DURATION_S
    seen = np.ones(n, int)
    for start in rng.integers(0, n - 5, 3):
        seen[start : start + 5] = 0
    columns = {
        "frame": np.arange(1, n + 1),
        "timestamp": np.arange(n) / RATE_HZ,
        "confidence": np.where(seen, 0.98, 0.0),
        "success": seen,
        **{f"pose_R{axis}": rng.normal(0, 0.03, n).round(3) for axis in "xyz"},
    }
    for unit in UNITS:
        level = np.clip(units.get(unit, 0) + rng.normal(0, 0.15, n), 0, 5)
        columns[f"AU{unit:02d}_r"] = np.where(seen, level, 0).round(2)
    return pd.DataFrame(columns)


def main() -> None:
    rng = np.random.default_rng(1)
    n = RATE_HZ * DURATION_S
    smile = _course(rng, n, gap_s=(4, 9))
    frown = _course(rng, n, gap_s=(12, 20)) * (smile < 0.2)
    lag = round(0.8 * RATE_HZ)
    answer = np.concatenate([np.zeros(lag), smile[:-lag]])
    infant = _table(rng, {12: smile, 6: 0.7 * smile, 4: frown, 15: 0.6 * frown, 20: 0.5 * frown})
    caregiver = _table(
        rng, {12: 0.8 * answer, 6: 0.5 * answer, 1: 0.9 * answer, 2: 0.8 * answer, 5: 0.4 * answer}
    )
    infant.to_csv(STUDY / "infant.csv", index=False, lineterminator="\n")
    caregiver.to_csv(STUDY / "caregiver.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
