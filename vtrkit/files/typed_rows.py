"""Cells of text to typed columns, and the named rules by which a row is rejected."""

from collections.abc import Iterable, Mapping
from itertools import chain

import polars as pl

from vtrkit.facts.marketplaces import by_currency, spellings
from vtrkit.files.amounts import amounts, numbers
from vtrkit.files.days import WHERE, Zones, civil_day, counted_day
from vtrkit.files.forms import HELPERS, NO, YES, Layout
from vtrkit.files.inference import known_places
from vtrkit.files.raw import PARQUET, WRONG, XLSX, Raw
from vtrkit.files.row_rules import (
    COUNTRIES,
    FIRST_DAY,
    LAST_DAY,
    NOT_KNOWN_IF_WRONG,
    RAW,
    bare,
    is_closed,
    rules_of,
)
from vtrkit.rules.conform import countries, letters
from vtrkit.schema import FULFILLED_BY, PACKAGE_STATUS, PACKAGES
from vtrkit.tracking.carriers import by_text
from vtrkit.tracking.cleaning import canonical, item_ids, order_ids

ODD = "odd "
"""Prefix of the columns that keep words of closed lists that nobody knows: they are *not known*."""
_ORDER_ID = RAW + "order_id"


def parsed(
    raw: Raw, marketplace: str | None, zones: Zones, guess: Mapping[str, str]
) -> pl.LazyFrame:
    """The packages table of one file, with `_row`, `_broken` where a row is wrong, and its `_rule`.

    The cells as they stood are kept under names that begin with `RAW`, those of closed lists that
    nobody knows (`_odd`) under such that begin with `ODD`. A blank cell is null, but for the
    tracking number: there it says that none was given. In Parquet, null and a blank are two
    things. `_unnamed` says of which rows the file names no marketplace.

    Args:
        raw: the columns of the file as text.
        marketplace: of rows that name none, by the user's word, whose clock their days are read by.
        zones: the marketplaces of each time zone.
        guess: whose clock the days of rows are read by for which that is not given, by account;
            "" is where no row names one.
    """
    columns, fixed = raw.rows.collect_schema().names(), raw.layout.fixed
    marks = [name for name in columns if name == WRONG]
    in_file = [name for name in columns if name != WRONG]
    given = dict.fromkeys((*in_file, *fixed))
    rows = raw.rows.with_row_index("_row", offset=1)
    texts = (pl.col(name).cast(pl.String).str.strip_chars().alias(RAW + name) for name in in_file)
    rows = rows.select("_row", *marks, *texts).with_columns(
        pl.when(pl.col(RAW + name) != "").then(RAW + name).alias(RAW + name)
        for name in in_file
        # in Parquet, null and a blank number are two things
        if name != "tracking_number" or raw.encoding != PARQUET
    )
    blank = pl.all_horizontal(pl.col(RAW + name).is_null() for name in in_file)
    rows = rows.with_columns(bare(in_file), _blank=blank)
    rows = rows.with_columns(
        *_without_tail(in_file), *(_or_fixed(n, in_file, fixed[n]) for n in fixed)
    )
    rows = rows.with_columns(_unnamed=_named(given, marketplace).is_null())
    rows = rows.with_columns(_letters("marketplace", given).alias("marketplace"))
    if "marketplace" in given:
        words = raw.layout.values.get("marketplace", {}).values()
        known = [*spellings().values(), *chain.from_iterable(zones.values()), *words]
        rows = rows.with_columns(known_places([*known, *filter(None, [marketplace])]))
    rows = rows.with_columns(_where(given, marketplace, guess), *_read_id(given, raw.layout))
    rows = rows.with_columns(_not_known(given, raw.layout))
    wanted = [name for name in PACKAGES if name not in ("marketplace", "source")]
    typed = [_typed(name, raw, given, zones).alias(name) for name in wanted]
    helpers = [_helper(name, given, raw, zones).alias(f"_{name}") for name in HELPERS]
    rows = rows.with_columns(*typed, *helpers)
    rows = rows.with_columns(*_settled(raw), _at_least(given, raw.layout).alias("scans_at_least"))
    names = _names(raw).alias("_names")
    rules = rules_of(given, raw.layout)
    rule = pl.coalesce(*marks, *(pl.when(broken).then(pl.lit(r)) for r, broken in rules.items()))
    broken = [pl.col(name).is_not_null() for name in marks]
    odd = _odd_words(given, raw.layout)
    return rows.with_columns(
        names,
        *(pl.when(unknown).then(RAW + n).alias(ODD + n) for n, unknown in odd.items()),
        _odd=pl.any_horizontal(False, *odd.values()),
        _broken=pl.any_horizontal(*broken, *rules.values()).fill_null(False),
        _rule=rule,
    )


