"""One kind of file: what its headers mean, and how its cells and events are to be read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Annotated, Literal

import polars as pl
from msgspec import Meta

from vtrkit.facts.checked import READ_AS, Texts
from vtrkit.schema import PACKAGES

HELPERS = (
    *("voided", "return_label", "returned", "replacement", "prime", "items", "ordered"),
    "changed_at",
)
"""What a layout may read beside the columns of the packages table, and no table keeps."""
MAPPABLE = (*(name for name in PACKAGES if name != "source"), *HELPERS)


def _written(value: object) -> object:
    """A number or a day as a cell would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float | Decimal | date) else value


Written = Annotated[str, Meta(description="text, a number or a day", extra={READ_AS: _written})]


@dataclass(frozen=True)
class Events:
    """How a list of tracking events becomes scans and days; see `facts/layouts.toml`."""

    at: str
    day: str
    status: str = ""
    text: str = ""
    by: str = ""
    place: str = ""
    no_scan: Texts = ()
    no_scan_text: Texts = ()
    delivered: Texts = ()
    attempted: Texts = ()
    attempted_text: Texts = ()
    returned: Texts = ()
    returned_text: Texts = ()


@dataclass(frozen=True)
class Listed:
    """A list of items inside a record: how many of each, what these cost, its sku and asin."""

    at: str
    id: str
    quantity: str
    value: str = ""
    sku: str = ""
    asin: str = ""


@dataclass(frozen=True)
class Layout:
    """One kind of file; see the head of `facts/layouts.toml` for what each field means."""

    name: str
    columns: Mapping[str, Texts] = field(default_factory=dict)
    required: Texts = ()
    signature: Texts = ()
    never: Texts = ()
    fixed: Mapping[str, Written] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Written]] = field(default_factory=dict)
    dates: Texts = ()
    encodings: Texts = ()
    above: str = ""
    tells: Literal["packages", "lines", "shipments", "verdicts", "scans", "aside", "official"] = (
        "packages"
    )
    defects_only: bool = False
    from_amazon: bool = False
    amazon_orders: bool = False
    records: Texts = ()
    each: str = ""
    events: Events | None = None
    lists: Mapping[str, Listed] = field(default_factory=dict)
    title: str = ""
    source: Texts = ()
    note: str = ""

    def headers(self, header: Sequence[str]) -> dict[str, list[str]]:
        """The headers of a file that this layout reads, by column of the packages table."""
        present = {plain(h): h for h in reversed(header)}
        found = {
            column: [present[plain(s)] for s in spellings if plain(s) in present]
            for column, spellings in self.columns.items()
        }
        return {column: names for column, names in found.items() if names}

    def missing(self, header: Sequence[str]) -> list[str]:
        """The required columns that a file lacks, as the layout names their headers."""
        present = set(map(plain, header))
        lacking = [name for name, names in self._required if present.isdisjoint(names)]
        if self.signature:  # in JSON and XML it may be what holds the values
            inner = (h.rsplit(".", n)[0] for h in present for n in range(1, h.count(".") + 1))
            present |= set(inner)
        return lacking + [h for h in self.signature if plain(h) not in present]

    @cached_property
    def _required(self) -> list[tuple[str, frozenset[str]]]:
        """Of each required column how its header is named, and all its headers as compared."""
        wanted = self.required or tuple(c for c in self.columns if c not in HELPERS)
        named = [self.columns[c] for c in dict.fromkeys(wanted)]
        return [(names[0], frozenset(map(plain, names))) for names in named]

    def fits(self, header: Sequence[str]) -> bool:
        """Whether a file has all that this layout requires, and nothing that it excludes."""
        present = set(map(plain, header))
        return not self.missing(header) and not present & set(map(plain, self.never))

    def known(self, header: Sequence[str]) -> int:
        """How many of a file's headers this layout knows: the more, the more specific."""
        read = {plain(h) for names in self.headers(header).values() for h in names}
        return len(read | set(map(plain, self.signature)))

    def cell(self, column: str, cell: pl.Expr) -> pl.Expr:
        """A cell with its translation; a blank one gives way to the next header's."""
        values = self.values.get(column, {})
        if not values:
            return cell
        text = cell.cast(pl.String).str.strip_chars()
        low, told = text.str.to_lowercase(), {key.lower(): value for key, value in values.items()}
        if {*told} == {"true", "false"}:
            told = dict.fromkeys(YES, told["true"]) | dict.fromkeys(NO, told["false"])
        like = {re.escape(k).replace(r"\*", ".*"): v for k, v in told.items() if "*" in k}
        alike = (pl.when(low.str.contains(f"^{k}$")).then(pl.lit(v)) for k, v in like.items())
        other = pl.coalesce(*alike, text)
        means = low.replace_strict(told, default=other, return_dtype=pl.String)
        return pl.when(means != "").then(means)


# in German, French, Italian, Spanish, Portuguese, Dutch, Swedish, Polish, Turkish, Japanese, too
YES = ["true", "yes", "y", "1", "x", "wahr", "vrai", "vero", "verdadero", "verdadeiro", "waar"]
YES += ["sant", "prawda", "doğru", "ja", "oui", "sì", "sí", "si", "sim", "tak", "evet", "はい", "t"]
NO = ["false", "no", "n", "0", "falsch", "faux", "falso", "onwaar", "falskt", "fałsz", "yanlış"]
NO += ["nein", "non", "não", "nie", "nej", "hayır", "いいえ", "f"]
"""What people and spreadsheets write for yes and no, in small letters."""


@lru_cache(maxsize=1 << 14)  # each header of a file is compared with those of every layout
def plain(header: str) -> str:
    """A header as it is compared: without case, mark and outer blanks."""
    return header.strip().strip("\ufeff").casefold()
