"""Which marketplace a file is of that names none: by the user's word, or by its rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain

import polars as pl

from vtrkit.errors import nearest
from vtrkit.facts.marketplaces import as_marketplace, marketplaces
from vtrkit.files.row_rules import RAW, of_other_shop
from vtrkit.schema import UNNAMED_MARKETPLACE

SHARE = (19, 20)
"""So many of the orders must agree."""
WANTED = ("_unnamed", "account", "order_id", "currency", "destination")
"""What `counted` looks at."""
_SEEN = {"account": pl.String(), "currency": pl.String(), "destination": pl.String()}


@dataclass(frozen=True)
class Markets:
    """What the user says of files that name no marketplace.

    Attributes:
        given: marketplaces by the name of a file, in which `*` stands for any characters.
    """

    given: Mapping[str, str]

    @classmethod
    def read(
        cls, option: str | Mapping[str, str] | None, zones: Mapping[str, Iterable[str]]
    ) -> "Markets":
        """The option as it is given: one marketplace for all files, or some by their names.

        Args:
            option: what is given.
            zones: the marketplaces that rules name, by their time zones.

        Raises:
            ParameterError: one is no marketplace.
        """
        given = {"*": option} if isinstance(option, str) else option or {}
        known = (*chain.from_iterable(zones.values()), UNNAMED_MARKETPLACE)
        return cls({name: as_marketplace(code, known) for name, code in given.items() if code})

    def of(self, file: str) -> str | None:
        """The marketplace of a file, by its name or its path below the given folder."""
        named = (code for name, code in self.given.items() if _fits(file, name))
        return next(named, None)

    def unused(self, files: Iterable[str]) -> list[str]:
        """Sentences about names that no file has."""
        there = list(files)
        return [
            f"marketplace is given for {name}, and no file is called so{nearest(name, there)}; "
            "it changes nothing."
            for name in self.given
            if not any(_fits(file, name) for file in there)
        ]


def _fits(file: str, name: str) -> bool:
    return fnmatchcase(file, name) or fnmatchcase(file, f"*/{name}")


def counted(rows: pl.DataFrame, owner: str) -> pl.DataFrame:
    """How many orders that name no marketplace have each currency and destination.

    Args:
        rows: rows of a file, with the columns `WANTED`.
        owner: the account of rows that name none.
    """
    if not rows["_unnamed"].any():
        return pl.DataFrame(schema={**_SEEN, "orders": pl.Int64()})
    where = rows.lazy().select(WANTED).filter("_unnamed", pl.col("order_id").is_not_null())
    orders = where.group_by(list(_SEEN)).agg(
        orders=pl.col("order_id").hash().n_unique().cast(pl.Int64)
    )
    known = orders.filter(pl.any_horizontal(pl.col("currency", "destination").is_not_null()))
    told = known.select(
        pl.col("account").cast(pl.String).fill_null(owner),
        pl.col("currency").cast(pl.String).str.to_uppercase(),
        pl.col("destination").cast(pl.String).str.to_uppercase().replace("UK", "GB"),
        "orders",
    )
    return told.collect(engine="in-memory")


def inferred(counts: pl.DataFrame) -> dict[str, str]:
    """The marketplace of each account, where its currency and own country are those of nearly all.

    Never order by order: an order of a marketplace may ship anywhere.

    Examples:
        >>> seen = {"account": ["a"] * 2, "currency": ["MXN"] * 2, "destination": ["MX", "US"]}
        >>> inferred(pl.DataFrame(seen | {"orders": [19, 1]}))
        {'a': 'MX'}
        >>> inferred(pl.DataFrame(seen | {"orders": [18, 1]}))
        {}
    """
    codes = {(m.currency, m.country): m.code for m in marketplaces().values()}
    every: Counter[str] = Counter()
    agreeing: Counter[tuple[str, str]] = Counter()
    for account, currency, country, orders in counts.select(*_SEEN, "orders").iter_rows():
        every[account] += orders
        if code := codes.get((currency, country)):
            agreeing[account, code] += orders
    return {
        account: code
        for (account, code), orders in sorted(agreeing.items())
        if orders * SHARE[1] >= every[account] * SHARE[0]
    }


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with what is assumed of their files, in orders whose rows name no marketplace.

    Args:
        rows: the rows of some orders, with `_assumed`, what their file was taken for, or what the
            user said of files that name none.
    """
    if not rows["marketplace"].null_count() or rows["_assumed"].null_count() == rows.height:
        return rows.drop("_assumed")
    if rows["_assumed"].n_unique() <= 2 and not rows["marketplace"].count():
        return rows.drop("marketplace").rename({"_assumed": "marketplace"})
    order, there = ["account", "order_id"], pl.col("marketplace").is_not_null()
    assumed = pl.col("_assumed").drop_nulls().first().over(order)
    # a row without an order is of whatever marketplace the order of its number is
    silent = ~there.any().over(order) & pl.all_horizontal(
        pl.col("_assumed", "order_id").is_not_null()
    )
    told = pl.when(silent).then(assumed).otherwise("marketplace")
    return rows.with_columns(told.alias("marketplace")).drop("_assumed")


