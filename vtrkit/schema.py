"""The tables that vtrkit passes along: names, types, keys and closed sets.

```
files ─load─▶ PACKAGES ─classify─▶ + VERDICTS ─tally─▶ TALLY ─▶ rates …
```

A null in PACKAGES means *not known*, never *no*. A blank `tracking_number` ("") is the
opposite: the source has the field and left it empty.
"""

from enum import StrEnum
from typing import TypeVar

import polars as pl

VERSION = 6
"""Version of the tables; stored with every tally, and part of the hash that guards merging."""

UNKNOWN_CATEGORY = "(unknown)"
UNNAMED_MARKETPLACE = "(unnamed)"
DEFAULT_ACCOUNT = "default"
UNRECOGNISED = "unrecognised"
OTHER_METHOD = "other"
BY_ABSENCE = "absence from Amazon's Valid Tracking report"
"""What `reported_by` says of a package that a report of defects leaves out."""
FEW = 20
"""Below so many counted packages a rate is flagged: one defect in 19 is already below 95 %."""


EVEN = 0.5
"""The chance with which a day, a share or a plan is named unless another one is asked for."""


class Outcome(StrEnum):
    """What a package does to the rate: counts for it, against it, undecided, or not at all."""

    VALID = "valid"
    DEFECT = "defect"
    UNKNOWN = "unknown"
    EXEMPT = "exempt"


class Reason(StrEnum):
    """Why a package has its outcome; exactly one each, the first that applies."""

    NOT_SHIPPED = "not_shipped"
    CANCELLED = "cancelled"
    FULFILLED_BY_AMAZON = "fulfilled_by_amazon"
    PRIME = "prime"
    EXEMPT_VALUE = "exempt_value"
    EXEMPT_SERVICE = "exempt_service"
    EXEMPT_ROUTE = "exempt_route"
    DISPUTED_VALID = "disputed_valid"
    DISPUTED_DEFECT = "disputed_defect"
    NOT_LISTED = "not_listed"
    REJECTED_BY_AMAZON = "rejected_by_amazon"
    MISSING_NUMBER = "missing_number"
    NOT_A_NUMBER = "not_a_number"
    MALFORMED = "malformed"
    WRONG_CARRIER = "wrong_carrier"
    UNSUPPORTED_CARRIER = "unsupported_carrier"
    ENTERED_LATE = "entered_late"
    NO_SCAN = "no_scan"
    TOO_FEW_SCANS = "too_few_scans"
    UNVERIFIED = "unverified"
    TOO_LITTLE_KNOWN = "too_little_known"
    VALID = "valid"


class Grade(StrEnum):
    """How a tracking number looks, whoever is said to carry it."""

    CHECK_OK = "check_ok"
    FORMAT_OK = "format_ok"
    WEAK = "weak"
    BAD_CHECK = "bad_check"
    UNKNOWN = "unknown"
    PLACEHOLDER = "placeholder"
    MISSING = "missing"
    SPREADSHEET_DAMAGE = "spreadsheet_damage"
    MULTIPLE = "multiple"
    NOT_A_TRACKING_NUMBER = "not_a_tracking_number"


class Relation(StrEnum):
    """How a tracking number stands to the carrier that the seller entered."""

    NONE = "none"
    MATCH = "match"
    PARTNER_POSSIBLE = "partner_possible"
    SOFT = "soft"
    HARD = "hard"


class Status(StrEnum):
    """Where a rate stands against its target, worst first."""

    BAD = "BAD"
    UNDECIDED = "UNDECIDED"
    AT_RISK = "AT_RISK"
    GOOD = "GOOD"
    NONE = "NONE"


class State(StrEnum):
    """What can still become of a package that fails; see `vtrkit.rules.still_open`."""

    CORRECTABLE = "correctable"
    PENDING = "pending"
    LOST = "lost"


