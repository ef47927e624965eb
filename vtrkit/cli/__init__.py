"""The command line: `vtrkit report`, `look`, `check`, `fix` and the others of `vtrkit -h`.

Exit codes: 0 done; 2 wrong usage, parameter, input, file or disk; 3 a notebook or page failed; 130
interrupted, by the keyboard or by a scheduler; 1 anything else, which is a bug worth reporting.
`vtrkit check` and `vtrkit report --exit-status` exit by the worst status (0 to 4), `check-upload`
by whether there is something to correct (0 or 1); they add 64 to the code of an error.
"""

import json
import logging
import signal
import sys
import webbrowser
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from polars.exceptions import PanicException, PolarsError

from vtrkit.cli.corrections import check_upload, fix
from vtrkit.cli.from_amazon import fetch
from vtrkit.cli.growing import tally
from vtrkit.cli.official import reconcile
from vtrkit.cli.options import A_PATH, a_day, inputs, names_of, progress_bar, say, settings_of
from vtrkit.cli.scheduled import Verdict, as_scheduled, check
from vtrkit.demo import as_files
from vtrkit.demo.packages import AS_OF
from vtrkit.errors import VtrkitError, refusal
from vtrkit.facts.marketplaces import as_marketplace
from vtrkit.files.categories import with_filled
from vtrkit.files.checkup import Checkup
from vtrkit.files.scratch import whole
from vtrkit.lab import folder
from vtrkit.report.check import exit_code_of
from vtrkit.schema import GROUP, Grade, Relation
from vtrkit.sections.rulebook import carriers_text, rules_text
from vtrkit.study.build import read
from vtrkit.study.manifest import apart
from vtrkit.study.open import only
from vtrkit.study.package_lists import safe
from vtrkit.study.settings import Settings
from vtrkit.tracking.carriers import carrier_names
from vtrkit.tracking.inspect import inspect_numbers


class _Group(click.Group):
    """Ends in one readable line, not a traceback, where something is refused or fails."""

    def main(self, args: Sequence[str] | None = None, **more: Any) -> Any:  # type: ignore[override]
        given = sys.argv[1:] if args is None else list(args)
        if given[:1] in (["check"], ["check-upload"]) or "--exit-status" in given:
            return as_scheduled(super().main, given, **more)
        return super().main(given, **more)

    def invoke(self, ctx: click.Context) -> Any:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            return super().invoke(ctx)
        except (VtrkitError, OSError, MemoryError, PolarsError, PanicException) as e:
            if isinstance(e, BrokenPipeError):  # click ends quietly where nobody reads on
                raise
            code, why = refusal(e)
        except KeyboardInterrupt:
            # what a kernel was doing would tell so in a traceback behind our line
            logging.getLogger("asyncio").disabled = True
            code, why = 130, "stopped; nothing half-written is left"
        finally:
            signal.signal(signal.SIGTERM, before)
        say(f"vtrkit: {why}", err=True)
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
    type=A_PATH,
    help="Folder for the report.",
)
@click.option(
    "--files",
    type=A_PATH,
    help="Write the demo into this folder as the files that sellers have; render nothing.",
)
def demo(out: Path, files: Path | None) -> None:
    """Render the report on made-up sample data."""
    if files:
        written = as_files.write(files)
        say(f"Wrote {len(written)} files of 14 kinds into {files.name}.")
        say(f"Next: vtrkit look {files}, then vtrkit report {files}.")
        return
    _report(Settings(), out, {"as_of": AS_OF.isoformat(), "title": "vtrkit demo"})


@main.command()
@click.option(
    "--out",
    type=A_PATH,
    help="CSV of the skus without a category, to be filled in and given as --categories.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, for programs.")
@inputs()
def look(files: tuple[Path, ...], out: Path | None, as_json: bool, **chosen: Any) -> None:
    """Check FILES: what they hold, what is missing, what each is."""
    with progress_bar() as progress:
        loaded = read(settings_of(files, chosen), progress)
    for name in GROUP:  # before anything is said of files that hold nothing of it
        only(loaded.packages.lazy(), name, chosen[name])
    checkup = Checkup.of(loaded)
    if as_json:
        click.echo(json.dumps(checkup.as_dict(), default=str, indent=1))
    else:
        say(checkup.text())
    if out:
        listed = with_filled(safe(loaded.uncategorised), out)
        with whole(out) as ready:
            listed.write_csv(ready)
        count = loaded.uncategorised.height
        say(f"Skus without a category: {count:,}, in {out.name}.", err=as_json)


