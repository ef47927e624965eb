"""A study of what people name: a run folder, a folder of files, one file, or nothing at all."""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import polars as pl

from vtrkit.errors import OutsideError, ParameterError, nearest
from vtrkit.facts.checked import APath, checks
from vtrkit.facts.marketplaces import spellings
from vtrkit.files.in_memory import Given
from vtrkit.files.scratch import Folder
from vtrkit.files.sources import Progress
from vtrkit.given import ArrowStream, is_table, read_day, read_path
from vtrkit.metric.target import TargetLike, read_targets
from vtrkit.metric.windows import DayLike, Question
from vtrkit.schema import GROUP
from vtrkit.study.build import build
from vtrkit.study.run import RunFolder
from vtrkit.study.settings import Settings
from vtrkit.study.study import Study
from vtrkit.whatif.scenario_files import read_scenario


@checks
def open_study(  # noqa: PLR0913 - the parameters of the notebooks, by the same names
    workspace: str | Path | ArrowStream = "",
    *,
    as_of: DayLike | None = None,
    marketplace: str | None = None,
    account: str | None = None,
    targets: TargetLike | Iterable[TargetLike] = "95, 98",
    scenario: APath = "",
    title: str = "",
) -> Study:
    """Open what a notebook shows: a run folder, or inputs that are run on the way.

    Args:
        workspace: a run folder, a folder of files, one file, a `vtrkit.toml`, a table in memory,
            or nothing for the demo.
        as_of: the day on which the metric is read; the newest export if none is given.
        marketplace: only this one, such as US, and that of files that name none; all if none is
            given.
        account: only this one, and that of files that do not say; all if none is given.
        targets: the shares to reach, in percent.
        scenario: a scenario as TOML; that of the settings, if they have one, if none is given.
        title: the heading.

    Raises:
        ParameterError: a parameter is wrong; the message has what was expected.
        InputError: the inputs cannot be read.
        OutsideError: no package of the files can count on that day.
    """
    day, goals = read_day(as_of), read_targets(targets)
    run = RunFolder(_folder(workspace, day, account, marketplace))
    if day is not None:
        _covered(run, day)
    planned = read_scenario(scenario) if scenario else run.scenario
    here = [only(run.tally, GROUP[0], account), only(run.tally, GROUP[1], marketplace)]
    asked = {
        "as_of": str(day or run.as_of),
        "account": account or "",
        "marketplace": marketplace or "",
        "targets": ", ".join(f"{goal.bp / 100:g}" for goal in goals),
    }
    key = sha256(repr((asked, planned)).encode()).hexdigest()[:16]
    finished = run.path.resolve() / f"finished-{key}"
    if (there := _AT_HAND.get(finished)) and there.parameters["title"] == title:
        return there
    newest = run.tracked.filter(here)["seen_to"].max()
    return Study(
        run.tally.filter(here),
        Question(
            as_of=day or run.as_of,
            lag_days=run.settings["lag_days"],
            seen_to=newest if isinstance(newest, date) else run.seen_to,
            rules=run.rules,
            delays=run.delays.filter(here),
            tracked=run.tracked,
        ),
        targets=goals,
        scenario=planned,
        folder=run,
        finished=finished,
        parameters=asked | {"title": title},
        title=title or Study.title,
    )


@contextmanager
def at_hand(study: Study) -> Iterator[None]:
    """Who opens the same meanwhile is given this study, with all that it knows already."""
    assert study.finished is not None, "a study of a bare tally cannot be opened"
    _AT_HAND[study.finished] = study
    try:
        yield
    finally:
        del _AT_HAND[study.finished]


_AT_HAND: dict[Path, Study] = {}
PARAMETERS = tuple(inspect.signature(open_study).parameters)
"""What `open_study` takes, and a notebook therefore may."""


def _folder(
    workspace: str | Path | ArrowStream,
    day: date | None,
    account: str | None,
    marketplace: str | None,
) -> Path:
    """The run folder itself, or a new one for as long as the process."""
    if is_table(workspace):
        return built(Settings(account=account, marketplace=marketplace), day, tables=[workspace])
    path = read_path(workspace, "workspace")
    if not str(workspace):
        return _sample(day)
    if (path / "settings.json").is_file():
        return path
    said = Settings.of(path)
    own = said.account or account, said.marketplace or marketplace
    return built(replace(said, account=own[0], marketplace=own[1]), day)


@cache
def _sample(day: date | None) -> Path:
    """The sample's run folder: the same files for the same day, so built once in a process."""
    return built(Settings(), day)


def built(
    settings: Settings,
    day: date | None,
    progress: Progress | None = None,
    tables: Sequence[Given] = (),
) -> Path:
    """A run folder of what is set, which is there as long as the process; see `build`."""
    _BUILT.append(Folder())
    run = _BUILT[-1].path / "run"  # beside the lock, which is no part of it
    run.mkdir()
    build(settings, run, day, progress, tables=tables)
    return run


_BUILT: list[Folder] = []
"""Run folders that are there as long as the process."""


def _covered(run: RunFolder, day: date) -> None:
    """Refuse a day on which no window holds a day of the files."""
    due = pl.col("promised_date")
    days = run.tally.select(first=due.min(), last=due.max()).collect()
    first, last = days.row(0)
    if first is None:
        return
    asked = Question(as_of=day, lag_days=run.settings["lag_days"], rules=run.rules)
    longest = max(max(rule.windows_days) for rule in (run.rules.default, *run.rules.policies))
    until = last + timedelta(days=asked.most_lag + longest - 1)
    if not first <= day <= until:
        raise OutsideError(
            f"as_of {day}: the files hold packages due from {first} to {last} and are of "
            f"{run.seen_to}; give a day from {first} to {until}"
        )


def only(cells: pl.LazyFrame, column: str, wanted: str | None) -> pl.Expr:
    """Whether a cell is of the account or marketplace that is wanted; all are if none is.

    Raises:
        ParameterError: none is.
    """
    if not wanted:
        return pl.lit(True)
    if column == "marketplace":
        wanted = spellings().get(wanted.strip().casefold(), wanted)
    known = sorted(cells.select(pl.col(column).cast(pl.String).unique()).collect().to_series())
    if wanted not in known:
        raise ParameterError(
            f"{column} {wanted!r} is not in the data{nearest(wanted, known)}; "
            f"there is {', '.join(known[:20])}"
        )
    return pl.col(column) == wanted
