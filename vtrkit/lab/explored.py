"""What stands on the screen of the explorer, from the tables of a choice."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from markupsafe import Markup

from vtrkit.charts import explored as picture
from vtrkit.charts.trial import strip
from vtrkit.lab.seen import Row, Seen, carrier_name, chosen, said
from vtrkit.lab.sentences import rate_range
from vtrkit.lab.view import shown_as, sign, signs, word
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import Reason
from vtrkit.words import percent, place, short_day, target_text

View = dict[str, Any]
BY = {"carrier_id": "Carrier", "ship_method": "Method", "sku": "Sku"}
"""What failed packages can be shown by."""
_BARS = 8


def view(seen: Seen) -> View:
    """Everything on the screen, for its template."""
    return _top(seen) | _list(seen) | _line(seen) | _causes(seen) | _foot(seen) | said(seen)


def _top(seen: Seen) -> View:
    choice, goals = seen.choice, seen.study.targets
    return {
        "places": [(" · ".join(p), " · ".join(p)) for p in seen.places],
        "place": f"{choice.account} · {choice.marketplace}",
        "as_of": choice.as_of.isoformat(),
        "days": (seen.days[0].isoformat(), seen.days[-1].isoformat()),
        "windows": sorted(w.days for w in seen.study.question.shown(choice.marketplace)),
        "window": choice.days,
        "targets": [(t.bp, target_text(t.bp)) for t in goals],
        "target": choice.bp or goals[0].bp,
    }


def _list(seen: Seen) -> View:
    rows = seen.views.categories.to_dicts()
    floor = min([0.9, *(row["vtr_low"] for row in rows)])
    total, shown = seen.total, [_row(row, floor, rows) for row in rows]
    return {
        "signs": signs(rows),
        "rows": shown,
        "table": (
            ("category", "status", "rate in %", "failed of due"),
            [(r["name"], r["word"], r["rate"], r["failed"]) for r in shown],
        ),
        "names": seen.names,
        "names_id": f"vtr-{id(seen.study):x}",
        "category": seen.choice.category,
        "where": f"All that is chosen of {place(vars(seen.choice))}",
        "whole": f"{rate_range(total)} · {_failed(total)}" if total else "–",
    }


def _row(row: Row, floor: float, rows: Sequence[Row]) -> View:
    name, goal = str(row["category"]), row["target_bp"] / 10_000
    shown = shown_as(name, rows)
    return {
        "pick": f"category={name}",
        "name": shown,
        "chosen": row["chosen"],
        "sign": sign(row),
        "word": word(row),
        "kind": word(row).replace(" ", "-"),
        "strip": Markup(strip(row["vtr_low"], row["vtr_high"], None, goal, floor)),
        "rate": rate_range(row),
        "failed": _failed(row),
        "spoken": f"{shown}, {word(row)}, {rate_range(row)} percent, {_failed(row)} failed",
    }


def _failed(row: Row) -> str:
    """Failed of due; a range where packages are without scan data, unless a reason is chosen."""
    high = row.get("failing", row["counted"] - row["valid"])
    low = row["counted"] - row["valid"] - row["unknown"]
    count = f"{low:,}–{high:,}" if low < high == row["counted"] - row["valid"] else f"{high:,}"
    return f"{count} of {row['counted']:,}"


def _line(seen: Seen) -> View:
    choice, rows = seen.choice, seen.views.history.filter(pl.col("counted") > 0).to_dicts()
    goals = [t.bp / 10_000 for t in seen.study.targets]
    goals.sort(key=lambda goal: goal != (choice.bp or seen.study.targets[0].bp) / 10_000)
    scale = picture.Scale(seen.days, rows, goals)
    today = next((r for r in rows if r["as_of"] == choice.as_of), None)
    rate = today["vtr_low"] if today else None
    what = ", ".join(text for _, text in chosen(choice)) or place(vars(choice))
    ends = [f"{percent(r['vtr_low'])} on {short_day(r['as_of'])}" for r in (*rows[:1], *rows[-1:])]
    words = f"{what}, rate over {choice.days} days, day by day: {' to '.join(ends) or 'none'}"
    day = min(range(len(seen.days)), key=lambda n: abs((seen.days[n] - choice.as_of).days))
    return {
        "line_title": f"{what}, as it stood on each day",
        "svg": Markup(picture.line(scale, rows, goals, str(Markup.escape(words)))),
        "mark": Markup(picture.mark(scale, choice.as_of, rate)),
        "day": day,
        "last_day": len(seen.days) - 1,
        "spoken": f"{short_day(choice.as_of)}, {percent(rate)}",
    }


def _causes(seen: Seen) -> View:
    views = seen.views
    reasons = views.reasons.to_dicts()
    most = max((r["packages"] for r in reasons), default=1)
    table = {"carrier_id": views.carriers, "ship_method": views.methods, "sku": seen.skus}[seen.by]
    rows = table.head(_BARS).to_dicts()
    widest = max((r["counted"] for r in rows), default=1)
    failing = [f"{r['failing']:,}" for r in views.weeks.to_dicts()]
    words = f"failed by week due, from {short_day(views.weeks['week'][0])}: {', '.join(failing)}"
    return {
        "why": [_why(r, most) for r in reasons],
        "tabs": [(n, text) for n, text in BY.items() if n != "sku" or seen.skus.height],
        "by": seen.by,
        "bars": [_bar(r, seen.by, widest) for r in rows],
        "more_bars": f"{table.height - _BARS} more" if table.height > _BARS else "",
        "weeks": Markup(picture.weeks(views.weeks.to_dicts(), words)),
    }


def _why(row: Row, most: int) -> View:
    label = REASONS[Reason(row["reason"])].label
    return {
        "pick": f"reason={row['reason']}",
        "name": label,
        "chosen": row["chosen"],
        "group": "why",
        "due": 0,
        "bad": round(row["packages"] / most * 100, 1),
        "said": f"{row['packages']:,}",
        "spoken": f"{label}, {row['packages']:,} failed",
    }


def _bar(row: Row, column: str, widest: int) -> View:
    name = str(row[column]) if row[column] is not None else "(none named)"
    shown = carrier_name(name) if column == "carrier_id" else name
    said = f"{row['failing']:,} of {row['counted']:,}"
    return {
        "pick": "" if column == "sku" else f"{column}={name}",
        "name": shown,
        "chosen": row.get("chosen", False),
        "group": "bars",
        "due": round(row["counted"] / widest * 100, 1),
        "bad": round(row["failing"] / widest * 100, 1),
        "said": said,
        "spoken": f"{shown}, {said} failed",
    }


def _foot(seen: Seen) -> View:
    own = seen.study
    listed = own.folder is not None and seen.choice.as_of == own.as_of and seen.choice.days == 30
    return {
        "chosen": chosen(seen.choice),
        "listed": listed,
        "note": seen.note,
        "note_kind": "error" if seen.wrong else "",
    }
