"""Recompute the synchrony that Diao et al. (2024) published for twenty dyads, from the series.

The data (OpenFace intensities of two action units of both partners, MIT licence) lie in
../shared/data/videoconference_dyads beside the project and are not part of the package. Run it
with: python examples/published_synchrony.py --out somewhere
"""

import argparse
from pathlib import Path

import pandas as pd

from attunement.scoring import scale_series, synchrony_indices

DATA = Path(__file__).resolve().parents[2] / "shared/data/videoconference_dyads"
SAMPLING_HZ = 30.0


def recompute(data: Path, published: pd.DataFrame) -> pd.DataFrame:
    """Return the four figures of every published row, from the series."""
    rows = []
    for row in published.itertuples():
        series = pd.read_csv(data / f"series/{row.signal}/1080p_{row.session}_0.csv", sep=" ")
        both = scale_series(*series.to_numpy(float).T, sampling_hz=SAMPLING_HZ)
        found = synchrony_indices(*both, sampling_hz=SAMPLING_HZ)
        rows.append({"signal": row.signal, "session": row.session, **found})
    return pd.DataFrame(rows)


def main(out: Path) -> None:
    if not DATA.is_dir():
        print("This example needs ../shared/data/videoconference_dyads, which is not here.")
        return
    out.mkdir(parents=True, exist_ok=True)
    published = pd.read_csv(DATA / "published_1080p.csv")
    found = recompute(DATA, published)
    figures = list(found.columns[2:])
    difference = (found[figures] - published[figures]).abs()
    table = found.assign(largest_difference=difference.max(axis="columns"))
    table.to_csv(out / "published_synchrony.csv", index=False)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    print(f"\n{len(table)} rows; largest difference from what was published: "
          f"{difference.max(axis=None):.1e}")  # fmt: skip
    print(
        "A lag is positive where the second person follows. The figures are means of absolute"
        "\ncorrelations: they say how much, not whether more than by chance."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("published-synchrony"))
    main(parser.parse_args().out)
