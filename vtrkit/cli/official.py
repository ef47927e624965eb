"""`vtrkit reconcile`: Amazon's figure beside yours."""

import json
import textwrap
from pathlib import Path
from typing import Any

import click

from vtrkit.cli.options import inputs, progress_bar, say, settings_of
from vtrkit.errors import InputError
from vtrkit.schema import GROUP
from vtrkit.sections.official import here, lines
from vtrkit.study.open import built, open_study

_WIDTH = 80


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, for programs.")
@inputs("lag_days", "history")
def reconcile(files: tuple[Path, ...], as_json: bool, **chosen: Any) -> None:
    """Hold Amazon's performance reports against other FILES.

    Such a report, among FILES, is GET_V2_SELLER_PERFORMANCE_REPORT (JSON) or V1 (XML). Both
    figures stand side by side for the days of the report, with the packages that can explain a
    difference.
    """
    with progress_bar() as progress:
        run = built(settings_of(files, chosen), None, progress)
    study = open_study(run, **{name: chosen[name] for name in GROUP})
    rows = here(study.kept.reconciled.to_dicts(), study.places)
    if not rows:
        raise InputError(
            "no performance report among the files; give the one that Amazon calls "
            "GET_V2_SELLER_PERFORMANCE_REPORT beside them"
        )
    if as_json:
        click.echo(json.dumps(rows, default=str, indent=1))
        return
    for row in rows:
        head, *more = lines(row)
        say(textwrap.fill(head, _WIDTH))
        for line in more:
            say(textwrap.fill(line, _WIDTH, initial_indent="- ", subsequent_indent="  "))