NOT_YOURS = (Reason.NOT_SHIPPED, Reason.CANCELLED, Reason.FULFILLED_BY_AMAZON, Reason.PRIME)
"""What a seller has not shipped, or not under this metric: row 1 of the verdicts."""
OUTCOMES_OF: dict[Outcome, list[Reason]] = {
    Outcome.VALID: [Reason.DISPUTED_VALID, Reason.NOT_LISTED, Reason.VALID],
    Outcome.DEFECT: [
        *(Reason.DISPUTED_DEFECT, Reason.REJECTED_BY_AMAZON, Reason.MISSING_NUMBER),
        *(Reason.NOT_A_NUMBER, Reason.MALFORMED, Reason.WRONG_CARRIER),
        *(Reason.UNSUPPORTED_CARRIER, Reason.ENTERED_LATE, Reason.NO_SCAN, Reason.TOO_FEW_SCANS),
    ],
    Outcome.UNKNOWN: [Reason.UNVERIFIED, Reason.TOO_LITTLE_KNOWN],
    Outcome.EXEMPT: [
        *NOT_YOURS,
        *(Reason.EXEMPT_VALUE, Reason.EXEMPT_SERVICE, Reason.EXEMPT_ROUTE),
    ],
}
"""The reasons that stand for each outcome, in order of precedence; their texts are in `rules`."""
OUTCOME_OF = {reason: outcome for outcome, reasons in OUTCOMES_OF.items() for reason in reasons}
DISPUTED = (Reason.DISPUTED_VALID, Reason.DISPUTED_DEFECT, Reason.NOT_LISTED)
"""Packages that count by one source and are exempt by another, judged as if they counted."""
COUNTED_AS = {o: [r for r in rs if r not in DISPUTED] for o, rs in OUTCOMES_OF.items()}
"""The reasons that a rate counts under each outcome: those of packages that certainly do."""
FAILING = (*COUNTED_AS[Outcome.DEFECT], *COUNTED_AS[Outcome.UNKNOWN])
"""The reasons of packages that certainly count and are not known to be valid."""

OUTCOME = pl.Enum(Outcome)
REASON = pl.Enum(Reason)
GRADE = pl.Enum(Grade)
RELATION = pl.Enum(Relation)
STATUS_ENUM = pl.Enum(Status)
PACKAGE_STATUS = pl.Enum(["shipped", "unshipped", "cancelled"])
FULFILLED_BY = pl.Enum(["seller", "seller_or_prime", "seller_prime", "amazon"])
"""`seller_or_prime`: the seller, and what the file says about Prime is no word that is known."""

PACKAGES: dict[str, pl.DataType] = {
    "account": pl.Categorical(),
    "marketplace": pl.Categorical(),
    "order_id": pl.String(),
    "package_id": pl.String(),
    "category": pl.Categorical(),
    "order_item_id": pl.String(),
    "quantity": pl.Int32(),
    "sku": pl.String(),
    "asin": pl.String(),
    "skus": pl.Int32(),
    "order_date": pl.Date(),
    "status": PACKAGE_STATUS,
    "fulfilled_by": FULFILLED_BY,
    "carrier": pl.String(),
    "ship_method": pl.String(),
    "tracking_number": pl.String(),
    "label_number": pl.String(),
    "tracking_entered_at": pl.Date(),
    "corrected_at": pl.Date(),
    "ship_by_date": pl.Date(),
    "ship_date": pl.Date(),
    "promised_date": pl.Date(),
    "delivered_date": pl.Date(),
    "attempted_date": pl.Date(),
    "is_delivered": pl.Boolean(),
    "scans": pl.Int32(),
    "scans_at_least": pl.Boolean(),
    "first_scan_date": pl.Date(),
    "scanned_by": pl.String(),
    "origin": pl.String(),
    "origin_assumed": pl.Boolean(),
    "destination": pl.String(),
    "goods_value": pl.Float64(),
    "shipping_value": pl.Float64(),
    "tax_value": pl.Float64(),
    "currency": pl.String(),
    "amazon_label": pl.Boolean(),
    "reported_valid": pl.Boolean(),
    "reported_by": pl.String(),
    "reported_at": pl.Date(),
    "tracked_at": pl.Date(),
    "seen_at": pl.Date(),
    "source": pl.String(),
}
"""One row per package: every column with its type.

`order_item_id`, `sku` and `asin` are those of the line that decides the category, `skus` is how
many different ones are in the package, and `quantity` counts the units of all its lines.
`label_number` is what the label of a shipping tool says where Amazon has another number or none: a
proposal, for Amazon knows nothing of it. `corrected_at` is the day of the confirmation that changed
its carrier or number, if one did. `tracked_at` is the day of the newest export of tracking
data on it. `is_delivered` is true where a file says that the parcel was delivered, even if none
says when, or under another number.
"""

