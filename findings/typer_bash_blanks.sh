#!/usr/bin/env bash
# What typer completes in bash is two words where it holds a blank.
#
# Packages: typer 0.21.1 and 0.29.2 (PyPI).
# Input: a program with one argument whose completion is the text "my study.toml", made here; bash
#   on a terminal of its own, in which "prog my" and Tab are typed.
# Expected by most: the shell gets one word, as it does for names of files and in zsh and fish.
# Seen: the line becomes "prog my study.toml", and the program is called with two arguments. The
#   function that typer writes for bash puts texts into COMPREPLY as they are, and bash quotes what
#   stands there only for complete -o filenames.
# In attunement: blanks are quoted before they are given to bash, and only to bash
#   (tests/test_cli_at_once.py).
# Exits with 1 when this is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for version in 0.21.1 0.29.2; do
    python3 -m venv "$work/$version"
    "$work/$version/bin/pip" install --quiet "typer==$version"
    mkdir "$work/$version/home"
    cat > "$work/$version/bin/prog" <<PROGRAM
#!$work/$version/bin/python
from typing import Annotated
import typer

app = typer.Typer()

@app.command()
def main(
    study: Annotated[list[str], typer.Argument(autocompletion=lambda: ["my study.toml"])],
) -> None:
    print(f"given: {study}")

app()
PROGRAM
    chmod +x "$work/$version/bin/prog"
    HOME="$work/$version/home" PATH="$work/$version/bin:$PATH" python3 - "$version" <<'PYTHON'
import os
import pty
import re
import select
import subprocess
import sys
import time

version = sys.argv[1]
shown = subprocess.run(
    ["prog", "--show-completion", "bash"], capture_output=True, text=True,
    env={**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
).stdout
with open(os.path.expanduser("~/.bashrc"), "w") as file:
    file.write(f"{shown}\nbind 'set enable-bracketed-paste off'\nPS1='$ '\n")
child, terminal = pty.fork()
if child == 0:
    os.execvp("bash", ["bash", "-i"])


def until(wanted, seconds=20.0):
    seen, end = "", time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096).decode(errors="replace")
    return seen


until("$ ")
os.write(terminal, b"prog my\t")
until("study.toml")
os.write(terminal, b"\n")
given = re.search(r"given: (.*?)\r", until("']\r"))
os.write(terminal, b"exit\n")
print(f"typer {version}: after Tab the program was given {given and given[1]}")
sys.exit(0 if given and given[1] == "['my', 'study.toml']" else 1)
PYTHON
done
