"""One run folder, read under parameters: the tables that notebook, page and JSON share."""

import atexit
import inspect
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from tempfile import mkdtemp
from types import NoneType
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError, nearest
from vtrkit.metric.carrier_scans import carrier_scans
from vtrkit.metric.linked_metrics import linked
from vtrkit.metric.rates import rates, vtr
from vtrkit.metric.store import scan
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import Target
from vtrkit.planning.plan import Plan
from vtrkit.rules.policies import Policy, Rules, read_rules, shipped_rules
from vtrkit.schema import CATEGORY, GROUP, OUTCOMES_OF, Outcome, Status
from vtrkit.study.build import SCENARIO, build
from vtrkit.study.coming import Coming
from vtrkit.study.limits import notes
from vtrkit.study.parameters import day_of, only, targets_of
from vtrkit.study.settings import Settings
from vtrkit.whatif.levers import Scenario
from vtrkit.whatif.scenario_files import read_scenario


@dataclass(frozen=True)
class Run:
    """The tables of one run folder for one as-of day, marketplace and account.

    Examples:
        >>> run = open_run(as_of="2026-09-30", account="northwind", marketplace="US")
        >>> run.headline["category"], run.headline["status"], run.headline["to_fix"]
        ('Shoes', 'BAD', 16)
    """

    folder: Path
    as_of: date
    seen_to: date
    lag_days: int | None
    targets: tuple[Target, ...]
    tally: pl.LazyFrame
    title: str
    version: str
    rules: Rules = field(default_factory=shipped_rules)
    scenario: Scenario | None = None

    @cached_property
    def view(self) -> pl.DataFrame:
        """The cells that rates are computed from."""
        return rollup(self.tally.lazy()).collect()

    @cached_property
    def rates(self) -> pl.DataFrame:
        """One row per account, marketplace, category and window; see `vtrkit.rates`."""
        return _at_risk(self._rates(CATEGORY), self.coming.rates)

    @cached_property
    def totals(self) -> pl.DataFrame:
        """One row per account, marketplace and window."""
        return _at_risk(self.windows, self.coming.totals)

    @cached_property
    def windows(self) -> pl.DataFrame:
        """Likewise, before the coming weeks are looked at."""
        return self._rates(GROUP)

    def _rates(self, by: Sequence[str], target: Target | None = None) -> pl.DataFrame:
        return rates(
            self.view,
            rules=self.rules,
            as_of=self.as_of,
            by=by,
            lag_days=self.lag_days,
            seen_to=self.seen_to,
            target=target,
        )

    @cached_property
    def goals(self) -> pl.DataFrame:
        """What each category lacks to each of the asked targets, over the enforced window."""
        return pl.concat(
            self._rates(CATEGORY, t).filter("is_enforced_window") for t in self.targets
        )

    @cached_property
    def history(self) -> pl.DataFrame:
        """The rate as it stood on each day up to the as-of day, recomputed from today's files."""
        return vtr(self.view, by=GROUP, lag_days=self.lag_days, last=self.as_of, rules=self.rules)

    @cached_property
    def linked(self) -> pl.DataFrame:
        """On-time delivery, late shipment and programmes; see `vtrkit.metric.linked_metrics`."""
        return linked(self.tally, as_of=self.as_of, lag_days=self.lag_days, rules=self.rules)

    @cached_property
    def summary(self) -> pl.DataFrame:
        """What each input file was taken for, and how its rows add up."""
        return pl.read_parquet(self.folder / "summary.parquet")

    @cached_property
    def examples(self) -> pl.DataFrame:
        """At most ten masked rows per account and reason, the newest first."""
        return self._here(pl.read_parquet(self.folder / "examples.parquet"))

    @cached_property
    def reasons(self) -> pl.DataFrame:
        """Packages in the enforced windows that are not valid, by category, carrier and reason."""
        keys = (*CATEGORY, "carrier_id", "promised_date", "reason")
        failing = OUTCOMES_OF[Outcome.DEFECT] + OUTCOMES_OF[Outcome.UNKNOWN]
        cells = rollup(self.tally.lazy(), keys).filter(pl.col("reason").is_in(failing)).collect()
        inside = self._in_window(cells).group_by(*CATEGORY, "carrier_id", "reason")
        return inside.agg(pl.col("packages").sum()).sort(
            "packages", *CATEGORY, "carrier_id", "reason", descending=[True, *[False] * 5]
        )

    @cached_property
    def misread(self) -> pl.DataFrame:
        """Numbers in the enforced windows that look like another carrier's, by carrier."""
        told = self._in_window(pl.read_parquet(self.folder / "misread.parquet"))
        groups = told.group_by(*GROUP, "carrier_id", "fix").agg(pl.col("packages").sum())
        return groups.sort("packages", *GROUP, "carrier_id", "fix", descending=[True, *[False] * 4])

    def _in_window(self, cells: pl.DataFrame) -> pl.DataFrame:
        enforced = self.windows.filter("is_enforced_window")
        windows = enforced.select(*GROUP, "window_start", "window_end")
        inside = pl.col("promised_date").is_between("window_start", "window_end")
        return cells.join(windows, on=GROUP).filter(inside)

    @cached_property
    def carriers(self) -> pl.DataFrame:
        """How each carrier scanned what was shipped in the longest window; see `carrier_scans`."""
        first, last = self.windows["window_start"].min(), self.windows["window_end"].max()
        if not isinstance(first, date) or not isinstance(last, date):
            return carrier_scans(self._delays().clear(), first=self.as_of, last=self.as_of)
        return carrier_scans(self._delays(), first=first, last=last)

    @cached_property
    def coming(self) -> Coming:
        """The coming weeks, and what would lift the rates."""
        return Coming(
            tally=self.tally,
            delays=self._delays(),
            as_of=self.as_of,
            seen_to=self.seen_to,
            lag_days=self.lag_days,
            targets=self.targets,
            rules=self.rules,
            scenario=self.scenario,
        )

    @cached_property
    def plan(self) -> Plan | None:
        """The cheapest way on target of the account and marketplace of the headline."""
        return self.coming.plan(self.headline["account"], self.headline["marketplace"])

    def _delays(self) -> pl.LazyFrame:
        """Days to the first scan, of the chosen accounts and marketplaces."""
        here = self.view.lazy().select(GROUP).unique()
        return pl.scan_parquet(self.folder / "scan_delay.parquet").join(here, on=GROUP, how="semi")

    @property
    def judged_by(self) -> str:
        """The hash of the rules, carriers and tables that judged the packages."""
        return str(self.view["rules"].first())

    @cached_property
    def changes(self) -> dict[str, Any] | None:
        """What changed since the previous report, where one was given."""
        report = self.folder / "report.json"
        if not report.is_file():
            return None
        found: dict[str, Any] | None = json.loads(report.read_text("utf-8")).get("changes")
        return found

    @cached_property
    def policies(self) -> list[Policy]:
        """The rules in force on the as-of day in the marketplaces of this run."""
        names = sorted(self.view["marketplace"].unique().cast(pl.String))
        return list(dict.fromkeys(self.rules.on(n, self.as_of) for n in names))

    @cached_property
    def headline(self) -> dict[str, Any]:
        """The category that matters most: the worst that can hurt, else the worst."""
        order = {s: i for i, s in enumerate(Status)}
        rows = self.rates.filter("is_enforced_window").to_dicts()
        return min(
            rows,
            key=lambda r: (
                not (r["binding"] and r["status"] == Status.BAD),
                order[r["status"]],
                not r["binding"],
                -(r["to_fix"] or 0),
                str(r["category"]),
            ),
        )

    @cached_property
    def notes(self) -> list[str]:
        """What a reader has to know before believing the figures."""
        missing = json.loads((self.folder / "settings.json").read_text("utf-8")).get("missing")
        rejected = self.summary["rejected"].sum()
        told = f"Rows rejected: {rejected:,}; rejects.csv names the rule." if rejected else None
        typed = self._here(pl.read_parquet(self.folder / "typed.parquet"))
        limits = notes(self.view, self.totals, self.policies, typed)
        return [line for line in (missing, *limits, told) if line]

    def _here(self, told: pl.DataFrame) -> pl.DataFrame:
        """What a file of the run folder tells of the chosen accounts and marketplaces."""
        here = self.view.select(GROUP).unique()
        return told.join(here, on=GROUP, how="semi")


