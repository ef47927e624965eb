"""One reason per package: ordered named rules, as expressions over whole columns."""

import hashlib
from functools import lru_cache, reduce
from itertools import chain
from typing import Any, Protocol, overload

import polars as pl

from vtrkit import facts
from vtrkit.facts.checked import checks
from vtrkit.given import ArrowStream, is_table, lazy, polars_table
from vtrkit.rules import clauses, number_reasons
from vtrkit.rules.conform import conform
from vtrkit.rules.policies import RULE, Rules, rules_or_ours
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import (
    BY_ABSENCE,
    COUNTED_AS,
    DISPUTED,
    NOT_YOURS,
    OUTCOME,
    PACKAGES,
    REASON,
    VERSION,
    Frame,
    Outcome,
    Reason,
)
from vtrkit.tracking.carriers import carrier_id, coded, known_service

SCANS_DECIDED = "30d"
"""So long after the promised day, a second scan may still come."""
_TWO = "two_scans"
_TRACKED = "tracked"
"""Columns while judging: two scans are wanted; the reason of the tracking alone, rows 4 to 6."""
_VERDICT = "verdict"
_PLACED = {"marketplace", "ship_date", "promised_date"}
_JUDGED = {"our_reason": REASON, "reason": REASON, "enforced": pl.Boolean(), "fix": pl.String()}


class Packaged(Protocol):
    """What holds a table of packages, such as what `vtrkit.load` returns."""

    @property
    def packages(self) -> pl.LazyFrame:
        """The packages table."""


