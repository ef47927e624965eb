"""Where one shop stands, as a row of the index: each figure is one of its study's.

A shop is one account in one marketplace. Rate, counts, line and days belong to the category that
its page names first; the status is that of the worst of its categories.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from vtrkit.facts.marketplaces import marketplaces
from vtrkit.metric.changes import statuses
from vtrkit.report import check
from vtrkit.rules.policies import no_rule
from vtrkit.schema import CATEGORY, UNKNOWN_CATEGORY, Status
from vtrkit.study.first_facts import Kind, first_facts
from vtrkit.study.first_steps import becomes, coming_of
from vtrkit.study.places import Place
from vtrkit.study.study import Study

_OF_HEADLINE = (
    *("category", "counted", "valid", "unknown", "vtr_low", "vtr_high", "target_bp", "few"),
    *("why", "undated", "back_on", "meets_on", "back_early", "back_late", "last_day", "below_on"),
)
_KEPT = (*CATEGORY, "status", "is_enforced_window", "vtr_low")


def row(
    study: Study,
    place: Place,
    before: Mapping[str, Any] | None = None,
    now: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the index says of a shop.

    Args:
        study: of this shop alone.
        place: its names.
        before: the `states` of the last run of another day, if there was one.
        now: those of this one.
    """
    facts, known = first_facts(study), marketplaces()
    headline, low = facts.row, facts.low or {"rate": None, "day": None}
    counts, small = _categories(study)
    status = check.rows(study.rates.to_dicts(), study.totals.to_dicts())[0]["status"]
    unruled = no_rule(headline) and headline["counted"] and status != Status.GOOD
    return {
        "id": place.id,
        "account": place.account,
        "marketplace": place.marketplace,
        "country": known[place.marketplace].name if place.marketplace in known else "",
        "as_of": study.as_of,
        # what missing costs where no rule is known is not known, either
        "goal_only": not headline["in_force"] and not no_rule(headline),
        "no_rule": bool(unruled),
        "status": status,
        "categories": counts,
        "small": small,
        **{name: headline[name] for name in _OF_HEADLINE},
        "lowest": low["rate"],
        "lowest_on": low["day"],
        "over_limit": headline["to_fix"],
        "over_limit_best": headline["to_fix_best"],
        "ahead": "nothing" if facts.kind is Kind.NOTHING else becomes(headline),
        **_due(study.advice),
        "line": _line(study, headline),
        "since": before and before["as_of"],
        "turned": statuses(before["rates"], now["rates"]) if before and now else [],
    }


def states(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """What of a report the index of the next run compares itself with; nothing of none."""
    if "rates" not in report:
        return None
    rows = [{n: r.get(n) for n in _KEPT} for r in report["rates"] if r["is_enforced_window"]]
    return {"as_of": str(report["as_of"]), "rates": rows}


def _categories(study: Study) -> tuple[dict[str, int], int]:
    """How many categories have each status, and how many small ones stand apart.

    A category of fewer than 20 packages is at risk or cannot be told most of the time, which says
    little; one that is below target is told of whatever its size.
    """
    named = pl.col("category").cast(pl.String) != UNKNOWN_CATEGORY
    rates = study.rates.filter("is_enforced_window", named, pl.col("counted") > 0)
    told = rates.filter(~pl.col("few") | (pl.col("status") == Status.BAD))
    counts = dict(told.group_by(pl.col("status").cast(pl.String)).len().rows())
    return {str(s): counts[s] for s in Status if s in counts}, rates.height - told.height


def _due(advice: pl.DataFrame) -> dict[str, Any]:
    """Until when the first tracking number can be corrected, and how many in all can be."""
    open_ = advice.filter(pl.col("correctable") > 0, pl.col("correct_first").is_not_null())
    return open_.select(due_on=pl.col("correct_first").min(), due=pl.col("correctable").sum()).row(
        0, named=True
    )


def _line(study: Study, row: dict[str, Any]) -> list[tuple[date, float, str]]:
    """The rate of the category over the days gone by, at worst, and to come, where there is one."""
    table = coming_of(study, row)
    now, low = pl.col("part").cast(pl.String) == "official", pl.col("vtr_low").fill_nan(None)
    rate = pl.when(now).then(low).otherwise(pl.coalesce(pl.col("vtr").fill_nan(None), low))
    days = table.select("day", rate.round(6).alias("rate"), pl.col("part").cast(pl.String))
    return days.drop_nulls("rate").sort("day").rows()


def worst_first(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Shops by what is coming: latest back, then lowest; where 95 % is only a goal, last."""
    order = ["not by", "back", "cannot tell", "stays", "nothing"]

    def key(r: Mapping[str, Any]) -> tuple[Any, ...]:
        back = -date.fromisoformat(str(r["back_on"])).toordinal() if r["back_on"] else 0
        lowest = 2.0 if r["lowest"] is None else r["lowest"]
        return (
            r["goal_only"],
            r["no_rule"],
            order.index(r["ahead"]),
            back,
            lowest,
            r["account"],
            r["id"],
        )

    return sorted(rows, key=key)
