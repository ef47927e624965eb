"""The tables that functions return: what stands behind the groups, of which type, meaning what.

```
rates ─▶ groups + RATES     apply ─▶ groups + APPLIED     adoption_needed ─▶ groups + NEEDED
outlook ─▶ groups + OUTLOOK     plan ─▶ PLAN_MIX, PLAN_REACHED     reconcile ─▶ RECONCILED
```
"""

from typing import NamedTuple

import polars as pl

from vtrkit.schema import STATUS_ENUM


class Column(NamedTuple):
    """The type of a column, and what a value in it says."""

    dtype: pl.DataType
    means: str


_KINDS: dict[str, pl.DataType] = {
    **dict.fromkeys(("packages", "days", "bp"), pl.Int64()),
    **dict.fromkeys(("expected", "share", "chance", "money"), pl.Float64()),
    "day": pl.Date(),
    "text": pl.String(),
    "flag": pl.Boolean(),
    "status": STATUS_ENUM,
    "part": pl.Enum(["official", "locked in", "projected"]),
}
"""Packages are whole and expected ones are not; shares and chances go from 0 to 1."""


def _columns(lines: str) -> dict[str, Column]:
    """A column a line: its name, its kind, and what it means."""
    rows = (line.split(maxsplit=2) for line in lines.strip().splitlines())
    return {name: Column(_KINDS[kind], means) for name, kind, means in rows}


RATES = _columns("""
as_of                day       the day on which the metric is read
days                 days      length of the window
lag_days             days      between the window's end and the as-of day
window_start         day       first promised day that counts
window_end           day       last promised day that counts
counted              packages  in the metric: valid, defect or unknown
valid                packages  of these, validly tracked
unknown              packages  of these, without scan data, or of which too little is known
too_little_known     packages  of the unknown ones, those of which scans alone do not tell enough
disputed_packages    packages  beside these, those that may or may not count
vtr                  share     valid / (valid + defect)
vtr_low              share     all unknown ones fail, and what may count counts if it fails
vtr_high             share     all unknown ones hold, and what may count counts if it is valid
undated              packages  without a promised day, so in no window
counted_enforced     packages  counted, and able to hurt
valid_enforced       packages  of these, valid
target_bp            bp        the target in basis points
condition            text      at_least or greater_than
policy_id            text      the rule in force
in_force             flag      the rule bites on the as-of day
is_enforced_window   flag      the window by which Amazon decides
budget               packages  defects that the target allows
budget_left          packages  that may still fail, unknown ones failing; below 0 if too many did
to_fix               packages  defects too many, unknown ones among them
to_add               packages  further valid ones that would make up for them
budget_left_best     packages  as budget_left, unknown ones valid
to_fix_best          packages  as to_fix, unknown ones valid
to_add_best          packages  as to_add, unknown ones valid
correctable          packages  of coming windows that can still be corrected
correct_first        day       the first day by which one has to be
correct_last         day       the last
awaited              packages  of coming windows that still wait for a scan
on_time_judged       packages  valid ones of which it is known whether they came in time
on_time              packages  of these, delivered by the promised day
on_time_share        share     on_time / on_time_judged
status               status    where the rate stands
why                  text      what made the status, in words
falls_on             day       first coming day that is decided and below the target
falls_unless         packages  so many of those correctable have to be corrected to prevent it
falls_correctable    packages  correctable ones in that day's window
falls_correct_by     day       by when
status_other         status    under the other reading of a disputed condition, if it differs
few                  flag      less than 20 are counted
binding              flag      missing the target hurts
covered_days         days      of the window that the data cover
complete             flag      all of them
""")
"""What `vtrkit.rates` returns behind the groups: one row per group and window."""

_BEFORE = (
    *("as_of", "days", "lag_days", "window_start", "window_end", "target_bp", "condition"),
    *("policy_id", "in_force", "is_enforced_window", "complete", "undated"),
)
_TOLD = (
    *("counted", "valid", "unknown", "vtr", "vtr_low", "vtr_high"),
    *("budget_left", "status", "binding"),
)
APPLIED = (
    {name: RATES[name] for name in (*_BEFORE, *_TOLD)}
    | _columns("""
moved                expected  packages that the levers move
cost                 money     of these, without fixed costs
counted_after        expected  counted under the scenario; likewise the others
valid_after          expected  valid
unknown_after        expected  unknown
    """)
    | {f"{name}_after": RATES[name] for name in _TOLD[3:]}
)
"""What `vtrkit.apply` returns behind the groups, and `adoption_curve` behind `share`."""

