"""The command line: `vtrkit demo`, `report`, `look`, `number`, `rules` and `carriers`.

Exit codes: 0 done; 2 wrong usage, parameter, input, file or disk; 3 a notebook or page failed; 130
interrupted, by the keyboard or by a scheduler; 1 anything else, which is a bug worth reporting.
"""

import json
import re
import signal
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_type_hints

import click
from polars.exceptions import PanicException, PolarsError
from tqdm import tqdm

from vtrkit.demo import as_files
from vtrkit.demo.packages import AS_OF
from vtrkit.errors import InputError, ParameterError, VtrkitError, refusal
from vtrkit.facts.checked import Place, checked, without_none
from vtrkit.facts.marketplaces import as_marketplace
from vtrkit.files.checkup import Checkup
from vtrkit.schema import GROUP
from vtrkit.sections.rulebook import carriers_text, rules_text
from vtrkit.study.build import read
from vtrkit.study.open import only
from vtrkit.study.package_lists import safe
from vtrkit.study.settings import Settings
from vtrkit.tracking.inspect import inspect_numbers

_FILE = click.Path(path_type=Path)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _say(text: str, err: bool = False) -> None:
    """Print text that files may have written a part of, without its control characters."""
    shown = text.encode("utf-8", "replace").decode()
    click.echo(_CONTROL.sub("\ufffd", shown), err=err)


class _Group(click.Group):
    """Ends in one readable line, not a traceback, where something is refused or fails."""

    def invoke(self, ctx: click.Context) -> Any:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            return super().invoke(ctx)
        except (VtrkitError, OSError, MemoryError, PolarsError, PanicException) as e:
            if isinstance(e, BrokenPipeError):  # click ends quietly where nobody reads on
                raise
            code, why = refusal(e)
        except KeyboardInterrupt:
            code, why = 130, "stopped; nothing half-written is left"
        finally:
            signal.signal(signal.SIGTERM, before)
        _say(f"vtrkit: {why}", err=True)
        sys.exit(code)


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
    help="Write the demo into this folder as the files that sellers have; render nothing.",
)
def demo(out: Path, files: Path | None) -> None:
    """Render the report on made-up sample data."""
    if files:
        written = as_files.write(files)
        _say(f"Wrote {len(written)} files of 13 kinds into {files.name}.")
        _say(f"Next: vtrkit look {files}, then vtrkit report {files}.")
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
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, for programs.")
def look(files: tuple[Path, ...], out: Path | None, as_json: bool, **chosen: Any) -> None:
    """Check FILES: what they hold, what is missing, how each was recognised."""
    with _progress() as progress:
        loaded = read(_settings(files, chosen), progress)
    for name in GROUP:  # before anything is said of files that hold nothing of it
        only(loaded.packages.lazy(), name, chosen[name])
    checkup = Checkup.of(loaded)
    if as_json:
        click.echo(json.dumps(checkup.as_dict(), default=str, indent=1))
    else:
        _say(checkup.text())
    if out:
        with out.open("wb") as file:
            safe(loaded.uncategorised).write_csv(file)
        count = loaded.uncategorised.height
        _say(f"Skus without a category: {count:,}, in {out.name}.", err=as_json)


def _listed(names: str) -> tuple[str, ...]:
    """Names as people list them, with commas between them."""
    return tuple(filter(None, (name.strip() for name in names.split(","))))


@main.command()
@_inputs(judging=True)
@click.option(
    "--as-of",
    metavar="DAY",
    type=_of(date, "--as-of"),
    help="Day that the report is for; the day of the newest export if not given.",
)
@click.option("--targets", metavar="PERCENT", help="Rates to reach; 95, 98 if not given.")
@click.option("--title", help="Heading of the report.")
@click.option(
    "--notebook",
    default="vtr_report",
    show_default=True,
    help="Which notebook is rendered: a name of vtrkit's, or the path of one of your own.",
)
@click.option(
    "--previous",
    type=_FILE,
    help="An earlier report.json, or the folder of an earlier run, to see what changed.",
)
@click.option(
    "--by",
    metavar="account,marketplace",
    type=click.Choice(["account,marketplace", "marketplace,account"]),
    help="A folder for each account and marketplace and an index, even if there is only one.",
)
@click.option(
    "--only",
    metavar="PAGE,…",
    type=_listed,
    help="Render these pages alone, as northwind-us; the index has the others as they stand.",
)
@click.option(
    "--assets",
    metavar="HOW",
    type=click.Choice(["alone", "shared"]),
    default="alone",
    show_default=True,
    help="Of several pages: `alone`, each holds what draws its charts, or `shared`, in one file.",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many pages are rendered at a time; each takes a processor and 0.5 GB of memory.",
)
@click.option(
    "--pdf",
    is_flag=True,
    help="Print each page as PDF beside it; needs Chromium, Chrome or Edge.",
)
@click.option(
    "--notebook-out",
    "keep_notebook",
    is_flag=True,
    help="Keep the executed notebook beside its page, with a picture of each chart.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page, or the index, when it is done.")