@main.command()
@a_day("--as-of", "Day that the report is for; the day of the newest export if not given.")
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
    type=A_PATH,
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
    type=names_of,
    multiple=True,
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
@click.option("--exit-status", is_flag=True, help="Exit by the worst status, as `vtrkit check`.")
@click.option(
    "--out",
    default="vtrkit-report",
    show_default=True,
    type=A_PATH,
    help="Folder for the report.",
)
@inputs("lag_days", "scenario", "history")
def report(
    files: tuple[Path, ...],
    out: Path,
    opens: bool,
    exit_status: bool,
    assets: str,
    **chosen: Any,
) -> None:
    """Render the report on exports, folders or a vtrkit.toml.

    A page is about one account in one marketplace. Where FILES have several, --out gets a folder
    for each and index.html, which leads to them, the worst first. Run it again to go on where it
    was stopped: what has not changed is not rendered anew.
    """
    of_settings = {f.name: chosen.pop(f.name) for f in fields(Settings) if f.metadata}
    given = {name: chosen.pop(name) for name in ("as_of", "targets", "title")}
    given |= {name: of_settings[name] for name in GROUP}
    chosen |= {
        "by": bool(chosen["by"]),
        "only": sum(chosen["only"], ()),
        "shared": assets == "shared",
    }
    page = _report(settings_of(files, of_settings), out, given, **chosen)
    if opens:
        webbrowser.open(page.as_uri())
    if exit_status:
        raise Verdict(exit_code_of(page))


main.add_command(tally)
main.add_command(check)
main.add_command(reconcile)
main.add_command(fix)
main.add_command(check_upload)
main.add_command(fetch)


@main.command()
@click.argument("numbers", nargs=-1, required=True)
@click.option("--carrier", help="Carrier that was entered; any spelling.")
def number(numbers: tuple[str, ...], carrier: str | None) -> None:
    """Tell what tracking NUMBERS look like, and if they fit.

    With --carrier it says whether they can be numbers of the carrier that was entered.
    """
    for row in inspect_numbers(numbers, carrier).to_dicts():
        name = carrier_names().get(str(row["carrier"]))
        fits = f"; {name} has such numbers" if row["relation"] == Relation.MATCH else ""
        if name and row["relation"] == Relation.NONE and row["grade"] in _OF_OTHERS:
            fits = f"; whether {name} has such numbers is not known"
        say(f"{row['number']}: {row['why']}{fits}.")


def _of_marketplace(command: Any) -> Any:
    """The marketplace and the day that facts are asked of."""
    day = a_day("--on", "Day that is asked about; today if not given.")
    return click.argument("marketplace")(day(command))


_OF_OTHERS = {Grade.CHECK_OK, Grade.FORMAT_OK, Grade.BAD_CHECK}
"""What a number may look like by the formats of carriers other than the one entered."""


@main.command()
@_of_marketplace
def rules(marketplace: str, on: date | None) -> None:
    """Show what Amazon asks for in MARKETPLACE, such as US.

    Each rule has its source and the day on which that was read.
    """
    say(rules_text(as_marketplace(marketplace), on or datetime.now(tz=UTC).date()))


@main.command()
@_of_marketplace
def carriers(marketplace: str, on: date | None) -> None:
    """Show the carriers that Amazon accepts in MARKETPLACE.

    A list has its source and the month that it is of.
    """
    say(carriers_text(as_marketplace(marketplace), on or datetime.now(tz=UTC).date()))


main.add_command(folder.lab)
main.add_command(folder.init)


def _report(settings: Settings, out: Path, given: dict[str, Any], **more: Any) -> Path:
    """Render it, and say what there is to say, of pages that failed the others too."""
    from vtrkit.report.batch import render_shops  # noqa: PLC0415 - papermill costs half a second

    lines: list[str] = []
    apart(settings.inputs, out)
    parameters = {name: str(value) for name, value in given.items() if value}
    more |= {"parameters": parameters, "say": lines.append}
    try:
        with progress_bar() as progress:
            page = render_shops(settings, out, progress=progress, **more).absolute()
        lines.append(f"Report: {page}")
    finally:
        if lines:
            say("\n".join(lines))
    return page
