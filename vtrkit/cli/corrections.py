"""`vtrkit fix` and `check-upload`: what to correct at Amazon, and a file before it goes there."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import polars as pl

from vtrkit.amazon.after import after as rates_after
from vtrkit.amazon.check_upload import corrected, findings
from vtrkit.amazon.fixes import Sure, fixes_of, in_time
from vtrkit.amazon.to_do import to_do
from vtrkit.amazon.upload import form, workbook, write_uploads
from vtrkit.amazon.upload_file import read_upload
from vtrkit.amazon.upload_orders import NOT_DUE
from vtrkit.cli.options import A_PATH, a_day, inputs, progress_bar, say, say_notes, settings_of
from vtrkit.cli.scheduled import Verdict
from vtrkit.errors import ParameterError
from vtrkit.files.scratch import whole
from vtrkit.schema import CATEGORY, GROUP, UNKNOWN_CATEGORY
from vtrkit.sections.uploads import upload_text
from vtrkit.study.build import read
from vtrkit.study.manifest import apart, beside
from vtrkit.study.open import built, open_study
from vtrkit.study.study import Study
from vtrkit.words import day_text, number_of, percent, place

_ALL = 0
_FRESH = 2
"""Exports of so many days ago are as new as people have them."""


@click.command()
@click.option("--out", type=A_PATH, required=True, help="Folder for the lists and uploads.")
@a_day("--as-of", "Day that is asked about; the day of the newest export if not given.")
@a_day("--on", "Day of the upload; the day after the newest export if not given.")
@click.option(
    "--after",
    metavar="[N]",
    type=click.IntRange(_ALL),
    is_flag=False,
    flag_value=_ALL,
    default=None,
    help="Say what the coming days show once all corrections, or the first N, are done.",
)
@inputs("lag_days")
def fix(
    files: tuple[Path, ...],
    out: Path,
    as_of: date | None,
    on: date | None,
    after: int | None,
    **chosen: Any,
) -> None:
    """List what can still be corrected; write what to upload.

    FILES are as for `vtrkit report`. --out gets the work list as to_do.csv and to_do.xlsx, and for
    each account and marketplace the confirmation file that Amazon takes, with the corrections that
    need no person. Check it, then upload it under Orders, Upload order related files.
    """
    settings = settings_of(files, chosen)
    apart(settings.inputs, out)
    with progress_bar() as progress:
        run = built(settings, as_of, progress)
    study = open_study(run, as_of=as_of, **{name: chosen[name] for name in GROUP})
    newest = study.kept.seen_to
    say_notes(study.kept.settings["assumed"])
    if on and on <= newest:
        raise ParameterError(
            f"--on {on}: your newest export is of {newest} and does not have the upload; give a "
            "later day, or leave it out"
        )
    every, table, day = fixes_of(study), to_do(study), on or newest + timedelta(days=1)
    listed = in_time(every, day)
    lines = list(_said(study, listed, after, day))
    if too_late := every.height - listed.height:
        lines += [
            f"{number_of(too_late, 'package')} could be corrected before {day_text(day)} only:",
            "the work list has them, the upload does not.",
        ]
    out.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("to_do.csv", table.write_csv().encode()),
        ("to_do.xlsx", workbook(table)),
    ):
        with whole(out / name) as ready:
            ready.write(content)
    uploads = write_uploads(listed, out, day)
    say("\n".join(lines))
    say(f"Work list: {out / 'to_do.csv'} (and to_do.xlsx)")
    for path in uploads:
        say(f"Upload: {path}")
    if on is None and (age := (datetime.now(tz=UTC).date() - newest).days) > _FRESH:
        say(f"Your newest export is of {day_text(newest)}, {age:,} days ago: export anew first,")
        say("for what was scanned or corrected since is not known.")


def _said(study: Study, listed: pl.DataFrame, after: int | None, on: date) -> list[str]:
    """What can be corrected, by deadline and by grade; and the coming days."""
    if listed.is_empty():
        return [f"Nothing can still be corrected on {day_text(on)}."]
    person = listed.filter(pl.col("grade") == Sure.PERSON).height
    lines = [
        f"{number_of(listed.height, 'package')} can still be corrected: "
        f"{listed.height - person} from your files, {person} by looking at the label."
    ]
    until = listed.group_by("possible_until").len().sort("possible_until", nulls_last=True)
    for day, count in until.rows():
        when = f"by {day_text(day)}" if day else "while they are on their way"
        lines.append(f"  {count:>4} {when}")
    if late := listed.filter(pl.col("likely_until") < on).height:
        due = f"they should be delivered before {day_text(on)}"
        lines.append(f"For {late} it is likely too late: {due}.")
    return lines if after is None else [*lines, *_after(study, after or None, on)]


def _after(study: Study, first: int | None, on: date) -> list[str]:
    """Two lines for each category: of the last day that is decided, else of the first with all."""
    days = rates_after(study, first, on)
    key = [name for name in CATEGORY if name in days.columns]
    decided = (pl.col("part") == "locked in").any().over(key)
    most = pl.col("corrected") == pl.col("corrected").max().over(key)
    named = pl.when(decided).then(pl.col("part") == "locked in").otherwise(most)
    order = pl.when(decided).then(-pl.col("day").to_physical()).otherwise("day")
    chosen = days.filter(named).sort(order).unique(key, keep="first").sort(key)
    done = {None: "all are", 1: "the first is"}.get(first, f"the first {first} are")
    lines = [f"Once {done} corrected (a new number has no scan yet):"]
    for row in chosen.rows(named=True):
        at = f"{place(row)}, " if GROUP[0] in row else ""
        lines += [
            f"  {at}{_called(row)}, {day_text(row['day'])}, {row['corrected']} of them counted:",
            f"    {_rate(row, '_after')}; as it is {_rate(row)}"
            if row["median"] is not None
            else "    how many of the packages then will be valid cannot be told",
        ]
    return lines


def _called(row: dict[str, Any]) -> str:
    category = str(row["category"])
    return "packages of no known category" if category == UNKNOWN_CATEGORY else category


def _rate(row: dict[str, Any], which: str = "") -> str:
    low, median, high = (percent(row[f"{n}{which}"]) for n in ("low", "median", "high"))
    ends = low if low == high else f"{low.removesuffix(' %')} to {high}"
    return ends if row["part"] == "locked in" else f"about {median} ({ends})"


@click.command("check-upload")
@click.argument("upload", type=A_PATH)
@a_day("--on", "Day of the upload; today if not given.")
@click.option("--out", type=A_PATH, help="Write a copy with everything that needs no person.")
@inputs("lag_days")
def check_upload(
    upload: Path, files: tuple[Path, ...], on: date | None, out: Path | None, **chosen: Any
) -> None:
    """Check a confirmation file before it goes to Amazon.

    UPLOAD is the file; with your exports beside it (FILES, as for `vtrkit report`) its orders are
    checked too. Exit codes: 0 nothing to correct, 1 something to correct; 64 or more is an error.
    """
    if out and out.resolve() == upload.resolve():
        raise ParameterError(f"{out.name}: the file itself; give --out another name for the copy")
    given = read_upload(upload)
    packages = None
    if files:
        settings = settings_of(files, chosen)
        if out:
            beside(settings.inputs, out)
        with progress_bar() as progress:
            loaded = read(settings, progress)
        packages = loaded.packages.collect()
        say_notes([*loaded.notes, *loaded.unread])
    day = on or datetime.now(tz=UTC).date()
    found = findings(given, day, packages, day_first=chosen["day_first"])
    say(upload_text(upload.name, given.rows.height, given.faults, found))
    if out:
        with whole(out) as ready:
            ready.write(form(corrected(given, found), "JP" if given.japan else ""))
        left = f", without line {', '.join(map(str, given.longer))}" * bool(given.longer)
        say(f"Corrected copy: {out}{left}")
    wrong = found.filter(pl.col("what") != NOT_DUE)
    raise Verdict(int(bool(given.faults) or not wrong.is_empty()))
