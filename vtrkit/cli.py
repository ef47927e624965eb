"""The command line: `vtrkit demo`, `vtrkit report`, `vtrkit look` and `vtrkit number`.

Exit codes: 0 done; 2 wrong usage, parameter or input; 3 a notebook failed; 1 anything else,
which is a bug worth reporting.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

import click
from tqdm import tqdm

from vtrkit.demo import as_files
from vtrkit.demo.packages import AS_OF
from vtrkit.errors import InputError, ParameterError, VtrkitError
from vtrkit.facts.checked import Place, checked, without_none
from vtrkit.study.build import read
from vtrkit.study.package_lists import safe
from vtrkit.study.settings import Settings
from vtrkit.tracking.inspect import inspect_numbers

_FILE = click.Path(path_type=Path)


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
    type=_FILE,
    help="Folder for the report.",
)
@click.option(
    "--files",
    type=_FILE,
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


def _of(hint: Any, option: str) -> Callable[[str], Any]:
    """Reads an option as a `vtrkit.toml` is read, and refuses it in the same words."""
    place = Place(option, ParameterError)
    return lambda text: checked(without_none(hint), text, place, strict=False)


def _inputs(*, judging: bool) -> Callable[[Any], Any]:
    """The files, and as options the settings that tell how they are read; all, where one judges."""
    types = get_type_hints(Settings, include_extras=True)
    options = [f for f in fields(Settings) if f.metadata and (judging or not f.metadata["judges"])]

    def with_options(command: Any) -> Any:
        for f in reversed(options):
            flags, about = f.metadata["flags"], f.metadata["about"]
            kind = _of(types[f.name], flags) if about["metavar"] else None
            command = click.option(flags, f.name, type=kind, default=None, **about)(command)
        return click.argument("files", nargs=-1, type=_FILE)(command)

    return with_options


def _settings(files: tuple[Path, ...], chosen: dict[str, Any]) -> Settings:
    """What was chosen: options go before the vtrkit.toml, and this before the defaults."""
    if not files:
        raise InputError("no input: give at least one file, folder or vtrkit.toml")
    given = {name: value for name, value in chosen.items() if value not in (None, "")}
    return replace(Settings.of(*files), **given)


@main.command()
@_inputs(judging=False)
@click.option(
    "--out",
    type=_FILE,
    help="CSV of the skus without a category, to be filled in and given as --categories.",
)
def look(files: tuple[Path, ...], out: Path | None, **chosen: Any) -> None:
    """Say what FILES are taken for, how their rows add up, and what is missing."""
    with _progress() as progress:
        loaded = read(_settings(files, chosen), progress)
    click.echo(repr(loaded))
    for rule, count in loaded.rejects["rule"].value_counts(sort=True, name="n").rows():
        click.echo(f"Not taken: {count:,} rows, {rule}.")
    for rule, count in loaded.doubts["rule"].value_counts(sort=True, name="n").rows():
        click.echo(f"To check: {count:,}, {rule}.")
    if out:
        safe(loaded.uncategorised).write_csv(out)
        click.echo(f"Skus without a category: {loaded.uncategorised.height:,}, in {out.name}.")


@main.command()
@_inputs(judging=True)
@click.option(
    "--as-of",
    metavar="DAY",
    type=_of(date, "--as-of"),
    help="Day that the report is for; the day of the newest export if not given.",
)
@click.option(
    "--targets", default="", metavar="PERCENT", help="Rates to reach; 95, 98 if not given."
)
@click.option("--title", default="", help="Heading of the report.")
@click.option(
    "--notebook",
    default="vtr_report",
    show_default=True,
    help="Which notebook is rendered: a name of vtrkit's, or the path of one of your own.",
)
@click.option("--previous", type=_FILE, help="An earlier report.json, to see what changed.")
@click.option(
    "--out",
    default="vtrkit-report",
    show_default=True,
    type=_FILE,
    help="Folder for the report.",
)
def report(  # noqa: PLR0913, PLR0917 - one argument for each option
    files: tuple[Path, ...],
    as_of: date | None,
    targets: str,
    title: str,
    notebook: str,
    previous: Path | None,
    out: Path,
    **chosen: Any,
) -> None:
    """Render the report on FILES: exports, folders of them, or one vtrkit.toml."""
    parameters = {
        "as_of": str(as_of or ""),
        "marketplace": chosen["marketplace"],
        "account": chosen["account"],
        "targets": targets,
        "title": title,
    }
    given = {name: value for name, value in parameters.items() if value}
    _report(_settings(files, chosen), out, given, previous, notebook)


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

    lines: list[str] = []
    with _progress() as progress:
        page = render(
            settings,
            out,
            notebook=notebook,
            parameters=parameters,
            previous=previous,
            progress=progress,
            say=lines.append,
        )
    click.echo("\n".join([*lines, f"Report: {page}"]))


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on stderr where that is a terminal; nothing in a log."""
    with tqdm(total=None, leave=False, file=sys.stderr, disable=None, bar_format="{desc}") as bar:
        yield lambda step, done, total: bar.set_description_str(f"{step} ({done + 1}/{total})")