@overload
def classify(packages: Frame, rules: Rules | None = None) -> Frame: ...
@overload
def classify(packages: Packaged | ArrowStream, rules: Rules | None = None) -> pl.DataFrame: ...
@checks
def classify(packages: Any, rules: Rules | None = None) -> Any:
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
        packages: the packages table (`vtrkit.schema.PACKAGES`), of Polars or of any library that
            hands over Arrow streams, or what `vtrkit.load` returns; absent columns count as not
            known.
        rules: the marketplaces' rules; those that the package carries if none are given.

    Returns:
        The packages with carrier_id, ship_method (a known service or `other`), outcome, reason,
        our_reason, enforced, fix and rules, lazy or collected like the argument.

    Raises:
        ParameterError: it is no table.

    Examples:
        >>> import polars as pl
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "tracking_number": ["", "1Z9"],
        ...                          "scans": [None, 2]})
        >>> classify(packages).select("order_id", "outcome", "reason").rows()
        [('1', 'defect', 'missing_number'), ('2', 'valid', 'valid')]
    """
    judge: Rules = rules_or_ours(rules)
    handed_over = is_table(packages) and not isinstance(packages, pl.LazyFrame)
    table = lazy(polars_table(packages, "packages") if handed_over else packages, "packages")
    given = frozenset(table.collect_schema().names())
    verdicts = (
        conform(table)
        .with_columns(carrier_id().alias("carrier_id"), pl.col("ship_method").cast(coded()))
        .with_columns(_verdict(judge, given).alias(_VERDICT))
        .with_columns(
            *(pl.col(_VERDICT).struct.field(name) for name in _JUDGED),
            known_service().alias("ship_method"),
            pl.lit(rules_id(judge), pl.Enum([rules_id(judge)])).alias("rules"),
        )
        .with_columns(outcome_of("reason").alias("outcome"))
        .drop(_VERDICT)
    )
    return verdicts if isinstance(packages, pl.LazyFrame) else verdicts.collect()


def _verdict(rules: Rules, given: frozenset[str]) -> pl.Expr:
    """What the rules say, as a struct; each batch is judged only by rules of its own days.

    There are dozens of rules and a batch meets three or four: the rest would cost most of the
    time that judging takes.
    """

    def judged(packages: pl.Series) -> pl.Series:
        batch = packages.struct.unnest()
        those = rules.among(batch)
        before, after = _steps(those, given)
        batch = _with(batch, before)
        batch = _spelled(number_reasons.look(batch, given), those, given)
        batch = _with(batch, after)
        return batch.select(pl.struct(*_JUDGED)).to_series()

    return pl.struct(_read(rules, given)).map_batches(
        judged, return_dtype=pl.Struct(_JUDGED), is_elementwise=True
    )


def _with(packages: pl.DataFrame, steps: list[list[pl.Expr]]) -> pl.DataFrame:
    return reduce(lambda table, step: table.with_columns(*step), steps, packages)


@lru_cache(maxsize=32)  # dozens of rules as expressions cost more than judging a small file
def _steps(rules: Rules, given: frozenset[str]) -> tuple[list[list[pl.Expr]], list[list[pl.Expr]]]:
    """The columns to compute one after the other, before numbers are looked at and after that."""
    texts = [name for name in clauses.TEXTS if name in given]
    own = _first([*_outside(rules), *_EXEMPT, *_DISPUTED, _MAY_BE_EXEMPT], otherwise=_TRACKED)
    before = [
        [rules.number().alias(RULE), *(pl.col(t).cast(pl.Categorical()) for t in texts)],
        [*clauses.exempt(rules, given), clauses.needs_two_scans(rules, given).alias(_TWO)],
        *number_reasons.steps(given),
    ]
    after = [
        [_first(_judged(rules)).alias(_TRACKED)],
        [own.alias("our_reason"), clauses.enforced(rules).alias("enforced")],
        [_reported().alias("reason")],
    ]
    return before, after


def _spelled(packages: pl.DataFrame, rules: Rules, given: frozenset[str]) -> pl.DataFrame:
    """With the spelling of its service that may exempt a package without a number as `fix`."""
    rows = (packages["tracking_number"] == "").arg_true()
    if not len(rows):
        return packages
    fix = packages[rows].select(pl.coalesce("fix", _meant(rules, given))).to_series()
    return packages.with_columns(packages["fix"].scatter(rows, fix))


@lru_cache(maxsize=32)
def _meant(rules: Rules, given: frozenset[str]) -> pl.Expr:
    return clauses.meant_service(rules, given)


@lru_cache(maxsize=32)
def _read(rules: Rules, given: frozenset[str]) -> list[str]:
    """The columns that the steps look at."""
    before, after = _steps(rules, given)
    every = [*chain(*before, *after), _meant(rules, given), *map(pl.col, number_reasons.NUMBERED)]
    roots = {n for e in every for n in e.meta.root_names()}
    return [name for name in (*PACKAGES, "carrier_id") if name in roots | _PLACED]


@lru_cache(maxsize=32)
def rules_id(rules: Rules) -> str:
    """What judged a tally: the hash of schema version, rules and carriers."""
    text = f"{VERSION} {rules.policies!r} {facts.digest('carriers', 'formats')}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def outcome_of(reason: str) -> pl.Expr:
    """The outcome that a reason stands for."""
    outcomes = {r: text.outcome for r, text in REASONS.items()}
    return pl.col(reason).replace_strict(outcomes, return_dtype=OUTCOME)


_EXEMPTED = list(clauses.EXEMPTIONS)
_EXEMPT = [(r, pl.col(r)) for r in _EXEMPTED]
_DEFECTS = COUNTED_AS[Outcome.DEFECT]
_DISPUTED = [
    (Reason.DISPUTED_VALID, pl.col(clauses.DISPUTED) & (pl.col(_TRACKED) == Reason.VALID)),
    (Reason.DISPUTED_DEFECT, pl.col(clauses.DISPUTED) & pl.col(_TRACKED).is_in(_DEFECTS)),
]
"""What may or may not count, as by one source and not by another; unverified packages are open
either way."""
_MAY_BE_EXEMPT = (
    Reason.TOO_LITTLE_KNOWN,
    pl.any_horizontal(pl.col(clauses.EXEMPTIONS).is_null()) & pl.col(_TRACKED).is_in(_DEFECTS),
)
"""What may be exempt stays unknown rather than become a defect."""


def _outside(rules: Rules) -> list[tuple[Reason, pl.Expr]]:
    """Row 1 of the design: packages that are not in the metric at all."""
    return [
        (Reason.NOT_SHIPPED, pl.col("status") == "unshipped"),
        (Reason.CANCELLED, pl.col("status") == "cancelled"),
        (Reason.FULFILLED_BY_AMAZON, pl.col("fulfilled_by") == "amazon"),
        (Reason.PRIME, (pl.col("fulfilled_by") == "seller_prime") & clauses.prime_is_out(rules)),
    ]


CORRECTED_SINCE = (
    pl.max_horizontal("tracking_entered_at", "corrected_at") > pl.col("reported_at")
).fill_null(False)
"""Whether a number was entered after the day of Amazon's report: its verdict is about another."""