NEEDED = {
    name: RATES[name]
    for name in (
        *("days", "lag_days", "window_start", "window_end", "is_enforced_window"),
        *("target_bp", "condition", "counted", "valid", "unknown"),
    )
} | _columns("""
eligible             packages  what the lever is about
reachable            flag      all of them would have been enough
packages             packages  the fewest that would have been
share                share     of those eligible
best                 share     the rate with all of them
common_share         share     the one share that would have been enough in every group of a place
packages_sure        packages  as packages, with the confidence asked for
share_sure           share     of those eligible
common_share_sure    share     as common_share
packages_best        packages  as packages, if all unknown ones hold
""")
"""What `vtrkit.adoption_needed` returns behind the groups: one row per window and target."""

OUTLOOK = _columns("""
day                  day       the day on which Amazon shows the rate
part                 part      how it comes about
window_start         day       first promised day that counts
window_end           day       last promised day that counts
counted              expected  packages in the metric
valid                expected  of these, valid
unknown              expected  of these, without scan data
late                 expected  of the valid ones, those that still wait for a scan
shipped              expected  packages that have left already
shipped_valid        expected  of these, valid if scans that may still come do, unknown ones too
to_come              expected  packages still to be shipped
vtr                  share     valid / (valid + defect)
vtr_low              share     unknown ones fail; the worst case; the low end of 9 in 10
vtr_high             share     unknown ones hold; the best case; the high end of 9 in 10
target_bp            bp        the target in basis points
condition            text      at_least or greater_than
budget_left          expected  packages that may still fail
chance               chance    of being on target
status               status    where the rate stands
complete             flag      the data cover the window
""")
"""What `vtrkit.outlook` returns behind the groups, and `simulate` behind scenario and groups."""

PLAN_MIX = _columns("""
category             text      of which
lever                text      what is done
eligible             expected  packages that the lever can reach
moved                expected  that it moves
share                share     of those eligible
gained               expected  valid packages
cost                 money     without fixed costs
""")
"""The `mix` of what `vtrkit.plan` returns: one row per category and lever that moves anything."""

PLAN_REACHED = _columns("""
category             text      none for the account as a whole
target_bp            bp        the target in basis points
condition            text      at_least or greater_than
counted              expected  packages in the metric
valid                expected  of these, valid
vtr_low              share     unknown ones fail
needed               expected  packages that have to turn valid
moved                expected  that all levers move
gained               expected  valid packages
margin               expected  gained beyond what is needed
valid_after          expected  valid packages with the mix
vtr_low_after        share     the rate with it
chance               chance    of being on target
best_vtr_low         share     the rate with every lever as far as it goes
best_chance          chance    of being on target then
reachable            flag      whether that is enough
""")
"""The `reached` of what `vtrkit.plan` returns: one row per category, and one for the account."""

OFFICIAL = _columns("""
account              text      whose it is
marketplace          text      by Amazon's two letters
window_start         day       first day that counts
window_end           day       last day that counts
read_on              day       the newest day that the report names, else that in its name
shipped              packages  Amazon's shipment count
amazon_valid         packages  Amazon's count of those with valid tracking
amazon_rate          share     Amazon's rate, as it is stated
target               share     the target that the report names
target_condition     text      GREATER_THAN, LESS_THAN or EQUALS
amazon_status        text      GOOD, BAD or NONE
account_status       text      NORMAL, AT_RISK or DEACTIVATED
against              text      what contradicts itself in the report
file                 text      where it stands
""")
"""Amazon's own figures: one row per performance report, marketplace and window.

Null is what the report does not say.
"""

RECONCILED = OFFICIAL | _columns("""
lag_days             days      between the end of the window and the day of the report
our_lag_days         days      that our pages take
counted_then         packages  that counted, by what was known on the day of the report
valid_then           packages  of these, valid
unknown_then         packages  of these, without scan data
counted              packages  that count, by all that is known today
valid                packages  of these, valid
unknown              packages  of these, without scan data
disputed             packages  beside these, those that may or may not count
disputed_valid       packages  of these, valid
exempt               packages  that the rule exempts, by value, service or route
not_yours            packages  cancelled, not shipped, Prime, or shipped by Amazon
day_before           packages  that count and were promised for the day before the window
day_after            packages  likewise for the day after it
undated              packages  that count and have no promised day
contested            packages  that Amazon's report of defects has, though exempt or scanned
""")
"""What `vtrkit.reconcile` returns. Ours are null where the files hold no such place or days."""
