"""Cells of text to typed columns, and the named rules by which a row is rejected."""

from collections.abc import Iterable
from datetime import date
from functools import cache

import polars as pl

from vtrkit.layouts import Layout, marketplaces
from vtrkit.policy import shipped_rules
from vtrkit.read import Raw
from vtrkit.schema import FULFILLED_BY, PACKAGE_STATUS, PACKAGES

RAW = "text of "
"""Prefix of the columns that keep a rejected row's mapped cells as they stood."""

_FIRST_DAY, _LAST_DAY = date(1995, 1, 1), date(2100, 1, 1)
_YES, _NO = ["true", "yes", "y", "1", "x"], ["false", "no", "n", "0"]
_KINDS = {
    pl.Date(): "a day",
    pl.Int32(): "a whole number",
    pl.Float64(): "a number",
    pl.Boolean(): "yes or no",
    PACKAGE_STATUS: "one of " + ", ".join(PACKAGE_STATUS.categories),
    FULFILLED_BY: "one of " + ", ".join(FULFILLED_BY.categories),
}


def parsed(raw: Raw, marketplace: str | None) -> pl.LazyFrame:
    """The packages table of one file, with `_row`, and `_rule` where a row is wrong.

    The cells as they stood are kept under names that begin with `RAW`. A blank cell is null,
    but for the tracking number: there it says that none was given.
    """
    given = raw.rows.collect_schema()
    texts = [_text(name, raw.layout).alias(RAW + name) for name in given]
    rows = raw.rows.with_row_index("_row", offset=1).select("_row", *texts)
    rows = rows.with_columns(_marketplace(raw.layout, given, marketplace))
    wanted = [name for name in PACKAGES if name not in ("marketplace", "source")]
    typed = [_typed(name, raw.layout, given).alias(name) for name in wanted]
    return rows.with_columns(typed).with_columns(_first_rule(given).alias("_rule"))


def _text(name: str, layout: Layout) -> pl.Expr:
    """A cell without blanks at its ends, or the layout's fixed value; null if empty."""
    text = pl.col(name).cast(pl.String).str.strip_chars()
    text = pl.when(text != "").then(text)
    return text.fill_null(layout.fixed[name]) if name in layout.fixed else text


def _marketplace(layout: Layout, given: Iterable[str], fallback: str | None) -> pl.Expr:
    name = pl.lit(layout.fixed.get("marketplace"), pl.String)
    if "marketplace" in given:
        name = pl.col(RAW + "marketplace").replace(marketplaces())
    return name.fill_null(pl.lit(fallback, pl.String)).alias("marketplace")


def _typed(name: str, layout: Layout, given: Iterable[str]) -> pl.Expr:
    dtype = PACKAGES[name]
    if name not in given:
        return pl.lit(layout.fixed.get(name), pl.String).cast(dtype)
    text = pl.col(RAW + name)
    if name == "tracking_number":
        return text.fill_null("")
    if dtype == pl.Date():
        return _day(text, layout.dates)
    if dtype == pl.Boolean():
        low = text.str.to_lowercase()
        return pl.when(low.is_in(_YES)).then(True).when(low.is_in(_NO)).then(False)
    if isinstance(dtype, pl.Enum):
        return text.str.to_lowercase().cast(dtype, strict=False)
    return text.cast(dtype, strict=False)


def _day(text: pl.Expr, forms: tuple[str, ...]) -> pl.Expr:
    """The civil day: as written, or of the marketplace where the stamp has an offset."""
    written = [text.str.to_date(form, strict=False) for form in forms]
    iso = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    stamp = text.str.replace(r"(?i)z$", "+00:00").str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f%z", strict=False, time_zone="UTC"
    )
    zoned = [
        pl.when(pl.col("marketplace").is_in(names)).then(stamp.dt.convert_time_zone(zone).dt.date())
        for zone, names in _zones().items()
    ]
    return pl.coalesce(*zoned, stamp.dt.date(), *written, iso)


@cache
def _zones() -> dict[str, list[str]]:
    zones: dict[str, list[str]] = {}
    for p in shipped_rules().policies:
        names = zones.setdefault(p.time_zone, [])
        if p.marketplace and p.marketplace not in names:
            names.append(p.marketplace)
    return {zone: names for zone, names in zones.items() if names}


def _first_rule(given: Iterable[str]) -> pl.Expr:
    """The first rule that a row breaks, null for a good row."""
    rules = {"order_id is missing": pl.col("order_id").is_null()}
    for name in given:
        dtype = PACKAGES[name]
        if dtype in _KINDS:
            wrong = pl.col(name).is_null() & pl.col(RAW + name).is_not_null()
            rules[f"{name} is not {_KINDS[dtype]}"] = wrong
        if dtype == pl.Date():
            rules[f"{name} is out of range"] = ~pl.col(name).is_between(_FIRST_DAY, _LAST_DAY)
    if "scans" in given:
        rules["scans is negative"] = pl.col("scans") < 0
    return pl.coalesce(pl.when(broken).then(pl.lit(rule)) for rule, broken in rules.items())
