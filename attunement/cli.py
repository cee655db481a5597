"""The command line: every command parses its options, calls the package and prints what it gave.

Results go to standard output; progress and errors to standard error. Exit 0: all is well; 1: `run`
left sessions unfinished (the next run tries them again), `demo` missed its planted truth, `check`
found a session that cannot be scored, or `doctor` found something wrong; 2: the call, the manifest,
the configuration or a file is at fault; 130: a run was stopped by Ctrl-C.
"""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from attunement.cli_arguments import (
    CodesPath,
    ColumnName,
    ModelPath,
    OutcomesFile,
    OutFolder,
    Results,
    StudyPath,
    VideoFolder,
)
from attunement.errors import AttunementError

if TYPE_CHECKING:
    from attunement.study import Study

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Code recorded caregiver-infant attunement: mirroring and markedness from video.",
)


def main() -> None:
    """Run the command line; every expected error is one or a few sentences, never a traceback."""
    try:
        app()
    except AttunementError as error:
        print(f"attunement: {error.reason}", file=sys.stderr)  # noqa: T201
        if error.advice:
            print(error.advice, file=sys.stderr)  # noqa: T201
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from attunement import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the videos, tables and picture.")] = Path(
        "attunement-demo"
    ),
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    model: ModelPath = None,
) -> None:
    """Render a short study with known truth, run it, and compare what was planted with the result.

    Example: attunement demo --out attunement-demo
    """
    from attunement.demo import run_demo
    from attunement.terminal import show_progress

    _name_untried_versions()
    with show_progress() as listener:
        result = run_demo(out, workers=workers, model=model, progress=listener)
    typer.echo(result.text)
    raise typer.Exit(0 if result.passed else 1)


@app.command()
def init(
    folder: VideoFolder,
    overwrite: Annotated[bool, typer.Option(help="Replace files that are there.")] = False,
) -> None:
    """Write study.toml and sessions.csv for a folder of videos, filled in as far as can be told.

    Example: attunement init recordings
    """
    from attunement.study.init import start_study, started_text

    started = start_study(folder, overwrite=overwrite)
    for path in started.files:
        typer.echo(path)
    typer.echo(started_text(started, folder), err=True)


@app.command()
def check(
    study: StudyPath,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Folder for pictures of four frames a session; else none are written."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes; else as study.toml says.")
    ] = None,
    model: ModelPath = None,
) -> None:
    """Look at every recording and say what to expect of it, before the study is run.

    Works before the manifest says who is who: faces are then called A and B, and the cells to
    fill in are printed.

    Exit 1: some session cannot be read or scored.

    Example: attunement check study.toml --pictures looks
    """
    from attunement.study import read_study

    loaded = read_study(study, who_needed=False)
    from attunement.checking import estimate_run_s, examine_study
    from attunement.checking.text import estimate_text, one_source_text, pictures_text, to_text
    from attunement.study.files import csv_text

    workers = workers or loaded.config.execution.workers
    found = examine_study(
        loaded,
        pictures=pictures,
        workers=workers,
        model=model,
        progress=lambda done, total, name: typer.echo(f"{done}/{total} {name}", err=True),
    )
    typer.echo(csv_text(found.table) if csv else to_text(found.table), nl=not csv)
    if one_file := one_source_text(loaded.sessions):
        typer.echo(f"\n{one_file}", err=csv)
    expected = estimate_text(estimate_run_s(found.sessions, workers=workers), workers)
    typer.echo(f"\n{expected}", err=csv)
    told = pictures_text(found.table, pictures)
    if told:
        typer.echo(f"\n{told}", err=csv)
    raise typer.Exit(0 if found.passed else 1)


@app.command()
def run(
    study: StudyPath,
    out: OutFolder,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes; else as study.toml says.")
    ] = None,
    model: ModelPath = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Address of a Dask scheduler whose workers do the work."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Begin nothing where a recording or table is missing, empty or not to be read "
            "(exit 2). What is in it is not looked at before: check does that.",
        ),
    ] = False,
) -> None:
    """Extract faces, compute signals and scores for every session of a study.

    A recording that is missing or empty fails its own session, which is said first; the others
    run. Exit 1: some session failed; the next run tries it again.

    What an earlier run finished is not computed again; a run may be stopped at any moment
    (Ctrl-C) and gone on with by the same command. What happened when is in OUT/log.jsonl.

    Example: attunement run study.toml --out results --workers 2
    """
    from attunement.study import read_study

    _name_untried_versions()
    loaded = read_study(study)  # before what takes time to load: a manifest has faults more often
    from attunement.cards import wrapped
    from attunement.pipeline import run_study
    from attunement.pipeline.outcomes import outcome_text
    from attunement.terminal import show_progress

    try:
        with show_progress() as listener:
            summary = run_study(
                loaded,
                out,
                workers=workers,
                model=model,
                progress=listener,
                scheduler=scheduler,
                strict=strict,
            )
    except KeyboardInterrupt:
        typer.echo(
            "Stopped: what is finished is kept; run the same command again to go on.", err=True
        )
        raise typer.Exit(130) from None
    typer.echo(outcome_text(loaded, summary.out, summary.outcomes, summary.waiting))
    typer.echo(f"Scores: {out / 'scores.csv'}")
    from attunement.stats.reliability import reliability_sentence

    sentences = reliability_sentence(summary.reliability)
    typer.echo("\n".join(wrapped(sentences)))
    from attunement.pipeline.gaps_sentence import gaps_sentence

    if warning := gaps_sentence(summary.scores):
        typer.echo("\n".join(wrapped(warning)))
    typer.echo(f"Next: {summary.next_step}")
    raise typer.Exit(1 if len(summary.failures) else 0)