def _odd_words(given: Iterable[str], layout: Layout) -> dict[str, pl.Expr]:
    """Of the columns with a closed list of words, whether a cell has one that nobody knows."""
    closed = [n for n in given if is_closed(n, layout)]
    odd = {n: pl.col(n).is_null() & pl.col(RAW + n).is_not_null() for n in closed}
    odd |= {n: _odd_word(n) for n in ("prime", "fulfilled_by") if n in given}
    return odd | ({"marketplace": pl.col("_strange")} if "marketplace" in given else {})


def _without_tail(in_file: list[str]) -> list[pl.Expr]:
    """The order ids, but not the tail of a broken line, which may be part of an address."""
    tidy = pl.when(~pl.col("_bare")).then(_ORDER_ID).alias(_ORDER_ID)
    return [tidy] if "order_id" in in_file else []


def _read_id(given: Iterable[str], layout: Layout) -> list[pl.Expr]:
    """Amazon's reports write `<order id>-InvalidId` for a number that it could not read."""
    if layout.tells != "verdicts" or not {"order_id", "tracking_number"} <= set(given):
        return []
    order, number = pl.col(_ORDER_ID), pl.col(RAW + "tracking_number")
    invalid = number.str.contains(_INVALID).fill_null(False)
    told = pl.coalesce(order, pl.when(invalid).then(number))
    return [
        told.str.replace(_INVALID, "").alias(_ORDER_ID),
        # a blank one was never entered
        pl.when(~invalid).then(number.fill_null("")).alias(RAW + "tracking_number"),
    ]


def _at_least(given: Iterable[str], layout: Layout) -> pl.Expr:
    """Whether there may be more scans than are told: a word for a status tells of one at least."""
    if "scans_at_least" in given:
        return pl.col("scans_at_least")
    worded = "scans" in layout.values and not layout.events
    return pl.col("scans") == 1 if worded else pl.when(pl.col("scans").is_not_null()).then(False)


def _not_known(given: Iterable[str], layout: Layout) -> list[pl.Expr]:
    """Cells without those that only seem to know."""
    cells, there = {n: pl.col(RAW + n) for n in given}, set(given)
    unknown: dict[str, pl.Expr] = {}
    if {"scans", "delivered_date"} <= there and "scans" in layout.values and not layout.events:
        # a status tells of one scan at least; beside the day of a delivery, nobody knows how many
        unknown["scans"] = cells["delivered_date"].is_not_null() & (cells["scans"] == "1")
    if {"returned", "delivered_date"} <= there:
        unknown["delivered_date"] = cells["returned"].str.to_lowercase().is_in(YES)
    if {"replacement", "goods_value"} <= there:
        # nobody documents whether a replacement counts by what it cost or by what it is worth
        again = cells["replacement"].str.to_lowercase().is_in(YES)
        free = again & ~cells["goods_value"].str.contains("[1-9]")
        prices = [n for n in given if PACKAGES.get(n) == pl.Float64()]
        unknown |= {**dict.fromkeys(prices, free), "replacement": ~free.fill_null(False)}
    return [
        pl.when(~which.fill_null(False)).then(cells[n]).alias(RAW + n)
        for n, which in unknown.items()
    ]


_INVALID = r"(?i)-invalid-?id$"


def _settled(raw: Raw) -> list[pl.Expr]:
    """What follows from several cells of a row, or from a cell in its one form."""
    number, back = pl.col("tracking_number"), pl.col("_returned").str.to_lowercase().is_in(YES)
    # what the Orders API calls pending is shipped once it was confirmed with its day and number
    sent = (number != "") & pl.col("ship_date").is_not_null() & bool(raw.layout.each)
    sent &= pl.col("status") == "unshipped"
    deletes = pl.lit(False)
    if raw.layout.tells == "shipments":
        deletes = (number.str.to_uppercase() == "NULL").fill_null(False)
    return [
        pl.when(~deletes).then(number).otherwise(pl.lit("")).alias("tracking_number"),
        pl.when(sent).then(pl.lit("shipped", PACKAGE_STATUS)).otherwise("status").alias("status"),
        pl.when(~deletes)
        .then(number.map_batches(canonical, return_dtype=pl.String(), is_elementwise=True))
        .alias("_number"),
        deletes.alias("_deletes"),
        back.fill_null(False).alias("_returned"),
        pl.col("_replacement").is_not_null().alias("_replacement"),
    ]


def _names(raw: Raw) -> pl.Expr:
    """Whether a row speaks of one package; else it speaks of all packages of its order."""
    if raw.layout.tells not in {"packages", "shipments"} or not raw.names_packages:
        return pl.lit(False)
    if raw.layout.each and "package_id" in raw.layout.columns:
        # a record of an order without packages names none
        numbered = (pl.col("tracking_number") != "").fill_null(False)
        return pl.col("package_id").is_not_null() | numbered
    return pl.lit(True)


def _helper(name: str, given: Iterable[str], raw: Raw, zones: Zones) -> pl.Expr:
    text = pl.col(RAW + name) if name in given else pl.lit(None, pl.String)
    return _day(text, name, raw, zones) if name == "changed_at" else text


def _or_fixed(name: str, in_file: list[str], value: str) -> pl.Expr:
    text = pl.col(RAW + name).fill_null(value) if name in in_file else pl.lit(value)
    return text.alias(RAW + name)


