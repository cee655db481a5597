"""What the README tells to type is what is tested."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("pip install . && attunement demo", 'pip install ".[test]" && pytest -n 2')


@pytest.mark.parametrize("command", COMMANDS)
def test_the_two_commands_stand_as_one_line_and_as_two(command):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"```\n{command}\n```" in text
    assert "```\n" + command.replace(" && ", "\n") + "\n```" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_ci_runs_the_same_two(command):
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_file_the_readme_names_exists():
    import re

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(([^)#:]+)\)|`((?:notebooks|examples|docs)/[^`]+)`", text)
    paths = [first or second for first, second in named]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_file_the_contributing_page_names_exists():
    import re

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`((?:[a-z_.]+/)+[a-z_.]*|[a-z_]+\.py)`", text))
    assert len(names) > 30
    places = (ROOT, ROOT / "attunement", ROOT / "attunement" / "scoring")
    outside = {"sessions.csv", "../shared"}
    missing = [
        name
        for name in sorted(names - outside)
        if not any((place / name).exists() for place in places)
    ]
    assert missing == []


def test_the_contributing_page_lists_the_steps_of_ci():
    import re

    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    steps = re.search(r"STEPS=\((.*)\)", script)[1].split()
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)[: len(steps)] == steps
