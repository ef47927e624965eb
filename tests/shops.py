"""Small tallies written down cell by cell, and what a scenario makes of them, in fractions."""

from datetime import date, timedelta
from fractions import Fraction

import polars as pl
from hypothesis import strategies as st

from vtrkit import Lever, classify, tally
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import COUNTS, TALLY_KEY, Reason

AS_OF = date(2026, 2, 1)
WINDOW_END = AS_OF - timedelta(days=10)
"""Under the default rule's lag."""
EMPTY = tally(classify(pl.DataFrame(schema={"order_id": pl.String})))
USUAL = {
    "account": "a",
    "marketplace": "US",
    "category": "Shoes",
    "carrier_id": "ups",
    "ship_method": "UPS Ground",
    "ship_date": WINDOW_END - timedelta(days=3),
    "promised_date": WINDOW_END,
    "enforced": True,
    "reason": "valid",
    "packages": 1,
}


def cells(*rows, **shared):
    """A full tally of these cells; what a row leaves unsaid is usual."""
    told = [USUAL | shared | dict.fromkeys(COUNTS, 0) | {"packages": 1} | row for row in rows]
    schema = {n: EMPTY.schema[n] for n in (*TALLY_KEY, *COUNTS)}
    frame = pl.DataFrame(told, schema=schema, orient="row")
    summed = frame.group_by(TALLY_KEY, maintain_order=True).agg(pl.col(COUNTS).sum())
    return summed.with_columns(
        rules=EMPTY["rules"]
        .extend_constant(None, summed.height)
        .fill_null(EMPTY.schema["rules"].categories[0])
    )


def some(valid=0, **others):
    """Cells with so many packages of each reason, on the last day of the windows."""
    return cells(*({"reason": r, "packages": n} for r, n in {"valid": valid, **others}.items()))


OUTCOME = {str(reason): str(text.outcome) for reason, text in REASONS.items()}
_MOVABLE = {"exempt_value", "exempt_service", "exempt_route"}
_NAMED = ("category", "carrier_id", "ship_method", "reason")


def share_moved(lever, row):
    """Of the packages of a cell, those that a lever moves, looking back."""
    outcome = OUTCOME[row["reason"]]
    movable = outcome in ("defect", "unknown") or (
        lever.moves_all and (outcome == "valid" or row["reason"] in _MOVABLE)
    )
    named = all(row[n] in getattr(lever, n) for n in _NAMED if getattr(lever, n))
    if not (movable and named):
        return Fraction(0)
    if lever.start is None:
        return Fraction(lever.share)
    if row["ship_date"] is None:
        return Fraction(0)
    reached = Fraction((row["ship_date"] - lever.start).days + 1, lever.ramp_days)
    return Fraction(lever.share) * min(max(reached, Fraction(0)), Fraction(1))


def carried_out(rows, lever):
    """The cells after a lever that moves whole packages: valid where scanned, else not scanned."""
    for row in rows:
        moved = row["packages"] * share_moved(lever, row)
        scanned = moved * Fraction(lever.scanned)
        for reason, packages in (
            (row["reason"], row["packages"] - moved),
            ("valid", scanned),
            ("no_scan", moved - scanned),
        ):
            assert packages.denominator == 1
            yield row | {"reason": reason, "packages": int(packages)}


def expected(rows, levers, days, end=WINDOW_END):
    """Counted, valid, unknown, moved packages and their cost in one window after a scenario."""
    found = dict.fromkeys(("counted", "valid", "unknown", "moved", "cost"), Fraction(0))
    for row in rows:
        if not (row["promised_date"] and 0 <= (end - row["promised_date"]).days < days):
            continue
        outcome, left = OUTCOME[row["reason"]], Fraction(row["packages"])
        for lever in levers:
            moved = row["packages"] * share_moved(lever, row)
            left -= moved
            found["counted"] += moved
            found["valid"] += moved * Fraction(lever.scanned)
            found["moved"] += moved
            found["cost"] += moved * Fraction(lever.cost)
        found["counted"] += left if outcome != "exempt" else 0
        found["valid"] += left if outcome == "valid" else 0
        found["unknown"] += left if outcome == "unknown" else 0
    return found


CATEGORIES, CARRIERS = ("Shoes", "Toys"), ("ups", "usps")
REASONS_USED = ("valid", "no_scan", "missing_number", "unverified", "exempt_value", "cancelled")


OLD = USUAL | {"promised_date": WINDOW_END - timedelta(days=95)}
"""So that the data cover every window, and verdicts are given."""


@st.composite
def tallied(draw, most=12):
    """The rows of a small tally that covers its windows, and the coming days that are decided."""
    back = draw(st.lists(st.integers(-9, 95), min_size=1, max_size=most))
    return [OLD, *(_row(draw, n) for n in back)]


def _row(draw, back):
    reason = draw(st.sampled_from(REASONS_USED))
    ship_days = [None, *(WINDOW_END - timedelta(days=back + k) for k in (1, 4))]
    return USUAL | {
        "category": draw(st.sampled_from(CATEGORIES)),
        "carrier_id": draw(st.sampled_from(CARRIERS)),
        "ship_date": draw(st.sampled_from(ship_days)),
        "promised_date": draw(st.sampled_from([WINDOW_END - timedelta(days=back)] * 9 + [None])),
        "enforced": draw(st.booleans()),
        "reason": reason,
        "packages": draw(st.integers(0, 40)) * (20 if reason == "valid" else 1),
    }


_HUNDREDTHS = st.integers(0, 100).map(lambda n: n / 100)


@st.composite
def levers(draw, name="lever", **fixed):
    """A lever on the small tallies."""
    moves_all = fixed.get("moves_all", draw(st.booleans()))
    movable = [r for r in REASONS_USED if r != "cancelled"]
    if not moves_all:
        movable = [r for r in movable if OUTCOME[r] in ("defect", "unknown")]
    drawn = {
        "share": draw(_HUNDREDTHS),
        "scanned": draw(_HUNDREDTHS),
        "category": draw(st.sampled_from([(), CATEGORIES[:1], CATEGORIES])),
        "carrier_id": draw(st.sampled_from([(), CARRIERS[1:]])),
        "reason": tuple(draw(st.sets(st.sampled_from(movable)))),
        "start": draw(st.none() | st.integers(-5, 60).map(lambda n: WINDOW_END - timedelta(n))),
        "ramp_days": draw(st.integers(1, 40)),
        "cost": draw(st.integers(0, 500)) / 100,
        "moves_all": moves_all,
    }
    return Lever(name=name, **(drawn | fixed))


ALL_REASONS = [str(reason) for reason in Reason]
