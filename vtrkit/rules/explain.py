"""The whole story of one order, in words."""

from datetime import date, timedelta
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.given import lazy, read_day
from vtrkit.rules.classify import CORRECTED_SINCE, SCANS_DECIDED, classify
from vtrkit.rules.conform import conform
from vtrkit.rules.policies import RULE, Policy, Rules, rules_or_ours
from vtrkit.rules.reasons import REASONS, ReasonText
from vtrkit.rules.still_open import SHOWS_DAYS, awaited_until, still_open, tracked_to
from vtrkit.schema import DISPUTED, Outcome, Reason, State
from vtrkit.tracking.carriers import carrier_names, integrated_lists
from vtrkit.tracking.inspect import inspect_numbers
from vtrkit.words import dated

_EFFECT = {
    Outcome.VALID: "counts as validly tracked",
    Outcome.DEFECT: "counts as a defect",
    Outcome.UNKNOWN: "cannot be judged from these files",
    Outcome.EXEMPT: "is not part of the metric",
}
_EITHER_WAY = "may or may not count"


@checks
def explain(
    packages: pl.DataFrame | pl.LazyFrame,
    order_id: str,
    *,
    as_of: date | str | None = None,
    rules: Rules | None = None,
) -> str:
    """What is known of each package of an order, how it is judged, what is awaited, what helps.

    Args:
        packages: the packages table, judged or not.
        order_id: Amazon's order id.
        as_of: the day for which it is said what can still change; the newest export if none is
            given, and nothing where no file has a day.
        rules: the marketplaces' rules; those that the package carries if none are given.

    Returns:
        A paragraph per package, plain text.

    Raises:
        ParameterError: there is no such order.

    Examples:
        >>> import polars as pl
        >>> packages = pl.DataFrame({"order_id": ["1"], "tracking_number": [""],
        ...                          "carrier": ["UPS"]})
        >>> print(explain(packages, "1").splitlines()[0])
        Package 1 of order 1 counts as a defect: no tracking number.
    """
    rules = rules_or_ours(rules)
    given = lazy(packages, "packages")
    if "order_id" not in given.collect_schema():
        raise ParameterError("this table has no orders; give packages: vtrkit.load(…).packages")
    found = given.filter(pl.col("order_id") == str(order_id))
    table = conform(given)
    day = read_day(as_of) or table.select(pl.col("seen_at").max()).collect().item()
    numbered = classify(found, rules).with_columns(
        rules.number().alias(RULE), awaited_until=awaited_until(), corrected_since=CORRECTED_SINCE
    )
    if day:
        tracked = tracked_to(table).collect()
        numbered = still_open(numbered, as_of=day, rules=rules, tracked=tracked)
    judged = numbered.sort("package_id").collect()
    if judged.is_empty():
        raise ParameterError(f"there is no order {order_id} among these packages")
    return "\n\n".join(_story(row, rules) for row in judged.to_dicts())


def _story(row: dict[str, Any], rules: Rules) -> str:
    reason = Reason(row["reason"])
    text = REASONS[reason]
    effect, label = _EFFECT[text.outcome], text.label
    if reason in DISPUTED:
        effect = _EITHER_WAY
    elif row.get("state") in {State.PENDING, State.CORRECTABLE}:
        effect = "fails as things are"
        label = "not scanned yet" if reason == Reason.NO_SCAN else label
    rule = rules.policies[row[RULE]]
    lines = [
        f"Package {row['package_id']} of order {row['order_id']} {effect}: {label}.",
        _why(row, reason),
        *_known(row),
        *_number(row),
        *_disputed(row),
        *_awaited(row),
        *_rule(rule),
        *_window(row, rule),
        *_helps(row, text),
    ]
    return "\n".join(lines)


def _helps(row: dict[str, Any], text: ReasonText) -> list[str]:
    """What helps this package, or the next ones where it is too late for it."""
    if text.outcome in {Outcome.VALID, Outcome.EXEMPT}:
        return []
    late = row.get("state") == State.LOST
    return [f"{'What would have helped' if late else 'What helps'}: {text.remedy}"]


def _why(row: dict[str, Any], reason: Reason) -> str:
    """What makes a package what it is."""
    if reason == Reason.TOO_LITTLE_KNOWN:
        return _open(row)
    if reason == Reason.VALID and not row["scans"] and row["delivered_date"] is None:
        return "Amazon counts it so; no file has its scans."
    return REASONS[reason].why


