"""Every figure of a report as plain data: what `report.json` holds."""

import json
from typing import Any

import polars as pl

from vtrkit.metric.changes import DAILY
from vtrkit.metric.rates import vtr
from vtrkit.schema import CATEGORY
from vtrkit.study.run import Run


def figures(run: Run) -> dict[str, Any]:
    """Every headline figure, as `report.json` holds it."""
    return {
        "title": run.title,
        "as_of": run.as_of,
        "seen_to": run.seen_to,
        "settings": json.loads((run.folder / "settings.json").read_text("utf-8")),
        "rules": run.judged_by,
        "policies": [
            {
                "id": p.id,
                "marketplace": p.marketplace,
                "title": p.title,
                "target_bp": p.target_bp,
                "condition": p.condition,
                "lag_days": p.lag_days,
                "window_days": p.window_days,
                "enforced": p.enforced,
                "source": list(p.source),
            }
            for p in run.policies
        ],
        "inputs": run.summary.to_dicts(),
        "headline": run.headline,
        "totals": run.totals.to_dicts(),
        "rates": run.rates.to_dicts(),
        "goals": run.goals.select(
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
        ).to_dicts(),
        "reasons": run.reasons.to_dicts(),
        "carriers": run.carriers.to_dicts(),
        "linked": run.linked.to_dicts(),
        "coming": _coming(run),
        "notes": run.notes,
        "own_rules": list(run.rules.own_files),
        "daily": daily(run).to_dicts(),
    }


def _coming(run: Run) -> dict[str, Any]:
    """The coming weeks, what levers need, and the plan of the headline's account."""
    coming, plan = run.coming, run.plan
    return {
        "dates": coming.dates.to_dicts(),
        "needed": coming.needed.to_dicts(),
        "alarms": coming.warnings.filter("alarm").to_dicts(),
        "scenario": run.scenario and run.scenario.name,
        "under_scenario": coming.under_scenario.to_dicts() if run.scenario else [],
        "plan": plan
        and {
            "cost": plan.cost,
            "confidence": plan.confidence,
            "mix": plan.mix.to_dicts(),
            "unreachable": plan.unreachable,
        },
    }


def daily(run: Run) -> pl.DataFrame:
    """Counts per category and promised day inside the enforced windows."""
    enforced = run.windows.filter("is_enforced_window")
    days = vtr(run.view, by=CATEGORY, days=1, lag_days=0).rename({"window_end": "promised_date"})
    inside = pl.col("promised_date").is_between(
        enforced["window_start"].min(), enforced["window_end"].max()
    )
    return days.filter(inside & (pl.col("counted") > 0)).select(list(DAILY))
