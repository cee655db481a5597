"""From a folder with one split-screen recording to scores, as a researcher would.

The recording is rendered (two portraits of adults, warped), so that the example needs no file of
its own. Run it with: python examples/split_screen_study.py --out somewhere
"""

import argparse
from pathlib import Path

import pandas as pd

import attunement


def main(out: Path) -> None:
    recordings = out / "recordings"
    recordings.mkdir(parents=True, exist_ok=True)
    attunement.simulation.render_dyad(
        recordings, name="017_play", layout="side_by_side", duration_s=70, lag_s=0.8, seed=4
    )

    # The same as: attunement init recordings
    attunement.init_study(recordings, overwrite=True)
    manifest = recordings / "sessions.csv"
    table = pd.read_csv(manifest, dtype=str)
    print("What init could tell from names and sizes:")
    print(table.dropna(axis="columns").to_string(index=False))

    # Two things only the researcher knows: who sits where, and how the session is divided.
    table["layout"] = "side_by_side"
    table["caregiver_side"] = "left"
    table["episodes"] = "play=0:00-1:10"
    table.to_csv(manifest, index=False)

    # The same as: attunement run recordings/study.toml --out results --workers 2
    study = attunement.read_study(recordings / "study.toml")
    summary = attunement.run_study(study, out / "results", workers=2)
    columns = ["session", "n_windows", "n_scorable", "mirroring", "mirroring_p", "mirroring_lag_s"]
    print("\nOne table to model (planted lag 0.8 s):")
    print(summary.scores[columns].round(3).to_string(index=False))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("split-screen-study"))
    main(parser.parse_args().out)
