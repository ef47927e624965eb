"""Every spelling of a carrier to one id, and the shipping services that have a name."""

import unicodedata
from functools import cache

import polars as pl

from vtrkit import facts
from vtrkit.schema import OTHER_METHOD, UNRECOGNISED

_SPELLED = r"[^\p{L}\p{N}]"


@cache
def carrier_names() -> dict[str, str]:
    """The name that people know, by carrier id."""
    table = facts.read("carriers")["carrier"]
    return {key: entry["name"] for key, entry in table.items()} | {
        UNRECOGNISED: "unrecognised carrier"
    }


@cache
def _spellings() -> dict[str, str]:
    table = facts.read("carriers")["carrier"]
    return {_key(s): key for key, entry in table.items() for s in entry["spellings"]}


@cache
def _services() -> dict[str, str]:
    table = facts.read("carriers")["carrier"]
    return {_key(s): s for entry in table.values() for s in entry.get("services", ())}


def _key(text: str) -> str:
    kept = (c for c in text.upper() if unicodedata.category(c)[0] in "LN")
    return "".join(kept)


def carrier_id(column: str = "carrier") -> pl.Expr:
    """The carrier id of each spelling, `unrecognised` where none is known, null where blank."""
    return _recognised(column, _spellings(), UNRECOGNISED)


def known_service(column: str = "ship_method") -> pl.Expr:
    """The known name of each shipping service, `other` for what somebody typed."""
    return _recognised(column, _services(), OTHER_METHOD)


def _recognised(column: str, known: dict[str, str], default: str) -> pl.Expr:
    def look_up(column: pl.Series) -> pl.Series:
        typed = column.unique()
        keys = typed.cast(pl.String).str.to_uppercase().str.replace_all(_SPELLED, "")
        ids = keys.replace_strict(known, default=default, return_dtype=pl.Categorical())
        return column.replace_strict(typed, ids, default=default, return_dtype=pl.Categorical())

    return (
        pl.col(column)
        .map_batches(look_up, return_dtype=pl.Categorical(), is_elementwise=True)
        .fill_null(default)
    )