def _open(row: dict[str, Any]) -> str:
    """What is not known of a package that may be left out, or have to have a second scan."""
    tracked = (row["scans"] or row["delivered_date"]) and row["tracking_number"] != ""
    lacking = {
        "its value": row["goods_value"] is None or row["currency"] is None,
        "where it ships from": row["origin"] is None,
        "where it goes": row["destination"] is None and not tracked,
        "how many scans it had": tracked and (row["scans"] is None or row["scans_at_least"]),
    }
    named = " and ".join(what for what, lacks in lacking.items() if lacks)
    if not tracked:
        named = named or "its value in the currency of the rule"
        return f"It is not validly tracked, but the rule may leave it out: no file says {named}."
    if named:
        return (
            f"The carrier scanned it, but no file says {named}, so it cannot be told whether the "
            "rule asks for two scans and it has them."
        )
    return "It has not had the two scans yet that the rule asks for, or may ask for by its value."


def _rule(rule: Policy) -> list[str]:
    """Which rule judged, where it stands, how old that is, and what is not certain about it."""
    checked = f" (read {rule.checked})" if rule.checked else ""
    lines = [f"Judged by the rule {rule.id} ({rule.title}): {' '.join(rule.source)}{checked}."]
    if rule.carriers != "any" and (listed := integrated_lists().get(rule.marketplace)):
        lines.append(f"Which carriers report to Amazon is known from a list of {listed.seen}.")
    return [*lines, f"About this rule: {rule.note}"] if rule.note else lines


def _known(row: dict[str, Any]) -> list[str]:
    facts = {
        "shipped": row["ship_date"],
        "number entered": row["tracking_entered_at"],
        "promised": row["promised_date"],
        "delivered": row["delivered_date"],
        "scans": f"{row['scans']} or more" if row["scans_at_least"] else row["scans"],
        "first scan": row["first_scan_date"],
        "listed in": row["source"],
    }
    said = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
    return [f"Known: {said}."] if said else []


def _number(row: dict[str, Any]) -> list[str]:
    label = row["label_number"]
    if not row["tracking_number"]:
        return [f"The label of your shipping tool has {label}."] if label else []
    told = inspect_numbers([row["tracking_number"]], row["carrier"]).row(0, named=True)
    why = str(told["why"])
    belongs = [carrier_names().get(c, c) for c in (row["fix"] or "").split("|") if c]
    hint = f" It may belong to {' or '.join(belongs)}." if belongs else ""
    hint = f" The label of your shipping tool has {label}." if label else hint
    says = why.startswith(("looks", "fits"))
    return [f"The number {why}.{hint}" if says else f"What stands in its place: {why}.{hint}"]


def _disputed(row: dict[str, Any]) -> list[str]:
    ours = Reason(row["our_reason"])
    if row["reported_valid"] is None or ours == row["reason"]:
        return []
    verdict = "valid" if row["reported_valid"] else "not valid"
    return [
        f"Amazon says that it is {verdict} ({row['reported_by'] or 'its report'}); by the rules "
        f"alone it would be: {REASONS[ours].label}."
        + " An appeal can use this."
        * (not row["reported_valid"])
    ]


def _awaited(row: dict[str, Any]) -> list[str]:
    """What can still change the verdict, and until when."""
    lines, second_scan = [], int(SCANS_DECIDED.removesuffix("d"))
    if row["corrected_since"] and row["reported_valid"] is not None:
        entered = row["tracking_entered_at"]
        shows = entered + timedelta(days=SHOWS_DAYS)
        lines.append(
            f"Awaiting Amazon: this number was entered on {dated(entered)}, after Amazon's report "
            f"of {dated(row['reported_at'])}, which is about what stood there before. The "
            f"correction shows within 72 hours, by {dated(shows)}."
        )
    if row["reason"] == Reason.TOO_LITTLE_KNOWN and row["scans"] and row["promised_date"]:
        until = row["promised_date"] + timedelta(days=second_scan)
        lines.append(f"Where the rule asks for a second scan, it may come until {dated(until)}.")
    match row.get("state"):
        case State.PENDING:
            lines.append(f"Awaited: its first scan, until {dated(row['awaited_until'])}.")
        case State.CORRECTABLE:
            last = row["possible_until"]
            until = f"until {dated(last)} at the latest" if last else "until it is delivered"
            lines.append(
                f"It can still be corrected, {until}: enter {row['enter']}. A correction shows "
                "within 72 hours."
            )
        case State.LOST:
            lines.append("It can no longer be corrected, and no scan is awaited any more.")
    return lines


def _window(row: dict[str, Any], rule: Policy) -> list[str]:
    if row["promised_date"] is None or row["outcome"] == Outcome.EXEMPT:
        return []
    enters = row["promised_date"] + timedelta(days=rule.lag_days)
    gone = enters + timedelta(days=rule.window_days)
    last = gone - timedelta(days=1)
    days = f"on each of the {rule.window_days} days from {dated(enters)} to {dated(last)}."
    return [f"If it counts, it does {days}" if row["reason"] in DISPUTED else f"It counts {days}"]