@click.option(
    "--out",
    default="vtrkit-report",
    show_default=True,
    type=_FILE,
    help="Folder for the report.",
)
def report(files: tuple[Path, ...], out: Path, opens: bool, assets: str, **chosen: Any) -> None:
    """Render the report on FILES: exports, folders of them, or one vtrkit.toml.

    A page is about one account in one marketplace. Where FILES have several, --out gets a folder
    for each and index.html, which leads to them, the worst first. Run it again to go on where it
    was stopped: what has not changed is not rendered anew.
    """
    of_settings = {f.name: chosen.pop(f.name) for f in fields(Settings) if f.metadata}
    given = {name: chosen.pop(name) for name in ("as_of", "targets", "title")}
    given |= {name: of_settings[name] for name in GROUP}
    chosen |= {"by": bool(chosen["by"]), "only": chosen["only"] or (), "shared": assets == "shared"}
    page = _report(_settings(files, of_settings), out, given, **chosen)
    if opens:
        webbrowser.open(page.as_uri())


@main.command()
@click.argument("numbers", nargs=-1, required=True)
@click.option("--carrier", help="Carrier that was entered; any spelling.")
def number(numbers: tuple[str, ...], carrier: str | None) -> None:
    """Tell what tracking NUMBERS look like, and whether they can be the carrier's."""
    for row in inspect_numbers(numbers, carrier).to_dicts():
        said = [f"{row['number']}: {row['grade']}", f"looks like: {row['carriers'] or 'nobody'}"]
        if carrier is not None:
            said.append(f"{row['carrier']}: {row['relation']}")
        _say(f"{'; '.join(said)}; {row['why']}")


def _of_marketplace(command: Any) -> Any:
    """The marketplace and the day that facts are asked of."""
    day = click.option(
        "--on",
        metavar="DAY",
        type=_of(date, "--on"),
        help="Day that is asked about; today if not given.",
    )
    return click.argument("marketplace")(day(command))


@main.command()
@_of_marketplace
def rules(marketplace: str, on: date | None) -> None:
    """Show what Amazon asks for in MARKETPLACE, such as US, and where it says so."""
    _say(rules_text(as_marketplace(marketplace), on or datetime.now(tz=UTC).date()))


@main.command()
@_of_marketplace
def carriers(marketplace: str, on: date | None) -> None:
    """Show which carriers Amazon accepts in MARKETPLACE, and since when."""
    _say(carriers_text(as_marketplace(marketplace), on or datetime.now(tz=UTC).date()))


def _report(settings: Settings, out: Path, given: dict[str, Any], **more: Any) -> Path:
    """Render it, and say what there is to say, of pages that failed the others too."""
    from vtrkit.report.batch import render_shops  # noqa: PLC0415 - papermill costs half a second

    lines: list[str] = []
    parameters = {name: str(value) for name, value in given.items() if value}
    more |= {"parameters": parameters, "say": lines.append}
    try:
        with _progress() as progress:
            page = render_shops(settings, out, progress=progress, **more).absolute()
        lines.append(f"Report: {page}")
    finally:
        if lines:
            _say("\n".join(lines))
    return page


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on stderr where that is a terminal; nothing in a log."""
    with tqdm(total=None, leave=False, file=sys.stderr, disable=None, bar_format="{desc}") as bar:
        yield lambda step, done, total: bar.set_description_str(f"{step} ({done + 1}/{total})")