def _at_risk(rates: pl.DataFrame, coming: pl.DataFrame) -> pl.DataFrame:
    """A good rate is at risk, too, if what is locked in may fall below target; see `outlook`."""
    by = rates.columns[: rates.columns.index("as_of")]
    today = pl.col("day") == pl.col("as_of")
    told = coming.join(rates.select(*by, "as_of").unique(), on=by).filter(today)
    both = rates.join(told.select(*by, coming_status="status"), on=by, how="left")
    falls = (pl.col("coming_status") == Status.AT_RISK) & pl.col("is_enforced_window")
    status = pl.when(falls & (pl.col("status") == Status.GOOD)).then("coming_status")
    order = ["as_of", "days"]
    return (
        both.with_columns(status.otherwise("status").alias("status"))
        .drop("coming_status")
        .sort(*by, *order)
    )


def open_run(  # noqa: PLR0913 - the parameters of the notebooks, by the same names
    workspace: str = "",
    *,
    as_of: str = "",
    marketplace: str = "",
    account: str = "",
    targets: str = "95, 98",
    scenario: str = "",
    title: str = "",
) -> Run:
    """Open what a notebook shows: a run folder, or inputs that are run on the way.

    Args:
        workspace: a run folder, a folder of files, one file, a `vtrkit.toml`, or nothing for the
            sample data.
        as_of: the day on which the metric is read, as 2026-01-31; the newest export if empty.
        marketplace: only this one, such as US; all if empty.
        account: only this one; all if empty.
        targets: shares to reach, in percent, separated by commas.
        scenario: a scenario as TOML; that of the settings, if they have one, if empty.
        title: the heading.

    Raises:
        ParameterError: a parameter is wrong; the message has what was expected.
        InputError: the inputs cannot be read.
    """
    day, goals = day_of(as_of), targets_of(targets)
    folder = Path(workspace)
    if not workspace:
        folder = _sample_run(day)
    elif not (folder / "settings.json").is_file():
        folder = _built(Settings.of(workspace), day)
    asked = json.loads((folder / "settings.json").read_text("utf-8"))
    cells = scan(folder / "tally")
    for column, wanted in (("marketplace", marketplace), ("account", account)):
        cells = only(cells, column, wanted)
    return Run(
        folder=folder,
        as_of=day or date.fromisoformat(asked["as_of"]),
        seen_to=date.fromisoformat(asked["seen_to"]),
        lag_days=asked["lag_days"],
        targets=goals,
        tally=cells,
        scenario=_scenario(folder, scenario),
        title=title or "Valid Tracking Rate",
        version=asked["vtrkit"],
        rules=read_rules(*sorted((folder / "rules").glob("*.toml"))),
    )


