"""A plan on disk: written by a render for its notebook, which would search for it once more."""

import json
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit.planning.plan import Plan
from vtrkit.study.build import SCENARIO, write_json
from vtrkit.whatif.scenario_files import read_scenario, write_scenario

_TABLES = ("mix", "levers", "reached")
_REST = "plan.json"


def write_plan(plan: Plan | None, folder: Path) -> None:
    """Keep a plan, or that there is none, in a folder."""
    folder.mkdir()
    if plan is None:
        return
    for name in _TABLES:
        getattr(plan, name).write_parquet(folder / f"{name}.parquet")
    write_scenario(plan.scenario, folder / SCENARIO)
    rest = {f.name for f in fields(Plan)} - {*_TABLES, "scenario"}
    write_json(folder / _REST, {name: getattr(plan, name) for name in rest})


def read_plan(folder: Path) -> Plan | None:
    """What `write_plan` kept."""
    if not (folder / _REST).is_file():
        return None
    kept: dict[str, Any] = json.loads((folder / _REST).read_text("utf-8"))
    kept |= {n: date.fromisoformat(kept[n]) for n in ("as_of", "by_day")}
    kept |= {n: tuple(value) for n, value in kept.items() if isinstance(value, list)}
    kept |= {n: pl.read_parquet(folder / f"{n}.parquet", glob=False) for n in _TABLES}
    return Plan(**kept, scenario=read_scenario(folder / SCENARIO))
