"""The whole story of one order, in words."""

from datetime import timedelta
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.rules.classify import classify
from vtrkit.rules.policies import RULE, Policy, Rules, rules_or_ours
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import DISPUTED, Outcome, Reason
from vtrkit.tracking.carriers import carrier_names, integrated_lists
from vtrkit.tracking.inspect import inspect_numbers
from vtrkit.words import lazy

_EFFECT = {
    Outcome.VALID: "counts as validly tracked",
    Outcome.DEFECT: "counts as a defect",
    Outcome.UNKNOWN: "counts, but whether it is valid is not known",
    Outcome.EXEMPT: "is not part of the metric",
}
_EITHER_WAY = "counts by one of Amazon's pages and is exempt by another"


def explain(
    packages: pl.DataFrame | pl.LazyFrame, order_id: str, *, rules: Rules | None = None
) -> str:
    """What is known of each package of an order, how and by which rule it is judged, what helps.

    Args:
        packages: the packages table, judged or not.
        order_id: Amazon's order id.
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
    numbered = classify(found, rules).with_columns(rules.number().alias(RULE))
    judged = numbered.sort("package_id").collect()
    if judged.is_empty():
        raise ParameterError(f"there is no order {order_id} among these packages")
    return "\n\n".join(_story(row, rules) for row in judged.to_dicts())


def _story(row: dict[str, Any], rules: Rules) -> str:
    reason = Reason(row["reason"])
    text = REASONS[reason]
    effect = _EITHER_WAY if reason in DISPUTED else _EFFECT[text.outcome]
    rule = rules.policies[row[RULE]]
    lines = [
        f"Package {row['package_id']} of order {row['order_id']} {effect}: {text.label}.",
        _MORE_SCANS if reason == Reason.UNVERIFIED and row["scans"] else text.why,
        *_known(row),
        *_number(row),
        *_disputed(row),
        *_rule(rule),
        *_window(row, rule),
        f"What helps: {text.remedy}",
    ]
    return "\n".join(lines)


_MORE_SCANS = (
    "The carrier scanned it, but no file says enough to tell whether it has the two scans that the "
    "rule may ask for."
)


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
        "said by": row["source"],
    }
    said = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
    return [f"Known: {said}."] if said else []


def _number(row: dict[str, Any]) -> list[str]:
    if not row["tracking_number"]:
        return []
    told = inspect_numbers([row["tracking_number"]], row["carrier"]).row(0, named=True)
    belongs = [carrier_names().get(c, c) for c in (row["fix"] or "").split("|") if c]
    hint = f" It may belong to {' or '.join(belongs)}." if belongs else ""
    return [f"The number {told['why']}.{hint}"]


def _disputed(row: dict[str, Any]) -> list[str]:
    ours = Reason(row["our_reason"])
    if row["reported_valid"] is None or ours == row["reason"]:
        return []
    verdict = "valid" if row["reported_valid"] else "not valid"
    return [
        f"Amazon says that it is {verdict} ({row['reported_by'] or 'its report'}); by the rules "
        f"alone it would be: {REASONS[ours].label}. An appeal can use this."
    ]


def _window(row: dict[str, Any], rule: Policy) -> list[str]:
    if row["promised_date"] is None or row["outcome"] == Outcome.EXEMPT:
        return []
    enters = row["promised_date"] + timedelta(days=rule.lag_days)
    gone = enters + timedelta(days=rule.window_days)
    return [f"It is in the {rule.window_days}-day window from {enters} until {gone}, exclusive."]
