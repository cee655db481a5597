"""Data flows one way: which room may import which."""

import ast
from pathlib import Path

import attunement

ROOT = Path(attunement.__file__).parent
STAGES = {
    "study", "video", "clock", "faces", "codes", "signals", "scoring", "report", "simulation",
    "stats",
}  # fmt: skip
BASE = {
    "cards", "channels", "columns", "figures", "tables", "schema", "errors", "samples", "config",
    "provenance", "reasons", "registry", "workers", "written_numbers",
}  # fmt: skip
# A stage's own room and the base are open to it anyway. `study.sessions` holds plain data types,
# and what stands in `scoring.columns` says what scores are, whoever asks.
DECLARATIONS = ["scoring", "columns"]
MAY_IMPORT = {
    "study": {"video"},  # init looks at picture sizes
    "video": set(),
    "clock": {"video"},
    "faces": {"video", "clock"},
    "codes": set(),
    "signals": set(),
    "scoring": set(),
    "report": set(),
    "simulation": set(),
    "stats": set(),
}
ON_DISK_FREE = ("signals", "scoring", "stats")


def _imports(file: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names


def _files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def test_stages_import_only_what_lies_before_them():
    wrong = []
    for room in sorted(STAGES):
        assert _files(room), room
        for file in _files(room):
            for name in _imports(file):
                parts = name.split(".")
                if parts[0] != "attunement" or len(parts) < 2:
                    continue
                target = parts[1]
                plain_types = parts[1:3] in (["study", "sessions"], DECLARATIONS)
                if target == room or target in BASE | MAY_IMPORT[room] or plain_types:
                    continue
                if target == "__version__" or (target == "study" and len(parts) == 2):
                    # `from attunement.study import Session` yields both names; judged below
                    continue
                if target == "study" and parts[2] in {
                    "Session", "Study", "Partner", "Episode", "Span", "ALL"
                }:  # fmt: skip
                    continue
                wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    assert wrong == []


# A room of scoring may import those before it; what lies beside the rooms composes them.
SCORING_ROOMS = (
    "series", "chance", "matching", "marking", "answering", "repairing", "measures"
)  # fmt: skip


def test_the_rooms_of_scoring_stack_one_way():
    wrong = []
    for height, room in enumerate(SCORING_ROOMS):
        below = SCORING_ROOMS[: height + 1]
        files = _files(f"scoring/{room}")
        assert len(files) > 1, room
        for file in files:
            for name in _imports(file):
                parts = name.split(".")
                if parts[:2] == ["attunement", "scoring"] and (
                    len(parts) == 2 or parts[2] not in below
                ):
                    wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    assert wrong == []
    found = {path.name for path in (ROOT / "scoring").iterdir() if (path / "__init__.py").exists()}
    assert found == set(SCORING_ROOMS)


def test_only_the_pipeline_and_what_uses_it_compose_stages():
    for name in BASE:
        for imported in _imports(ROOT / f"{name}.py"):
            room = imported.split(".")[1] if imported.startswith("attunement.") else ""
            assert room not in STAGES, f"{name}.py imports {imported}"


def test_signals_scoring_and_stats_never_touch_the_disk():
    for room in ON_DISK_FREE:
        for file in _files(room):
            text = file.read_text(encoding="utf-8")
            for call in ("open(", "read_csv", "read_parquet", "to_csv", "to_parquet", "Path("):
                assert call not in text, f"{file.relative_to(ROOT)} uses {call}"


def test_files_have_one_reason_to_exist():
    long = {
        str(file.relative_to(ROOT)): n
        for file in ROOT.rglob("*.py")
        if (n := len(file.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
