"""One reason per package: ordered named rules, as expressions over whole columns."""

import hashlib

import polars as pl

from vtrkit import facts
from vtrkit.carriers import carrier_id, known_service
from vtrkit.policy import Rules, shipped_rules
from vtrkit.schema import (
    OUTCOME,
    REASON,
    REASONS,
    VERSION,
    Frame,
    Outcome,
    Reason,
    conform,
    like,
)


def classify(packages: Frame, rules: Rules | None = None) -> Frame:
    """Judge each package: does it count, is it validly tracked, and if not, why.

    The first rule that applies gives the reason. Amazon's own verdict, where a report gives it,
    decides for every package that is in the metric; what our rules say stays in `our_reason`.

    ```
    order_id  tracking_number  scans │ outcome  reason
    1         ""               null  │ defect   missing_number
    2         1Z…              3     │ valid    valid
    3         1Z…              0     │ defect   no_scan
    4         1Z…              null  │ unknown  unverified
    ```

    Args:
        packages: the packages table (`vtrkit.schema.PACKAGES`); absent columns count as not known.
        rules: the marketplaces' rules; those that the package carries if none are given.

    Returns:
        The packages with carrier_id, ship_method (a known service or `other`), outcome, reason,
        our_reason, enforced, fix and rules, lazy or collected like the argument.

    Examples:
        >>> import polars as pl
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "tracking_number": ["", "1Z9"],
        ...                          "scans": [None, 2]})
        >>> classify(packages).select("order_id", "outcome", "reason").rows()
        [('1', 'defect', 'missing_number'), ('2', 'valid', 'valid')]
    """
    rules = rules or shipped_rules()
    own = _first(_outside(rules) + _judged())
    in_metric = pl.col("our_reason").is_in(_OUTSIDE).not_()
    reported = (
        pl.when(in_metric & pl.col("reported_valid"))
        .then(pl.lit(Reason.VALID, REASON))
        .when(in_metric & pl.col("reported_valid").not_() & ~pl.col("our_reason").is_in(_DEFECTS))
        .then(pl.lit(Reason.REJECTED_BY_AMAZON, REASON))
        .otherwise("our_reason")
    )
    verdicts = (
        conform(packages.lazy())
        .with_columns(
            own.alias("our_reason"),
            carrier_id().alias("carrier_id"),
            known_service().alias("ship_method"),
            rules.where(lambda p: p.enforced).alias("enforced"),
            pl.lit(None, pl.String).alias("fix"),
            pl.lit(rules_id(rules), pl.Enum([rules_id(rules)])).alias("rules"),
        )
        .with_columns(reported.alias("reason"))
        .with_columns(outcome_of("reason").alias("outcome"))
    )
    return like(verdicts, packages)


def rules_id(rules: Rules) -> str:
    """What judged a tally: the hash of schema version, rules and carriers."""
    text = f"{VERSION} {rules.policies!r} {facts.digest('carriers')}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def outcome_of(reason: str) -> pl.Expr:
    """The outcome that a reason stands for."""
    outcomes = {r: text.outcome for r, text in REASONS.items()}
    return pl.col(reason).replace_strict(outcomes, return_dtype=OUTCOME)


_OUTSIDE = [Reason.NOT_SHIPPED, Reason.CANCELLED, Reason.NOT_SELLER_FULFILLED]
_DEFECTS = [r for r, text in REASONS.items() if text.outcome == Outcome.DEFECT]


def _outside(rules: Rules) -> list[tuple[Reason, pl.Expr]]:
    """Row 1 of the design: packages that are not in the metric at all."""
    prime_is_out = rules.where(lambda p: "seller_prime" not in p.counts)
    fulfilled = pl.col("fulfilled_by")
    return [
        (Reason.NOT_SHIPPED, pl.col("status") == "unshipped"),
        (Reason.CANCELLED, pl.col("status") == "cancelled"),
        (
            Reason.NOT_SELLER_FULFILLED,
            (fulfilled == "amazon") | ((fulfilled == "seller_prime") & prime_is_out),
        ),
    ]


def _judged() -> list[tuple[Reason, pl.Expr]]:
    """Rows 4 to 6: certain without scans, scans known, scans not known."""
    delivered = pl.col("delivered_date").is_not_null()
    return [
        (Reason.MISSING_NUMBER, pl.col("tracking_number") == ""),
        (Reason.ENTERED_LATE, pl.col("tracking_entered_at") > pl.col("delivered_date")),
        (Reason.NO_SCAN, pl.col("scans") == 0),
        (Reason.UNVERIFIED, pl.col("scans").is_null() & ~delivered),
    ]


def _first(named: list[tuple[Reason, pl.Expr]]) -> pl.Expr:
    """The first reason whose rule holds, else valid; a rule that is null does not hold."""
    cases = [pl.when(holds).then(pl.lit(reason, REASON)) for reason, holds in named]
    return pl.coalesce(*cases, pl.lit(Reason.VALID, REASON))
