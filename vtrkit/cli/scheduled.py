"""`vtrkit check`: one exit code and few lines, for schedulers."""

import json
import sys
import traceback
from datetime import date
from pathlib import Path
from typing import Any

import click

from vtrkit.cli.options import A_PATH, a_day, inputs, progress_bar, say, say_notes, settings_of
from vtrkit.report import check as heard
from vtrkit.schema import GROUP
from vtrkit.sections.advice import ADD_DUE_DAYS
from vtrkit.study.open import built, open_study
from vtrkit.words import dated


class Verdict(SystemExit):
    """An exit code that is a status, and no error."""


def as_scheduled(run: Any, *args: Any, **more: Any) -> Any:
    """Run the command line so that whatever goes wrong ends in a code of 64 or more."""
    try:
        return run(*args, **more)
    except Verdict:
        raise
    except SystemExit as e:
        failed = heard.ERROR + e.code if isinstance(e.code, int) and e.code else 0
        sys.exit(failed)
    except Exception:  # noqa: BLE001 - of a bug, the scheduler has to hear too
        traceback.print_exc()
        sys.exit(heard.ERROR + 1)


@click.command()
@a_day("--as-of", "Day that is asked about; the day of the newest export if not given.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, for programs.")
@click.option(
    "--state",
    type=A_PATH,
    help="File that keeps what was told: only what changed since is said, each once.",
)
@click.option(
    "--notify",
    metavar="URL",
    help="Send what is said to an address of apprise, such as mailto:// or slack://.",
)
@inputs("lag_days", "history")
def check(
    files: tuple[Path, ...],
    as_of: date | None,
    as_json: bool,
    state: Path | None,
    notify: str | None,
    **chosen: Any,
) -> None:
    """Say which categories are not on target, for schedulers.

    FILES are as for `vtrkit report`. Exit codes, the worst first: 2 below target, 4 cannot tell, 1
    at risk, 0 on target; 3 where nothing is counted; 64 or more is an error. Where the target is
    only a goal, it does not count.
    """
    settings = settings_of(files, chosen)
    before, damaged = heard.read_state(state) if state else (None, "")
    if damaged:
        say(f"Note: {damaged}.", err=True)
    with progress_bar() as progress:
        run = built(settings, as_of, progress)
    study = open_study(run, as_of=as_of, **{name: chosen[name] for name in GROUP})
    say_notes(study.kept.settings["assumed"])
    rows = heard.rows(study.rates.to_dicts(), study.totals.to_dicts())
    lines, told = heard.changes(rows, before)
    code = heard.exit_code(rows)
    if as_json:
        answer = {"as_of": study.as_of, "exit": code, "categories": rows, "changes": lines}
        click.echo(json.dumps(answer, default=str, indent=1))
    elif lines or not state:
        told_of = [f"As of {dated(study.as_of)}:", *lines] if lines else []
        say("\n".join(told_of) or _quiet(rows, study.as_of))
    if notify and lines:
        heard.notify(notify, lines)
    if state:
        heard.write_state(told, state)
    raise Verdict(code)


def _quiet(rows: list[dict[str, Any]], day: date) -> str:
    counted = sum(row["hurts"] for row in rows)
    if not counted:
        why = "; ".join(sorted({row["why"] for row in rows if not row["counted"] and row["why"]}))
        more = f" {ADD_DUE_DAYS}" if any(row["undated"] for row in rows) else ""
        because = f": {why}.{more}" if why else "."
        return f"Nothing that can hurt is counted on {dated(day)}{because}"
    if counted == 1:
        return f"On {dated(day)} the only category that can hurt is on target."
    return f"On {dated(day)} all {counted} categories that can hurt are on target."
