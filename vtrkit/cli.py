"""The command line: `vtrkit demo`, `vtrkit report`, `vtrkit look` and `vtrkit number`.

Exit codes: 0 done; 2 wrong usage, parameter or input; 3 a notebook failed; 1 anything else,
which is a bug worth reporting.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from vtrkit.demo import as_files
from vtrkit.demo.packages import AS_OF
from vtrkit.errors import InputError, VtrkitError
from vtrkit.sections import standing
from vtrkit.study.build import Settings, read
from vtrkit.study.package_lists import safe
from vtrkit.study.run import open_run
from vtrkit.tracking.inspect import inspect_numbers


class _Group(click.Group):
    """Ends in one readable line, not a traceback, where vtrkit refuses something."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except VtrkitError as e:
            click.echo(f"vtrkit: {e}", err=True)
            ctx.exit(e.exit_code)


@click.group("vtrkit", cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vtrkit", prog_name="vtrkit")
def main() -> None:
    """Know your Valid Tracking Rate before Amazon does."""


@main.command()
@click.option(
    "--out",
    default="vtrkit-demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder for the report.",
)
@click.option(
    "--files",
    type=click.Path(path_type=Path),
    help="Write the sample into this folder as the files that sellers have, and render nothing.",
)
def demo(out: Path, files: Path | None) -> None:
    """Render the report on made-up sample data."""
    if files:
        written = as_files.write(files)
        click.echo(f"Wrote {len(written)} files of 13 kinds into {files.name}.")
        click.echo(f"Next: vtrkit look {files / 'vtrkit.toml'}, then vtrkit report with the same.")
        return
    _report(Settings(), out, {"as_of": AS_OF.isoformat(), "title": "vtrkit demo"})


_INPUTS = [
    click.argument("files", nargs=-1, type=click.Path(path_type=Path)),
    click.option(
        "--mapping", type=click.Path(path_type=Path), help="TOML that says which column is what."
    ),
    click.option(
        "--categories",
        type=click.Path(path_type=Path),
        help="CSV or TOML with the category of each sku or asin.",
    ),
    click.option(
        "--marketplace",
        default="",
        help="Marketplace of files that do not name one; of those that do, only this one.",
    ),
    click.option(
        "--account",
        default="",
        help="Only this account; also the name of the account, where the files do not say.",
    ),
    click.option("--origin", help="Country that packages ship from, as US, where no file says."),
    click.option(
        "--seen",
        type=click.DateTime(["%Y-%m-%d"]),
        help="Day of the exports, where neither content nor name has it.",
    ),
    click.option(
        "--report-from",
        type=click.DateTime(["%Y-%m-%d"]),
        help="First promised day that Amazon's report of defects covers.",
    ),
    click.option(
        "--report-to",
        type=click.DateTime(["%Y-%m-%d"]),
        help="Last promised day that it covers.",
    ),
    click.option(
        "--absence/--no-absence",
        default=None,
        help="Whether packages that it covers and does not list are valid; yes if not given.",
    ),
    click.option(
        "--day-first/--month-first",
        default=None,
        help="How 05/06/2026 is read, where a file does not tell.",
    ),
    click.option(
        "--max-rejected",
        "max_rejected_share",
        type=click.FloatRange(0, 1),
        help="Refuse when more of the rows are wrong; 0.2 if not given.",
    ),
]


def _inputs(command: Any) -> Any:
    """The files and options that tell how they are read, the same for every command."""
    for option in reversed(_INPUTS):
        command = option(command)
    return command


def _settings(files: tuple[Path, ...], said: dict[str, Any]) -> Settings:
    """What was chosen: options go before the vtrkit.toml, and this before the defaults."""
    if not files:
        raise InputError("no input: give at least one file, folder or vtrkit.toml")
    base = Settings(inputs=tuple(map(str, files)))
    if len(files) == 1 and files[0].suffix == ".toml":
        base = Settings.read(files[0])
    given = {name: _plain(value) for name, value in said.items() if value not in (None, "")}
    return replace(base, **given)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    return str(value) if isinstance(value, Path) else value


@main.command()
@_inputs
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="CSV of the skus without a category, to be filled in and given as --categories.",
)
def look(files: tuple[Path, ...], out: Path | None, **said: Any) -> None:
    """Say what FILES are taken for, how their rows add up, and what is missing."""
    with _progress() as progress:
        loaded = read(_settings(files, said), progress)
    click.echo(repr(loaded))
    for rule, count in loaded.rejects["rule"].value_counts(sort=True, name="n").rows():
        click.echo(f"Not taken: {count:,} rows, {rule}.")
    if out:
        safe(loaded.uncategorised).write_csv(out)
        click.echo(f"Skus without a category: {loaded.uncategorised.height:,}, in {out.name}.")