def _built(settings: Settings, day: date | None) -> Path:
    """A run folder that is there for as long as the process."""
    folder = Path(mkdtemp(prefix="vtrkit-run-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    build(settings, folder, day)
    return folder


@cache
def _sample_run(day: date | None) -> Path:
    """The sample's run folder: the same files for the same day, so built once in a process."""
    return _built(Settings(), day)


PARAMETERS = tuple(inspect.signature(open_run).parameters)
"""What `open_run` takes, and a notebook therefore may."""


def _scenario(folder: Path, asked: str) -> Scenario | None:
    """The scenario that is asked for, else the one kept in the run folder."""
    kept = folder / SCENARIO
    if not asked and not kept.is_file():
        return None
    return read_scenario(asked or kept)


_DATA = (str, int, float, list, dict, NoneType)
_SHELL = {"In", "Out"}
"""What a kernel itself has among the names."""


def given(names: dict[str, Any]) -> dict[str, Any]:
    """The parameters among a notebook's names, so that a misspelt one is refused.

    papermill only warns of a parameter that the notebook does not have; it then stands among the
    names, and here it is found.

    Args:
        names: `globals()` in the first cell after the parameters.

    Raises:
        ParameterError: a name that is no parameter, or a value that is not text.
    """
    found = {
        n: v for n, v in names.items() if n[0] != "_" and n not in _SHELL and isinstance(v, _DATA)
    }
    for name, value in found.items():
        if name not in PARAMETERS:
            raise ParameterError(
                f"no parameter {name}{nearest(name, PARAMETERS)}; there is {', '.join(PARAMETERS)}"
            )
        if not isinstance(value, str):
            raise ParameterError(f"{name} must be text, not {type(value).__name__}; quote it")
    return found