def _named(given: Iterable[str], fallback: str | None) -> pl.Expr:
    """The marketplace that the row or the user names, as it is written."""
    other = pl.lit(fallback, pl.String)
    return pl.coalesce(RAW + "marketplace", other) if "marketplace" in given else other


def _where(given: Iterable[str], fallback: str | None, guess: Mapping[str, str]) -> pl.Expr:
    """In which marketplace's zone days are read: unless one is named, currency or country tell."""
    told = [pl.col("marketplace"), pl.lit(fallback or guess.get(""), pl.String)]
    if "" in guess and "account" not in given:
        return pl.coalesce(told).alias(WHERE)
    if "account" in given and guess:
        account = pl.col(RAW + "account").fill_null("")
        told[1] = account.replace_strict(guess, default=None, return_dtype=pl.String)
    if fallback is None and "currency" in given:
        money = pl.col(RAW + "currency").str.to_uppercase()
        told.append(money.replace_strict(by_currency(), default=None, return_dtype=pl.String))
    if fallback is None and "destination" in given:
        told.append(_letters("destination", given))
    return pl.coalesce(told).alias(WHERE)


def _letters(name: str, given: Iterable[str]) -> pl.Expr:
    """The letters of the marketplace or the country under a column."""
    if name not in given:
        return pl.lit(None, pl.String)
    return by_text(RAW + name, letters, pl.String())


def _typed(  # noqa: PLR0911 - one return a type
    name: str, raw: Raw, given: Iterable[str], zones: Zones
) -> pl.Expr:
    dtype, layout = PACKAGES[name], raw.layout
    if name not in given:
        return pl.lit(None, dtype)
    text = pl.col(RAW + name)
    if ids := {"order_id": order_ids, "order_item_id": item_ids}.get(name):
        return text.map_batches(ids, return_dtype=pl.String(), is_elementwise=True)
    if name in COUNTRIES:
        return by_text(RAW + name, countries, pl.String())
    if name == "tracking_number":
        return text if raw.encoding == PARQUET else _number(text, layout, given)
    if name == "order_date":
        ordered = _day(text, name, raw, zones)
        return pl.when(ordered.is_between(FIRST_DAY, LAST_DAY)).then(ordered)
    if dtype == pl.Date():
        return _day(text, name, raw, zones)
    if dtype == pl.Boolean():
        low = text.str.to_lowercase()
        return pl.when(low.is_in(YES)).then(True).when(low.is_in(NO)).then(False)
    if isinstance(dtype, pl.Enum):
        word = text.str.to_lowercase()
        if name == "fulfilled_by":
            word = _who_ships(word, given, layout)
        return word.cast(dtype, strict=False)
    if dtype == pl.Int32():
        # what a table program made of a whole number; 2,000 may be two or two thousand
        text = text.str.replace(r"[.,](0{1,2}|0{4,})$", "")
        if name in NOT_KNOWN_IF_WRONG:
            text = pl.when(~text.str.starts_with("-")).then(text)
    if dtype == pl.Float64():
        read = numbers if raw.encoding in _TYPED or layout.records else amounts
        text = text.map_batches(read, return_dtype=pl.Float64())
    return text.cast(dtype, strict=False)


def _who_ships(word: pl.Expr, given: Iterable[str], layout: Layout) -> pl.Expr:
    """Who ships, by one column or two; of a word that nobody knows, it may be for Prime."""
    perhaps = pl.lit("seller_or_prime")
    if "prime" in given:
        prime = pl.col(RAW + "prime").str.to_lowercase().is_in(YES)
        told = pl.when(prime).then(pl.lit("seller_prime")).when(_odd_word("prime")).then(perhaps)
        return pl.when(word == "seller").then(told.otherwise(word)).otherwise(word)
    one_column = "seller_prime" in layout.values.get("fulfilled_by", {}).values()
    return pl.when(_odd_word("fulfilled_by") & one_column).then(perhaps).otherwise(word)


def _odd_word(name: str) -> pl.Expr:
    known = [*YES, *NO] if name == "prime" else FULFILLED_BY.categories.to_list()
    return ~pl.col(RAW + name).str.to_lowercase().is_in(known)


def _day(text: pl.Expr, name: str, raw: Raw, zones: Zones) -> pl.Expr:
    return counted_day(text) if name in raw.serials else civil_day(text, raw.layout.dates, zones)


_TYPED = (PARQUET, XLSX)
"""Files whose amounts are numbers already, whatever a comma means where they were made."""


def _number(text: pl.Expr, layout: Layout, given: Iterable[str]) -> pl.Expr:
    """A blank number says that none was given, where the row speaks of one package."""
    if layout.tells == "scans":
        return text
    if layout.each and "package_id" in given:
        return (
            pl.when(pl.col(RAW + "package_id").is_not_null())
            .then(text.fill_null(""))
            .otherwise(text)
        )
    return text if layout.tells == "verdicts" else text.fill_null("")