@main.command()
@_inputs
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day on which the metric is read; the newest export if not given.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    help="TOML of your own that overrides or adds rules.",
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    help="TOML of levers: the report says what they would do.",
)
@click.option("--targets", default="", help="Shares to reach, in percent; 95, 98 if not given.")
@click.option("--title", default="", help="Heading of the report.")
@click.option(
    "--lag",
    "lag_days",
    type=click.IntRange(0, 60),
    help="Days between the end of the window and the as-of day; the rule's if not given.",
)
@click.option(
    "--notebook",
    default="vtr_report",
    show_default=True,
    help="Which notebook is rendered: a name of vtrkit's, or the path of one of your own.",
)
@click.option("--previous", type=click.Path(path_type=Path), help="An earlier report.json.")
@click.option(
    "--out",
    default="vtrkit-report",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder for the report.",
)
def report(  # noqa: PLR0913, PLR0917 - one argument for each option
    files: tuple[Path, ...],
    as_of: datetime | None,
    targets: str,
    title: str,
    notebook: str,
    previous: Path | None,
    out: Path,
    **said: Any,
) -> None:
    """Render the report on FILES: exports, folders of them, or one vtrkit.toml."""
    parameters = {
        "as_of": as_of.date().isoformat() if as_of else "",
        "marketplace": said["marketplace"],
        "account": said["account"],
        "targets": targets,
        "title": title,
    }
    given = {name: value for name, value in parameters.items() if value}
    _report(_settings(files, said), out, given, previous, notebook)


@main.command()
@click.argument("numbers", nargs=-1, required=True)
@click.option("--carrier", help="Carrier that was entered; any spelling.")
def number(numbers: tuple[str, ...], carrier: str | None) -> None:
    """Tell what tracking NUMBERS look like, and whether they can be the carrier's."""
    for row in inspect_numbers(numbers, carrier).to_dicts():
        said = [f"{row['number']}: {row['grade']}", f"looks like: {row['carriers'] or 'nobody'}"]
        if carrier is not None:
            said.append(f"{row['carrier']}: {row['relation']}")
        click.echo(f"{'; '.join(said)}; {row['why']}")


def _report(
    settings: Any,
    out: Path,
    parameters: dict[str, str],
    previous: Path | None = None,
    notebook: str = "vtr_report",
) -> None:
    from vtrkit.report.render import render  # noqa: PLC0415 - papermill costs half a second

    with _progress() as progress:
        page = render(
            settings,
            out,
            notebook=notebook,
            parameters=parameters,
            previous=previous,
            progress=progress,
        )
    run = open_run(str(out), **parameters)
    click.echo(standing.banner(run.headline, run.totals).text)
    for note in run.notes:
        click.echo(f"Note: {note}")
    click.echo(f"Report: {page}")


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on stderr where that is a terminal; nothing in a log."""
    with tqdm(total=None, leave=False, file=sys.stderr, disable=None, bar_format="{desc}") as bar:
        yield lambda step, done, total: bar.set_description_str(f"{step} ({done + 1}/{total})")
