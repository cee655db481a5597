"""How soon the command line answers: help, mistyped names, completion, a fault in study.toml.

    python benchmarks/cli_speed.py [--rounds 5]

Prints, for each call, the least and the median wall time of so many fresh processes, the least time
of a processor (which other work on the machine hardly lengthens), and which of the packages that
take long to load were loaded. What must not be loaded is asserted by tests/test_cli_at_once.py;
times are not, since they are those of the machine.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAVY = (
    "numpy", "pandas", "scipy", "pyarrow", "pydantic", "rich", "cv2", "av", "matplotlib",
    "statsmodels", "openpyxl",
)  # fmt: skip
CALL = "import sys; sys.argv = ['attunement', *sys.argv[1:]]; from attunement.cli import main; "
PROBE = f"""
import atexit, sys
told = lambda: print(*(n for n in {HEAVY!r} if n in sys.modules), file=open("loaded", "w"))
atexit.register(told)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "faulty").mkdir()
        (folder / "faulty" / "study.toml").write_text("[scoring]\nwindw_s = 3\n")
        (folder / "faulty" / "sessions.csv").write_text("session,layout\n")
        print(f"{'call':<48}{'least s':>9}{'median s':>9}{'cpu s':>7}  loads")
        for words, completing in calls():
            environment = {**os.environ, **completing}
            command = [sys.executable, "-c", f"{CALL}main()", *words]
            times, cpu = [], []
            for _ in range(rounds + 1):  # the first one reads the files into the memory
                before, start = used_s(), time.perf_counter()
                subprocess.run(command, cwd=folder, env=environment, capture_output=True)
                times.append(time.perf_counter() - start)
                cpu.append(used_s() - before)
            probe = [sys.executable, "-c", f"{PROBE}{CALL}main()", *words]
            subprocess.run(probe, cwd=folder, env=environment, capture_output=True)
            loaded = (folder / "loaded").read_text().strip()
            text = " ".join(words) or f"[Tab] {completing['COMP_WORDS']}"
            least, median = min(times[1:]), statistics.median(times[1:])
            row = f"{text:<48}{least:>9.2f}{median:>9.2f}{min(cpu[1:]):>7.2f}"
            print(f"{row}  {loaded or '-'}", flush=True)


def used_s() -> float:
    """Return the seconds of a processor that child processes took so far."""
    now = os.times()
    return now.children_user + now.children_system


def calls() -> list[tuple[list[str], dict[str, str]]]:
    """Return the words of each call, and what a shell sets when it completes."""
    typed = [
        "--help",
        "--version",
        "run --help",
        "fit --help",
        "run nonexistent.toml --out OUT",
        "check nonexistent.toml",
        "fit nonexistent.toml --out OUT",
        "init nonexistent",
        "run faulty --out OUT --model nonexistent",
        "run faulty --out OUT",
        "explain mirorring",
    ]
    completed = [("attunement run ", 2), ("attunement explain mirr", 2)]
    return [(words.split(), {}) for words in typed] + [
        (
            [],
            {
                "_ATTUNEMENT_COMPLETE": "complete_bash",
                "COMP_WORDS": words,
                "COMP_CWORD": str(place),
            },
        )
        for words, place in completed
    ]


if __name__ == "__main__":
    main()
