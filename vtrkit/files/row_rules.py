"""The named rules by which a row is rejected."""

from collections.abc import Iterable
from datetime import date

import polars as pl

from vtrkit.facts.marketplaces import other_shops
from vtrkit.files.forms import HELPERS, YES, Layout
from vtrkit.schema import PACKAGES
from vtrkit.tracking.cleaning import NO_ID

RAW = "text of "
"""Prefix of the columns that keep a row's mapped cells as they stood."""

VOIDED = "the label was voided"
FOR_RETURN = "a label for the way back"
OTHER_SHOP = "an order of another shop than Amazon"
TOTALS, REPEATED = "a line of totals", "the headings again"
NO_PACKAGE = (VOIDED, FOR_RETURN, OTHER_SHOP, TOTALS, REPEATED)
"""Nothing is wrong with such rows; they are about no package of Amazon's."""
BLANK = "a blank line"
"""Nothing stands in any column that is read."""
DAMAGED_ID = "order_id was damaged by a spreadsheet"
# an id with a slip in it is still an order; several words are none
_LIKE_AN_ID = r"^\S+$"
_ROUNDED_ID = r"^\d[.,]\d+E\+\d+$"
_TOTALS = (
    r"(?i)^\PL*(?:(?:grand|general|sub)[ -]?)?(?:total(?:e|s|en|t)?|sum(?:me|ma|men|s)?|somme|suma"
    r"|(?:zwischen|end|gesamt|total)summe|gesamt|insgesamt|totaal|合計|総計|小計|総合計)[^\pL\d]*$"
)
"""What programs and people write under the order ids where they add up."""
FIRST_DAY, LAST_DAY = date(1995, 1, 1), date(2100, 1, 1)
_MOST = 1e12  # of any currency; also refuses inf and nan
COUNTRIES = {"origin", "destination"}
NOT_KNOWN_IF_WRONG = {"order_date", "order_item_id", "quantity", "skus"}
"""No row is worth less for one of these."""
_KINDS = {
    pl.Date(): "a day",
    pl.Int32(): "a whole number",
    pl.Float64(): "a number",
}


def is_closed(name: str, layout: Layout) -> bool:
    """Whether what is wrong in a column is *not known*, as other words than those of a list."""
    dtype = PACKAGES.get(name)
    worded = dtype == pl.Int32() and name in layout.values
    listed = {*NOT_KNOWN_IF_WRONG, *COUNTRIES}
    return worded or isinstance(dtype, pl.Enum | pl.Boolean) or name in listed


def of_other_shop(channel: pl.Expr) -> pl.Expr:
    """Whether a sales channel is another shop than Amazon."""
    low = channel.str.to_lowercase()
    return pl.any_horizontal(low.str.starts_with(start) for start in other_shops())


def is_total(order: pl.Expr) -> pl.Expr:
    """Whether a cell under the order ids says that its line adds up those above."""
    return order.str.contains(_TOTALS).fill_null(False)


_NO_FACTS = ("order_id", "order_item_id", "quantity", "sku", "asin", "order_date")
"""What a row may have under it and still be the tail of a broken line."""


def bare(in_file: list[str]) -> pl.Expr:
    """Whether a row is the tail of a broken line: one cell under order_id and nothing else."""
    if "order_id" not in in_file:
        return pl.lit(False).alias("_bare")
    others = [RAW + name for name in in_file if name not in (*_NO_FACTS, *HELPERS)]
    nothing = pl.all_horizontal(pl.col(others).is_null()) if others else pl.lit(False)
    told = pl.col(RAW + "order_id").is_not_null() & ~is_total(pl.col(RAW + "order_id"))
    return (nothing & told).alias("_bare")


def rules_of(given: Iterable[str], layout: Layout) -> dict[str, pl.Expr]:
    """Which rows break each rule; the first one that a row breaks is said."""
    rules = {BLANK: pl.col("_blank"), "nothing but order_id": pl.col("_bare")}
    if "order_id" in given:
        rules[TOTALS] = is_total(pl.col(RAW + "order_id"))
    if "marketplace" in given:
        rules[OTHER_SHOP] = of_other_shop(pl.col(RAW + "marketplace"))
    if "order_id" in layout.columns and (layout.tells != "scans" or "order_id" in layout.required):
        rules["order_id is missing"] = pl.col("order_id").is_null()
    else:
        rules["tracking_number is missing"] = pl.col("tracking_number").is_null()
    if "order_id" in given:
        form = _LIKE_AN_ID if layout.amazon_orders else "."
        rules[NO_ID] = ~pl.col("order_id").str.contains(form)
        rules[DAMAGED_ID] = pl.col("order_id").str.contains(_ROUNDED_ID)
    if "voided" in given:
        rules[VOIDED] = pl.col("_voided").str.to_lowercase().is_in(YES)
    if "return_label" in given:
        rules[FOR_RETURN] = pl.col("_return_label").str.to_lowercase().is_in(YES)
    for name in given:
        named = name in PACKAGES and name not in NOT_KNOWN_IF_WRONG
        rules |= _of_column(name, layout) if named else {}
    return rules


def _of_column(name: str, layout: Layout) -> dict[str, pl.Expr]:
    dtype, value, rules = PACKAGES[name], pl.col(name), {}
    if dtype in _KINDS and not is_closed(name, layout):
        wrong = value.is_null() & pl.col(RAW + name).is_not_null()
        rules[f"{name} is not {_KINDS[dtype]}"] = wrong
    if dtype == pl.Float64():
        rules[f"{name} is out of range"] = ~(value <= _MOST)
    if dtype == pl.Date():
        rules[f"{name} is out of range"] = ~value.is_between(FIRST_DAY, LAST_DAY)
    if dtype in {pl.Int32(), pl.Float64()}:
        rules[f"{name} is negative"] = value < 0
    return rules
