"""The page ``docs/outputs.md``: the files that a run writes, as the stages declare them.

Made with: python -m attunement.pipeline.files_page docs/outputs.md
"""

from collections.abc import Sequence

from attunement.pages import markdown_table, named_page
from attunement.pipeline import stages
from attunement.pipeline.stage import File
from attunement.study.files import write_text

_HEAD = """\
# What a run writes

Every file is whole or absent, and the same bytes for the same input, configuration and versions,
whatever the number of workers and however often the run was stopped. Only `log.jsonl` differs from
run to run. A file that is missing is made again by the next run.

In every CSV, a text that a spreadsheet would run as a formula has a single quote in front.
"""
_STAGES = """\
## Stages

A session goes through the stages in this order. `provenance.json` keeps a key of each: a hash of
its version, its section of `study.toml`, what it takes from the manifest, and the keys of the
stages whose files it reads. Where a key changed, that stage is computed again, and all after it.
A run says of which sessions, and why (`run_study(...).stages` as a table). Tracks of the same key
in a folder whose session was renamed, or exchanged its name with another, are taken over: no video
is read again. The folder of the old name stays.
"""
_OUTCOMES = """\
## What became of every session

A run ends with one table of it; `run_study(...).outcomes` is that table with a row a session, and
the event `outcomes` of `log.jsonl` holds the counts. Every session is one of these:

| outcome | when |
| --- | --- |
| `scored` | windows with a score (`n_scorable`) |
| `barely` | fewer of them than six side by side would have: under 30 of 5 s, one a second |
| `not_scorable` | none; `reason` of `scores.csv` says why, the table in words |
| `failed` | a row of `failures.csv`, none elsewhere; the next run tries it again |

Where the infant's face is lost more in some affect than in other (`gaps_affect_p`,
[Gaps](scoring.md#gaps)) a run ends with a warning that says in how many sessions, after which
affect, and what is withheld.

Some of them wait for somebody to say who is who (`run_study(...).waiting`): over a twentieth of the
frames with a face are not scored for it.
"""


def files_page() -> str:
    """Return the page as Markdown."""
    writer = {table.name: stage.name for stage in stages.STAGES for table in stage.writes}
    study = [(f"`{file.filename}`", _said(file)) for file in stages.study_files().values()]
    session = [
        (f"`{file.filename}`", writer.get(file.name, ""), _said(file))
        for file in stages.session_files().values()
    ]
    order = [
        (
            stage.name,
            _files(stage.reads) or "the recordings or tables",
            f"`[{stage.section}]`" if stage.section else "",
            _files(tuple(table.name for table in stage.writes)),
        )
        for stage in stages.STAGES
    ]
    return "\n".join(
        [
            _HEAD,
            "## Of the study: `OUT/`\n",
            _markdown(("file", "what is in it"), study),
            "## Of each session: `OUT/sessions/<session>/`\n",
            _markdown(("file", "stage", "what is in it"), session),
            _STAGES,
            _markdown(("stage", "reads", "settings", "writes"), order),
            _OUTCOMES.rstrip("\n"),
            "",
        ]
    )


def _said(file: File) -> str:
    return file.says.replace("|", "\\|")


def _files(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{stages.session_files()[name].filename}`" for name in names)


def _markdown(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return f"{markdown_table(header, rows)}\n"


if __name__ == "__main__":
    write_text(files_page(), named_page("docs/outputs.md"))