CONTESTED = (
    pl.col("reported_valid").not_()
    & (pl.col("outcome") == Outcome.DEFECT)
    & pl.col("our_reason").is_in([Reason.VALID, *clauses.EXEMPTIONS])
).fill_null(False)
"""Whether Amazon counts a package as failed that its rule exempts, or that a carrier scanned: what
an appeal is about."""


_NEVER_VALID = [Reason.MISSING_NUMBER, Reason.NOT_A_NUMBER]
"""What Amazon's silence does not make valid: it is exempt, or has a number at Amazon since."""


_NOT_LISTED = pl.lit(Reason.NOT_LISTED, REASON)


def _reported() -> pl.Expr:
    """Row 2: Amazon's own verdict; a defect of its has the reason of rows 4-5 that explains it.

    On what was entered up to the day of its report: a correction may wait for it up to 72 hours.
    """
    in_metric = ~pl.col("our_reason").is_in(NOT_YOURS) & ~CORRECTED_SINCE
    rejected = in_metric & pl.col("reported_valid").not_()
    # silence says that Amazon found no defect: a package that the rule exempts is still none of its
    silent = pl.col("reported_by").eq_missing(BY_ABSENCE)
    exempt, disputed = (pl.col("our_reason").is_in(r) for r in (_EXEMPTED, DISPUTED))
    unnumbered = pl.col("our_reason").is_in(_NEVER_VALID)
    return (
        pl.when(silent & (disputed | unnumbered) & pl.col("reported_valid") & ~CORRECTED_SINCE)
        .then(pl.when(disputed).then(pl.lit(Reason.DISPUTED_VALID, REASON)).otherwise(_NOT_LISTED))
        .when(in_metric & pl.col("reported_valid") & ~(silent & exempt))
        .then(pl.lit(Reason.VALID, REASON))
        .when(rejected & pl.col(_TRACKED).is_in(_DEFECTS))
        .then(_TRACKED)
        .when(rejected)
        .then(pl.lit(Reason.REJECTED_BY_AMAZON, REASON))
        .otherwise("our_reason")
    )


def _judged(rules: Rules) -> list[tuple[Reason, pl.Expr]]:
    """Rows 4 to 6: certain without scans, scans known, scans not known."""
    delivered = pl.col("delivered_date").is_not_null()
    attempted = delivered | pl.col("attempted_date").is_not_null()
    two, has_two = pl.col(_TWO), (pl.col("scans") >= 2) & attempted
    # a status tells of one scan at least: not that there are too few
    counted = ~pl.col("scans_at_least").fill_null(False)
    final = pl.col("seen_at") >= pl.col("promised_date").dt.offset_by(SCANS_DECIDED)
    return [
        (Reason.MISSING_NUMBER, pl.col("tracking_number") == ""),
        *number_reasons.certain(),
        (
            Reason.UNSUPPORTED_CARRIER,
            clauses.unsupported_carrier(rules, "integrated", "integrated_disputed"),
        ),
        (Reason.ENTERED_LATE, pl.col("tracking_entered_at") > pl.col("delivered_date")),
        *number_reasons.scanned(),
        (Reason.NO_SCAN, pl.col("scans") == 0),
        (Reason.UNVERIFIED, pl.col("scans").is_null() & ~delivered),
        (Reason.TOO_FEW_SCANS, two & ~has_two & final & counted),
        (Reason.TOO_LITTLE_KNOWN, two.fill_null(True) & ~has_two.fill_null(False)),
    ]


def _first(named: list[tuple[Reason, pl.Expr]], otherwise: str = "") -> pl.Expr:
    """The first reason whose rule holds, else another column or valid; null does not hold."""
    cases = [pl.when(holds).then(pl.lit(reason, REASON)) for reason, holds in named]
    return pl.coalesce(*cases, otherwise or pl.lit(Reason.VALID, REASON))
