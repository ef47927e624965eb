"""A run folder, as `vtrkit.study.build` leaves it: the tally of a study and what stands beside it.

```
tally, scan_delay ─▶ Study    summary, examples, misread, typed, settings ─▶ its own tables
```
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit import results
from vtrkit.facts.checked import Place, build
from vtrkit.metric.store import scan
from vtrkit.rules.policies import Rules, read_rules
from vtrkit.schema import Reason, State
from vtrkit.study.build import SCENARIO, TABLES
from vtrkit.study.kept import held_if_few
from vtrkit.whatif.levers import Scenario
from vtrkit.whatif.scenario_files import read_scenario
from vtrkit.whatif.worth import Costs


@dataclass(frozen=True)
class RunFolder:
    """What was read and judged once, and can be asked about as often as you like."""

    path: Path

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What was asked for, and what judged the packages."""
        settings: dict[str, Any] = json.loads((self.path / "settings.json").read_text("utf-8"))
        return settings

    @property
    def as_of(self) -> date:
        """The as-of day of the settings, else that of the newest export."""
        return date.fromisoformat(self.settings["as_of"])

    @property
    def seen_to(self) -> date:
        """The day of the newest export."""
        return date.fromisoformat(self.settings["seen_to"])

    @cached_property
    def tally(self) -> pl.LazyFrame:
        """The full daily tally of all accounts; read once where it is small."""
        return held_if_few(scan(self.path / TABLES / "tally"))

    @property
    def delays(self) -> pl.LazyFrame:
        """Days to the first scan; see `vtrkit.scan_delay`."""
        return self._table("scan_delay").lazy()

    @property
    def tracked(self) -> pl.DataFrame:
        """The day of each account's newest export of tracking data, and of any (`seen_to`)."""
        return self._table("tracked")

    @cached_property
    def rules(self) -> Rules:
        """The marketplaces' rules, with the user's own."""
        return read_rules(*sorted((self.path / "rules").glob("*.toml")))

    @property
    def scenario(self) -> Scenario | None:
        """The scenario of the settings, if they have one."""
        kept = self.path / SCENARIO
        return read_scenario(kept) if kept.is_file() else None

    @property
    def costs(self) -> Costs | None:
        """The seller's own numbers, if the settings have them."""
        costs = self.settings.get("costs")
        return None if costs is None else build(Costs, costs, Place("settings.json: costs"))

    @cached_property
    def summary(self) -> pl.DataFrame:
        """How each input file was recognised, and how its rows add up."""
        return self._table("summary")

    @cached_property
    def examples(self) -> pl.DataFrame:
        """At most ten masked rows per place and reason, the newest first."""
        return self._table("examples")

    @cached_property
    def misread(self) -> pl.DataFrame:
        """Numbers of each carrier and promised day that look like another carrier's."""
        return self._table("misread")

    @cached_property
    def typed(self) -> pl.DataFrame:
        """Packages by carrier as typed, where it is not recognised."""
        return self._table("typed")

    @cached_property
    def files(self) -> pl.DataFrame:
        """Packages by place and the file that has their newest row."""
        return self._table("files")

    @cached_property
    def caveats(self) -> pl.DataFrame:
        """Packages by place that limit what the figures say, by what it is about."""
        return self._table("caveats")

    @cached_property
    def skus(self) -> pl.DataFrame:
        """Packages and units by sku, promised day and reason; see `vtrkit.metric.tally`."""
        return self._table("sku_tally")

    @cached_property
    def reconciled(self) -> pl.DataFrame:
        """Amazon's own figures beside ours; see `vtrkit.reconcile`. Empty without any report."""
        schema = {name: column.dtype for name, column in results.RECONCILED.items()}
        kept = (self.path / TABLES / "reconciled.parquet").is_file()
        return self._table("reconciled") if kept else pl.DataFrame(schema=schema)

    @cached_property
    def prime(self) -> pl.DataFrame:
        """The packages shipped for Prime by day and reason; see `vtrkit.metric.tally`."""
        return self._table("prime_tally")

    @cached_property
    def packages(self) -> pl.DataFrame:
        """Which packages count, and when each leaves the window: `packages.csv`."""
        return self._packages.collect()

    @cached_property
    def waiting(self) -> pl.DataFrame:
        """Those of them that can still be corrected, or are not shipped yet."""
        correctable = pl.col("state") == str(State.CORRECTABLE)
        to_ship = pl.col("reason") == str(Reason.NOT_SHIPPED)
        listed = self._packages.filter(correctable | to_ship).collect(engine="streaming")
        return listed.select(pl.all() + "")  # else the texts of every other row stay in memory

    @property
    def _packages(self) -> pl.LazyFrame:
        return pl.scan_csv(self.path / "packages.csv", infer_schema=False, glob=False)

    @cached_property
    def correctable(self) -> pl.DataFrame:
        """The packages that another entry cures, whole; see `vtrkit.amazon.fixes`."""
        return self._table("correctable")

    @property
    def changes(self) -> dict[str, Any] | None:
        """What changed since the previous report, where one was given."""
        report = self.path / "report.json"
        if not report.is_file():
            return None
        changes: dict[str, Any] | None = json.loads(report.read_text("utf-8")).get("changes")
        return changes

    def _table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.path / TABLES / f"{name}.parquet", glob=False)
