"""What each reason does to the rate, and how a person is told of it."""

from typing import NamedTuple

from vtrkit.schema import OUTCOME_OF, Outcome, Reason


class ReasonText(NamedTuple):
    """A reason in words, and where Amazon says so (empty where the metric's definition does)."""

    outcome: Outcome
    label: str
    why: str
    remedy: str
    source: str


MORE_DATA = (
    "the order report with values, a tracking export with every scan, and where you ship from "
    "(--origin)"
)
"""What tells of a package whether a second scan is needed, and whether it counts."""
_WAIT = "Nothing to do: the package is not part of the metric."
_TEXTS: dict[Reason, tuple[str, str, str]] = {
    Reason.NOT_SHIPPED: (
        "not shipped yet",
        "Only packages shipped and confirmed are counted.",
        _WAIT,
    ),
    Reason.CANCELLED: ("cancelled", "The order was cancelled, so no package is counted.", _WAIT),
    Reason.FULFILLED_BY_AMAZON: ("fulfilled by Amazon", "Amazon ships this package itself.", _WAIT),
    Reason.PRIME: (
        "Prime",
        "You ship this package for Prime, which this marketplace's rule leaves out.",
        _WAIT,
    ),
    Reason.EXEMPT_VALUE: ("exempt by value", "The rule leaves out packages of this value.", _WAIT),
    Reason.EXEMPT_SERVICE: (
        "exempt by service",
        "The rule leaves out this untracked shipping service.",
        "Keep carrier and ship method spelled exactly as the rule names them.",
    ),
    Reason.EXEMPT_ROUTE: (
        "exempt by route",
        "The rule leaves out this origin or destination.",
        _WAIT,
    ),
    Reason.DISPUTED_VALID: (
        "valid, if it counts",
        "Nothing says that it fails, and it may not count at all: Amazon's pages disagree, or it "
        "may be a Prime order.",
        "Nothing to do.",
    ),
    Reason.DISPUTED_DEFECT: (
        "fails, if it counts",
        "It is not validly tracked, and it may not count at all: Amazon's pages disagree, or it "
        "may be a Prime order.",
        "Treat it as one that counts: track the next ones like it. If Amazon counts it against "
        "you, the sources of the rule can be used in an appeal.",
    ),
    Reason.NOT_LISTED: (
        "no number, and not listed",
        "It has no number, and Amazon's report of defects leaves it out: it may not count, or have "
        "a number at Amazon by now.",
        "Nothing to do.",
    ),
    Reason.REJECTED_BY_AMAZON: (
        "rejected by Amazon",
        "Amazon counts the package as not validly tracked and our rules find no cause.",
        "Compare carrier and number with the label; if both are right, use the package in an "
        "appeal.",
    ),
    Reason.MISSING_NUMBER: (
        "no tracking number",
        "The shipment was confirmed with the tracking number left empty.",
        "Enter the number under Manage Orders before the package is delivered, or buy labels "
        "through Amazon.",
    ),
    Reason.NOT_A_NUMBER: (
        "not a tracking number",
        "The field holds an order id, a placeholder, two numbers, or what a spreadsheet left.",
        "Enter the number from the label before delivery; format the column as text.",
    ),
    Reason.MALFORMED: (
        "malformed number",
        "The check digit fails, or no format of this carrier fits.",
        "Correct the number before the package is delivered.",
    ),
    Reason.WRONG_CARRIER: (
        "wrong carrier",
        "The number belongs to another carrier than the one entered.",
        "Correct the carrier before the package is delivered.",
    ),
    Reason.UNSUPPORTED_CARRIER: (
        "carrier not integrated",
        "The rule counts only carriers that report to Amazon.",
        "Enter the carrier's name in place of Other; move to an integrated carrier, or buy labels "
        "through Amazon.",
    ),
    Reason.ENTERED_LATE: (
        "entered after delivery",
        "A number supplied or changed after delivery never counts.",
        "Confirm shipments with their number on the day they leave.",
    ),
    Reason.NO_SCAN: (
        "never scanned",
        "The carrier has no scan of the package; a printed label is none.",
        "Ask the carrier for an acceptance scan at pick-up; check that the number is on the box.",
    ),
    Reason.TOO_FEW_SCANS: (
        "too few scans",
        "The rule wants two scans for this origin and value, one of them attempt or delivery.",
        "Use a service that is tracked to the door for this route.",
    ),
    Reason.UNVERIFIED: (
        "scan not known",
        "There is a number, but no file says whether the carrier scanned it.",
        "Load scans from the carrier or the shipping tool, or Amazon's Valid Tracking report.",
    ),
    Reason.TOO_LITTLE_KNOWN: (
        "too little known",
        "No file says enough of its value, its route or its scans to tell whether the rule leaves "
        "it out or asks for a second scan.",
        f"Give {MORE_DATA}.",
    ),
    Reason.VALID: ("valid", "The carrier scanned the package.", "Nothing to do."),
}
"""Label, explanation and remedy of every reason, in order of precedence."""

_HELP = "https://sellercentral.amazon.com/gp/help/external/G201817070?language=en_US"
_FAQ = "https://sellercentral.amazon.com/gp/help/external/202014610"
_CHECKLIST = (
    "https://sellercentral-europe.amazon.com/seller-forums/discussions/t/"
    "48477edb65b6bdf1ba84f5b3eac25e68"
)
_RULES_2025 = (
    "https://sellercentral.amazon.com/seller-forums/discussions/t/"
    "427b2246-9e04-41a9-8d5d-3a7f3e3d7ff2"
)
_SOURCES = {
    reason: source
    for source, reasons in {
        _HELP: (Reason.NOT_SHIPPED, Reason.NO_SCAN, Reason.UNSUPPORTED_CARRIER, Reason.VALID),
        _FAQ: (Reason.MISSING_NUMBER, Reason.NOT_A_NUMBER, Reason.MALFORMED, Reason.ENTERED_LATE),
        _CHECKLIST: (
            Reason.FULFILLED_BY_AMAZON,
            Reason.PRIME,
            Reason.REJECTED_BY_AMAZON,
            Reason.WRONG_CARRIER,
        ),
        _RULES_2025: (
            Reason.EXEMPT_VALUE,
            Reason.EXEMPT_SERVICE,
            Reason.EXEMPT_ROUTE,
            Reason.TOO_FEW_SCANS,
        ),
    }.items()
    for reason in reasons
}

REASONS = {
    reason: ReasonText(OUTCOME_OF[reason], *text, _SOURCES.get(reason, ""))
    for reason, text in _TEXTS.items()
}
"""Every reason with its outcome, label, explanation, remedy and source, in order of precedence."""
