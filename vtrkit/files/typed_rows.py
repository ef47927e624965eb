"""Cells of text to typed columns, and the named rules by which a row is rejected."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import polars as pl

from vtrkit.facts.marketplaces import by_currency, other_shops, spellings
from vtrkit.files.day_order import TIDIED, tidied
from vtrkit.files.forms import HELPERS, Layout
from vtrkit.files.read import PARQUET, WRONG, Raw
from vtrkit.schema import PACKAGES
from vtrkit.tracking.carriers import coded
from vtrkit.tracking.cleaning import canonical, order_ids

VOIDED = "the label was voided"
OTHER_SHOP = "an order of another shop than Amazon"
NO_PACKAGE = (VOIDED, OTHER_SHOP)
"""Nothing is wrong with such rows; they are about no package of Amazon's."""
BLANK = "a blank line"
"""Nothing stands in any column that is read."""
ODD = "odd "
"""Prefix of the columns that keep words of closed lists that nobody knows: they are *not known*."""
RAW = "text of "
"""Prefix of the columns that keep a rejected row's mapped cells as they stood."""
_ORDER_ID = RAW + "order_id"

_TIME_OF_DAY = r"[T ]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?( ?[AaPp][Mm])?$"
_SECONDS = "%s"
_STAMPS = ("%+", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z")  # %#z takes Z as well
_FIRST_DAY, _LAST_DAY = date(1995, 1, 1), date(2100, 1, 1)
_MOST = 1e12  # of any currency; also refuses inf and nan
_NO_FACTS = ("order_id", "order_item_id", "quantity", "sku", "asin", "order_date")
"""What a row may have under it and still be the tail of a broken line."""
NOT_KNOWN_IF_WRONG = {"order_date", "order_item_id", "quantity", "skus"}
"""No row is worth less for one of these."""
_YES, _NO = ["true", "yes", "y", "1", "x"], ["false", "no", "n", "0"]
_KINDS = {
    pl.Date(): "a day",
    pl.Int32(): "a whole number",
    pl.Float64(): "a number",
}


Zones = Mapping[str, Sequence[str]]
"""The marketplaces of each time zone."""


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
        marketplace: of rows that name none, by the user's word.
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
    rows = rows.with_columns(_bare(in_file), _blank=blank)
    rows = rows.with_columns(
        *_without_tail(in_file), *(_or_fixed(n, in_file, fixed[n]) for n in fixed)
    )
    rows = rows.with_columns(_unnamed=_named(given, marketplace).is_null())
    rows = rows.with_columns(_two_letters(_named(given, marketplace)).alias("marketplace"))
    rows = rows.with_columns(_where(given, marketplace, guess), *_read_id(given, raw.layout))
    rows = rows.with_columns(_not_known(given, raw.layout))
    wanted = [name for name in PACKAGES if name not in ("marketplace", "source")]
    day = _day(pl.col(_STAMP), raw.layout.dates, zones)
    typed = [_typed(name, raw, given, day).alias(name) for name in wanted]
    helpers = [_helper(name, given).alias(f"_{name}") for name in HELPERS]
    rows = rows.with_columns(*typed, *helpers).with_columns(*_settled(raw))
    names = _names(raw).alias("_names")
    rules = _rules(given, raw.layout)
    rule = pl.coalesce(*marks, *(pl.when(broken).then(pl.lit(r)) for r, broken in rules.items()))
    broken = [pl.col(name).is_not_null() for name in marks]
    odd = {
        n: pl.col(n).is_null() & pl.col(RAW + n).is_not_null()
        for n in given
        if is_closed(n, raw.layout)
    }
    return rows.with_columns(
        names,
        *(pl.when(unknown).then(RAW + n).alias(ODD + n) for n, unknown in odd.items()),
        _odd=pl.any_horizontal(False, *odd.values()),
        _broken=pl.any_horizontal(*broken, *rules.values()).fill_null(False),
        _rule=rule,
    )


def is_closed(name: str, layout: Layout) -> bool:
    """Whether a column holds words of a list, so that another word says nothing."""
    dtype = PACKAGES.get(name)
    worded = dtype == pl.Int32() and name in layout.values
    return worded or isinstance(dtype, pl.Enum | pl.Boolean)


def _bare(in_file: list[str]) -> pl.Expr:
    """Whether a row is the tail of a broken line: one cell under order_id and nothing else."""
    if "order_id" not in in_file:
        return pl.lit(False).alias("_bare")
    others = [RAW + name for name in in_file if name not in (*_NO_FACTS, *HELPERS)]
    nothing = pl.all_horizontal(pl.col(others).is_null()) if others else pl.lit(False)
    return (nothing & pl.col(_ORDER_ID).is_not_null()).alias("_bare")


def _without_tail(in_file: list[str]) -> list[pl.Expr]:
    """The order ids, but not the tail of a broken line, which may be part of an address."""
    tidy = pl.when(~pl.col("_bare")).then(_ORDER_ID).alias(_ORDER_ID)
    return [tidy] if "order_id" in in_file else []


def _read_id(given: Iterable[str], layout: Layout) -> list[pl.Expr]:
    """Amazon's reports write `<order id>-InvalidId` for a number that it could not read."""
    if layout.tells != "verdicts" or not {"order_id", "tracking_number"} <= set(given):
        return []
    order, number = pl.col(_ORDER_ID), pl.col(RAW + "tracking_number")
    told = pl.coalesce(order, pl.when(number.str.contains(_INVALID)).then(number))
    return [
        told.str.replace(_INVALID, "").alias(_ORDER_ID),
        pl.when(~number.str.contains(_INVALID)).then(number).alias(RAW + "tracking_number"),
    ]


def _not_known(given: Iterable[str], layout: Layout) -> list[pl.Expr]:
    """Cells without those that only seem to know."""
    cells, there = {n: pl.col(RAW + n) for n in given}, set(given)
    unknown: dict[str, pl.Expr] = {}
    if {"scans", "delivered_date"} <= there and "scans" in layout.values and not layout.events:
        # a status tells of one scan at least; beside the day of a delivery, nobody knows how many
        unknown["scans"] = cells["delivered_date"].is_not_null() & (cells["scans"] == "1")
    if {"returned", "delivered_date"} <= there:
        unknown["delivered_date"] = cells["returned"].str.to_lowercase().is_in(_YES)
    if {"replacement", "goods_value"} <= there:
        # nobody documents whether a replacement counts by what it cost or by what it is worth
        again = cells["replacement"].str.to_lowercase().is_in(_YES)
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
    number, back = pl.col("tracking_number"), pl.col("_returned").str.to_lowercase().is_in(_YES)
    deletes = pl.lit(False)
    if raw.layout.tells == "shipments":
        deletes = (number.str.to_uppercase() == "NULL").fill_null(False)
    return [
        pl.when(~deletes).then(number).otherwise(pl.lit("")).alias("tracking_number"),
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


def _helper(name: str, given: Iterable[str]) -> pl.Expr:
    return pl.col(RAW + name) if name in given else pl.lit(None, pl.String)


def _or_fixed(name: str, in_file: list[str], value: str) -> pl.Expr:
    text = pl.col(RAW + name).fill_null(value) if name in in_file else pl.lit(value)
    return text.alias(RAW + name)


def _named(given: Iterable[str], fallback: str | None) -> pl.Expr:
    """The marketplace that the row or the user names, as it is written."""
    other = pl.lit(fallback, pl.String)
    return pl.coalesce(RAW + "marketplace", other) if "marketplace" in given else other


def _two_letters(name: pl.Expr) -> pl.Expr:
    """A marketplace by its letters, whatever it is called; other names stay as they are."""
    return name.str.to_lowercase().replace_strict(spellings(), default=name)


def _where(given: Iterable[str], fallback: str | None, guess: Mapping[str, str]) -> pl.Expr:
    """In which marketplace's zone days are read: unless one is named, currency or country tell."""
    told = [pl.col("marketplace"), pl.lit(guess.get(""), pl.String)]
    if "" in guess and "account" not in given:
        return pl.coalesce(told).alias(_WHERE)
    if "account" in given and guess:
        account = pl.col(RAW + "account").fill_null("")
        told[1] = account.replace_strict(guess, default=None, return_dtype=pl.String)
    if fallback is None and "currency" in given:
        money = pl.col(RAW + "currency").str.to_uppercase()
        told.append(money.replace_strict(by_currency(), default=None))
    if fallback is None and "destination" in given:
        told.append(_two_letters(pl.col(RAW + "destination")))
    return pl.coalesce(told).alias(_WHERE)


def _typed(  # noqa: PLR0911 - one return a type
    name: str, raw: Raw, given: Iterable[str], day: pl.Expr
) -> pl.Expr:
    dtype, layout = PACKAGES[name], raw.layout
    if name not in given:
        return pl.lit(None, dtype)
    text = pl.col(RAW + name)
    if name == "order_id":
        return text.map_batches(order_ids, return_dtype=pl.String(), is_elementwise=True)
    if name == "tracking_number":
        return text if raw.encoding == PARQUET else _number(text, layout, given)
    if name == "order_date":
        ordered = _each_once(text, day)
        return pl.when(ordered.is_between(_FIRST_DAY, _LAST_DAY)).then(ordered)
    if dtype == pl.Date():
        return _each_once(text, day)
    if dtype == pl.Boolean():
        low = text.str.to_lowercase()
        return pl.when(low.is_in(_YES)).then(True).when(low.is_in(_NO)).then(False)
    if isinstance(dtype, pl.Enum):
        word = text.str.to_lowercase()
        if name == "fulfilled_by" and "prime" in given:
            prime = (word == "seller") & pl.col(RAW + "prime").str.to_lowercase().is_in(_YES)
            word = pl.when(prime).then(pl.lit("seller_prime")).otherwise(word)
        return word.cast(dtype, strict=False)
    if dtype == pl.Int32():
        text = text.str.replace(r"[.,]0+$", "")  # what a table program made of a whole number
    if dtype == pl.Float64():
        text = text.map_batches(_amounts, return_dtype=pl.Float64(), is_elementwise=True)
    return text.cast(dtype, strict=False)


_SIGNS = r"^[\s\u00a0\u202f€$£¥]+|[\s\u00a0\u202f€$£¥]+$"
_COMMA_LAST = r"^[-+]?(\d+|\d{1,3}(\.\d{3})+),\d{1,2}$"
_COMMA_GROUPS = r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$"


def _amounts(texts: pl.Series) -> pl.Series:
    """Numbers; only where some are not plain ones, signs of currencies and decimal commas too."""
    plain = texts.cast(pl.Float64, strict=False)
    if plain.null_count() == texts.null_count():
        return plain
    bare = pl.col("text").str.replace_all(_SIGNS, "")
    comma = bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    told = (
        pl.when(bare.str.contains(_COMMA_LAST))
        .then(comma)
        .when(bare.str.contains(_COMMA_GROUPS))
        .then(bare.str.replace_all(",", "", literal=True))
        .otherwise(bare)
    )
    frame = pl.DataFrame({"text": texts})
    return frame.select(told.cast(pl.Float64, strict=False)).to_series()


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


_STAMP, _WHERE = "stamp", "_where"
_LOOKED_AT = 10_000


def _each_once(text: pl.Expr, day: pl.Expr) -> pl.Expr:
    """The day of each text, read once where many are alike: trying all forms of it is slow."""

    def read(cells: pl.Series) -> pl.Series:
        table = cells.struct.unnest()
        few = table[_STAMP].head(_LOOKED_AT)
        if few.n_unique() > len(few) // 4:
            return table.select(day).to_series()
        stamp, where = (table[n].cast(coded()).to_physical() for n in (_STAMP, _WHERE))
        places = where.n_unique() + 1
        code = stamp.cast(pl.UInt64) * places + where.fill_null(places - 1)
        firsts = code.arg_unique()
        days = pl.Series([None], dtype=pl.Date()).new_from_index(0, _last(code) + 1)
        days = days.scatter(code.gather(firsts), table[firsts].select(day).to_series())
        return days.gather(code)

    cells = pl.struct(text.alias(_STAMP), _WHERE)
    return cells.map_batches(read, return_dtype=pl.Date(), is_elementwise=True)


def _last(codes: pl.Series) -> int:
    """The highest code."""
    return int(codes.max() or 0)  # type: ignore[arg-type]


def _day(text: pl.Expr, forms: tuple[str, ...], zones: Zones) -> pl.Expr:
    """The civil day: as written, or of the marketplace where the stamp has an offset.

    Where no zone is known a stamp with an offset is taken as written as well: its own clock is
    nearer to the seller's day than that of Greenwich.
    """
    if TIDIED in forms:
        text = tidied(text)
    bare = text.str.replace(_TIME_OF_DAY, "")
    civil = [form for form in forms if "%z" not in form and form not in {_SECONDS, TIDIED}]
    written = [t.str.to_date(f, strict=False) for f in civil for t in (text, bare)]
    iso = bare.str.to_date("%Y-%m-%d", strict=False)
    stamps = [
        text.str.to_datetime(form, strict=False, time_zone="UTC")
        for form in (*_STAMPS, *(form for form in forms if "%z" in form))
    ]
    if _SECONDS in forms:
        whole = text.str.extract(r"^(\d{9,10})(\.\d+)?$").cast(pl.Int64, strict=False)
        stamps.append(pl.from_epoch(whole).dt.replace_time_zone("UTC").dt.cast_time_unit("us"))
    stamp = pl.coalesce(stamps)
    zoned = [
        pl.when(pl.col(_WHERE).is_in(names)).then(stamp.dt.convert_time_zone(zone).dt.date())
        for zone, names in zones.items()
    ]
    own = pl.when(stamp.is_not_null()).then(_own_day(text, forms))
    return pl.coalesce(*written, *zoned, own, stamp.dt.date(), iso)


_OFFSET = r" ?(Z|[+-]\d{2}:?\d{2})$"


def _own_day(text: pl.Expr, forms: tuple[str, ...]) -> pl.Expr:
    """The day on the clock of a stamp that ends in an offset."""
    clock = pl.when(text.str.contains(_OFFSET)).then(text.str.replace(_OFFSET, ""))
    mine = [form.removesuffix("%z").rstrip() for form in forms if form.endswith("%z")]
    days = [clock.str.to_datetime(form, strict=False).dt.date() for form in mine]
    iso = clock.str.replace(_TIME_OF_DAY, "").str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(*days, iso)


def _rules(given: Iterable[str], layout: Layout) -> dict[str, pl.Expr]:
    """Which rows break each rule; the first one that a row breaks is said."""
    rules = {BLANK: pl.col("_blank"), "nothing but order_id": pl.col("_bare")}
    if "marketplace" in given:
        channel = pl.col(RAW + "marketplace").str.to_lowercase()
        rules[OTHER_SHOP] = pl.any_horizontal(channel.str.starts_with(s) for s in other_shops())
    if "order_id" in layout.columns and (layout.tells != "scans" or "order_id" in layout.required):
        rules["order_id is missing"] = pl.col("order_id").is_null()
    else:
        rules["tracking_number is missing"] = pl.col("tracking_number").is_null()
    if "voided" in given:
        rules[VOIDED] = pl.col("_voided").str.to_lowercase().is_in(_YES)
    for name in given:
        named = name in PACKAGES and name not in NOT_KNOWN_IF_WRONG
        rules |= _rules_of(name, layout) if named else {}
    return rules


def _rules_of(name: str, layout: Layout) -> dict[str, pl.Expr]:
    dtype, value, rules = PACKAGES[name], pl.col(name), {}
    if dtype in _KINDS and not is_closed(name, layout):
        wrong = value.is_null() & pl.col(RAW + name).is_not_null()
        rules[f"{name} is not {_KINDS[dtype]}"] = wrong
    if dtype == pl.Float64():
        rules[f"{name} is out of range"] = ~value.abs().is_between(0, _MOST)
    if dtype == pl.Date():
        rules[f"{name} is out of range"] = ~value.is_between(_FIRST_DAY, _LAST_DAY)
    if name == "scans":
        rules["scans is negative"] = value < 0
    return rules