PACKAGE_KEY = ("account", "marketplace", "order_id", "package_id")
DATES = tuple(name for name, dtype in PACKAGES.items() if dtype == pl.Date())

VERDICTS: dict[str, pl.DataType] = {
    "carrier_id": pl.Categorical(),
    "outcome": OUTCOME,
    "reason": REASON,
    "our_reason": REASON,
    "enforced": pl.Boolean(),
    "fix": pl.String(),
}
"""What `classify` adds to a package."""

TALLY_KEY = (
    "account",
    "marketplace",
    "category",
    "carrier_id",
    "ship_method",
    "ship_date",
    "promised_date",
    "enforced",
    "reason",
    "scan_delay",
)
VIEW_KEY = (
    "account",
    "marketplace",
    "category",
    "promised_date",
    "enforced",
    "reason",
    "unscanned_since",
)
"""Key of the view. `unscanned_since` is the ship day of packages whose first scan may be awaited,
and null for all others."""
COUNTS = (
    "packages",
    "units",
    "ship_judged",
    "shipped_late",
    "delivered",
    "delivery_judged",
    "delivered_late",
    "undelivered",
    "units_judged",
    "units_late",
    "units_undelivered",
    "correctable",
    "underway",
)
"""Int64 counts of a tally cell; a late count stands beside the count it is a part of.

A package without a known quantity is one unit. `delivered` ones have a delivery and a
promised day, `delivery_judged` ones were due, and delivered or attempted, when their tracking data
were exported, `undelivered` ones were due and neither; three more are the same in units.
`correctable` ones would be valid if something else had been entered, and no file knows of their
delivery; `underway` of them were on their way when they should have arrived.
"""
DELIVERY_UNITS = ("units_judged", "units_late", "units_undelivered")

PRIME_KEY = ("account", "marketplace", "ship_date", "promised_date", "reason")
"""A tally of the seller's Prime packages alone: few cells, and none where there are none."""

SKU_KEY = ("account", "marketplace", "sku", "promised_date", "reason")
"""A tally of its own by what was sold, beside the full one; it counts packages and their units."""

SCAN_DELAYS = (*map(str, range(31)), "some day", "none", "not known")
SCAN_DELAY = pl.Enum(SCAN_DELAYS)
"""Days from shipping to the first scan, 30 standing for more; scanned on a day that is not known;
no scan; no scan data."""
SCAN_DELAY_KEY = ("account", "marketplace", "category", "carrier_id", "ship_date", "scan_delay")

GROUP = ("account", "marketplace")
CATEGORY = (*GROUP, "category")
"""What a rate is of by default: a category of an account's marketplace."""
GROUPS = (*CATEGORY, "carrier_id", "ship_method")
"""What rates can be grouped by."""

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def like(result: pl.LazyFrame, given: Frame) -> Frame:
    """A lazy result for a lazy argument, a collected one for a collected argument."""
    return result if isinstance(given, pl.LazyFrame) else result.collect()