_CODE, _LONGEST_CODE = r"^[\w.-]*[^\W\d_][\w.-]*$", 20
NOT_SHOWN = "(not shown)"
"""What stands for a text that may be private."""


def known_places(known: Sequence[str]) -> list[pl.Expr]:
    """The place that each row names, without texts that may be private.

    Of places that nobody knows (`_strange`) a short code without blanks is a shop of its own;
    anything else may be a buyer's name or address, and is a shop without a name.
    """
    place, text = pl.col("marketplace"), pl.col(RAW + "marketplace")
    strange = ~place.is_in([*known, UNNAMED_MARKETPLACE]) & text.is_not_null()
    code = text.str.contains(_CODE) & (text.str.len_chars() <= _LONGEST_CODE)
    private = strange & ~code & ~of_other_shop(text)
    return [
        strange.alias("_strange"),
        pl.when(private).then(pl.lit(UNNAMED_MARKETPLACE)).otherwise(place).alias("marketplace"),
        pl.when(private).then(pl.lit(NOT_SHOWN)).otherwise(text).alias(RAW + "marketplace"),
    ]


def strangers(words: pl.DataFrame) -> list[str]:
    """Of each file that names marketplaces which nobody knows, how to say which they are.

    Args:
        words: file, column, value (null where it cannot be shown) and rows of each.
    """
    of_file = words.filter(column="marketplace").group_by("file", maintain_order=True)
    told = of_file.agg(pl.col("value").drop_nulls().head(5), pl.col("rows").sum())
    return [
        f"{file} names {', '.join(shown) or 'places that are not shown'}, no marketplace that we "
        f"know, in {rows:,} of its rows. Their orders stay apart, under the default rule and "
        "in UTC; say under [values.marketplace] of a mapping which it is, or give rules for it."
        for file, shown, rows in told.iter_rows()
    ]


_TOOK = "we took it for"


def concerns(note: str, marketplace: str) -> bool:
    """Whether what was assumed is about a marketplace, as far as it says.

    Examples:
        >>> note = sentence("orders.txt", {"USD": "US"})
        >>> concerns(note, "US"), concerns(note, "UK"), concerns("all else", "UK")
        (True, False, True)
    """
    own = marketplaces().get(marketplace)
    return _TOOK not in note or (own is not None and own.channel in note)


def sentence(file: str, found: Mapping[str, str], names_some: bool = False) -> str:
    """What was assumed of a file, and how to say otherwise."""
    codes = sorted(set(found.values()))
    names = " and ".join(marketplaces()[code].channel for code in codes)
    silent = (
        "does not name a marketplace in every row; by the currency and destinations of the others"
        if names_some
        else "names no marketplace; by its currency and destinations"
    )
    return (
        f"{file} {silent} {_TOOK} {names}. "
        f'If that is wrong, give --marketplace, or "{file.rpartition("/")[2]}" = "…" under '
        "[marketplace] in a vtrkit.toml."
    )