@app.command("explain")
def explain_column(
    column: ColumnName = "",
) -> None:
    """Say what a column of a table of results means, and what it must not be used for.

    Example: attunement explain congruence
    """
    from attunement.dictionary import explain

    typer.echo(explain(column))


@app.command()
def fit(
    study: StudyPath,
    out: Results = None,
    propose: Annotated[
        bool,
        typer.Option(
            "--propose", help="Propose [association] from the file of outcomes, and fit nothing."
        ),
    ] = False,
    outcomes: OutcomesFile = None,
) -> None:
    """Relate the scores of a run to the outcomes that study.toml declares in [association].

    First have that section proposed: attunement fit study.toml --propose. It is printed, and put
    into a study.toml that declares nothing there yet; else into association.proposed.toml.

    Exit 1: no model could be fitted, or what is proposed must be corrected first.

    Example: attunement fit study.toml --out results
    """
    if outcomes is not None and not propose:
        told = "goes with --propose; to fit, give outcomes_file in study.toml"
        raise typer.BadParameter(told, param_hint="--outcomes")
    if out is None and not propose:
        told = "is needed to fit; only --propose goes without"
        raise typer.BadParameter(told, param_hint="--out")
    from attunement.study import read_study

    loaded = read_study(study)
    if propose or out is None:
        _propose(loaded, out, outcomes)
    from attunement.fitting import fit_study, read_entered
    from attunement.fitting.entered_words import entered_text, suspect_sentences, unmatched_shown
    from attunement.stats.association.outcomes import WRITTEN_OTHERWISE

    # Before anything is fitted: a code taken for a value makes every number after it wrong.
    entered = read_entered(loaded, out)
    typer.echo(entered_text(entered))
    for sentence in (*entered.changed, *suspect_sentences(entered)):
        typer.secho(f"! {sentence}", err=True, bold=True)
    fitted = fit_study(loaded, out)
    for path in fitted.files:
        typer.echo(path)
    if len(fitted.unmatched):
        shown = unmatched_shown(fitted.unmatched).to_string(index=False)
        typer.echo(f"Not matched with an outcome or a score:\n{shown}", err=True)
        if fitted.unmatched["hint"].str.startswith(WRITTEN_OTHERWISE).any():
            typer.echo('ids = "alike" in [association] joins those written otherwise.', err=True)
    typer.echo(fitted.text)
    raise typer.Exit(0 if fitted.results else 1)


@app.command()
def validate(
    long: Annotated[
        bool, typer.Option("--long", help="All dyads that the properties ask for; else a look.")
    ] = False,
    only: Annotated[
        str, typer.Option(help="Run the groups of checks whose name holds this text.")
    ] = "",
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps what is finished, to go on after a stop."),
    ] = None,
    codes: CodesPath = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
) -> None:
    """Check on dyads with known truth that the scores hold what the documentation says.

    Exit 1: a property does not hold.

    Example: attunement validate --long --workers 2 --cache validation
    """
    from attunement import validation
    from attunement.study.files import csv_text

    typer.echo(validation.HEADER, err=csv)
    table = validation.validate(
        long=long,
        only=only,
        workers=workers,
        cache=cache,
        codes=codes,
        told=lambda row: typer.echo(validation.to_line(row), err=csv),
    )
    typer.echo(csv_text(table) if csv else f"\n{validation.summary_text(table)}", nl=not csv)
    raise typer.Exit(1 if (table["passed"] == "no").any() else 0)


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    fetch_model: Annotated[
        bool, typer.Option("--fetch-model", help="Fetch the face model where it is not there.")
    ] = False,
) -> None:
    """Say whether this machine can run attunement, what is wrong, and the command that mends it.

    Exit 1: something is wrong. Nothing is sent or fetched unless --fetch-model is given.

    Example: attunement doctor --json
    """
    from attunement.doctor import examine, to_json, to_text

    findings = examine(fetch_model=fetch_model)
    typer.echo(to_json(findings) if json else to_text(findings))
    raise typer.Exit(int(any(finding.status == "wrong" for finding in findings)))


def _propose(study: "Study", out: Path | None, outcomes: Path | None) -> NoReturn:
    """Print a proposed [association], and put it where nothing of the user's is written over."""
    from attunement.fitting import place_proposal, propose_association
    from attunement.pipeline.outcomes import shown

    proposal = propose_association(study, outcomes=outcomes, out=out)
    typer.echo(proposal.text, nl=False)
    for fault in proposal.to_correct:
        typer.echo(f"Correct first: {fault}", err=True)
    placed = place_proposal(study.path, proposal.text)
    where = (
        f"Written into {placed}, which declared nothing in [association]. Read it and correct it,"
        if placed == study.path
        else f"{study.path.name} declares [association] already and was left as it is; the "
        f"proposal is in {placed}. Take over what you need,"
    )
    named = shlex.quote(shown(study.path))
    folder = shlex.quote(str(out)) if out else "DIR"
    typer.echo(f"{where} then: attunement fit {named} --out {folder}", err=True)
    raise typer.Exit(1 if proposal.to_correct else 0)


def _name_untried_versions() -> None:
    """Say first of all what of this environment nobody has tried attunement with."""
    from attunement.tried import untried_sentence

    if sentence := untried_sentence():
        typer.echo(f"{sentence} attunement doctor says more.", err=True)


if __name__ == "__main__":
    main()
