"""Every figure of a report as plain data: what `report.json` holds."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit.errors import InputError
from vtrkit.given import read_day, read_path
from vtrkit.metric.changes import DAILY, changes
from vtrkit.metric.target import SUMS
from vtrkit.schema import CATEGORY, Status
from vtrkit.study.build import plain
from vtrkit.study.study import Study
from vtrkit.words import day_text, place

_LISTINGS = 100
"""Listings that `report.json` names, the worst first."""


_OF_RULES = (
    *("id", "marketplace", "title", "target_bp", "condition"),
    *("lag_days", "window_days", "enforced"),
)


def figures(study: Study) -> dict[str, Any]:
    """Every headline figure, as `report.json` holds it; tables are not yet rows."""
    return {
        "title": study.title,
        "as_of": study.as_of,
        "seen_to": study.seen_to,
        "settings": study.kept.settings,
        "rules": study.judged_by,
        "policies": [
            {name: getattr(p, name) for name in _OF_RULES} | {"source": list(p.source)}
            for p in study.policies
        ],
        "inputs": study.kept.summary,
        "headline": study.headline,
        "totals": study.totals,
        "rates": study.rates,
        "advice": study.advice,
        "goals": study.goals.select(
            *CATEGORY,
            "target_bp",
            "condition",
            "counted",
            "valid",
            "unknown",
            "budget_left",
            "to_fix",
            "to_add",
            "to_fix_best",
            "to_add_best",
        ),
        "reasons": study.reasons,
        "carriers": study.carriers,
        "linked": study.linked,
        "late_listings": study.late_listings.head(_LISTINGS),
        "coming": _coming(study),
        "notes": study.notes,
        "own_rules": list(study.question.rules.own_files),
        "daily": daily(study),
    }


def _coming(study: Study) -> dict[str, Any]:
    """The coming weeks, what levers need, and the plan of the headline's account."""
    plan = study.headline_plan
    return {
        "dates": study.dates,
        "needed": study.needed,
        "alarms": study.warnings.filter("alarm"),
        "scenario": study.scenario and study.scenario.name,
        "under_scenario": study.under_scenario if study.scenario else [],
        "plan": plan
        and {
            "cost": plan.cost,
            "by_day": plan.by_day,
            "confidence": plan.confidence,
            "mix": plan.mix,
            "unreachable": plan.unreachable,
        },
    }


def since(study: Study, report_json: Path | str = "") -> pl.DataFrame:
    """What moved the rates since an earlier report; no rows where none is given.

    Raises:
        InputError: it cannot be read. Likewise `ParameterError`, if it has another form.
    """
    if not report_json:
        return pl.DataFrame(schema=_SINCE)
    changed = compared(earlier(report_json), figures(study))
    return pl.DataFrame(changed["groups"], schema=_SINCE)


def changed_since(study: Study, report_json: Path | str = "") -> dict[str, Any] | None:
    """What changed since an earlier report; without one, since that of the run folder, if any."""
    if report_json == "":
        return study.kept.changes
    return compared(earlier(report_json), figures(study))


def compared(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What changed from one report to the next, each as `figures` gives it."""
    return changes(before, json.loads(json.dumps(now, default=plain)))


_SINCE = {
    "account": pl.String,
    "marketplace": pl.String,
    "entered": pl.Int64,
    "left": pl.Int64,
    "restated": pl.Int64,
    "vtr_before": pl.Float64,
    "vtr_now": pl.Float64,
    "mix": pl.Float64,
    "quality": pl.Float64,
}


def earlier(report_json: Path | str) -> dict[str, Any]:
    """The figures of an earlier report, or of the folder that it stands in.

    Raises:
        InputError: it cannot be read.
    """
    path = read_path(report_json, "previous report")
    name = path.name
    path = path / "report.json" if path.is_dir() else path
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{name}: cannot be read; give an earlier report.json") from None
    return report if isinstance(report, dict) else {}


def last_report(folder: Path) -> dict[str, Any]:
    """The figures that a folder holds from the last run; none of them where it holds no report."""
    with suppress(InputError):
        return earlier(folder / "report.json")
    return {}


def turned(before: dict[str, Any], study: Study) -> list[str]:
    """The categories that were on target in an earlier report and are at risk now, a line each."""
    rows = before.get("rates", ())
    good = {
        tuple(row.get(n) for n in CATEGORY)
        for row in rows
        if row.get("is_enforced_window") and row.get("status") == Status.GOOD
    }
    now = study.advice.filter(pl.col("status") == Status.AT_RISK).to_dicts()
    since = read_day(before.get("as_of"))
    if since is None:
        return []
    new = [row for row in now if tuple(str(row[n]) for n in CATEGORY) in good]
    return [
        f"At risk since the report of {day_text(since)}: {r['category']} ({place(r)}) {r['why']}."
        for r in new
    ]


def daily(study: Study) -> pl.DataFrame:
    """Counts per category and promised day, of the days that count."""
    enforced = study.totals.filter("is_enforced_window")
    first, last = enforced["window_start"].min(), enforced["window_end"].max()
    inside = study.view.filter(pl.col("promised_date").is_between(first, last))
    days = inside.group_by(*CATEGORY, "promised_date").agg(SUMS).filter(pl.col("counted") > 0)
    return days.sort(*CATEGORY, "promised_date").select(list(DAILY))
