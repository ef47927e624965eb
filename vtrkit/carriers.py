"""Every spelling of a carrier to one id, and the shipping services that have a name."""

import unicodedata
from functools import cache

import polars as pl

from vtrkit import facts
from vtrkit.schema import OTHER_METHOD, UNRECOGNISED

_SPELLED = r"[^\p{L}\p{N}]"
_ID = pl.Categorical()


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


@cache
def not_integrated(marketplace: str) -> tuple[str, ...]:
    """The carriers known not to report to Amazon there; none where no list is on file."""
    lists = facts.read("carriers").get("integrated", {})
    if marketplace not in lists:
        return ()
    spelled = {_spellings().get(_key(s)) for s in lists[marketplace]["spellings"]}
    return tuple(c for c in carrier_names() if c not in {*spelled, UNRECOGNISED})


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
    return (
        pl.col(column)
        .map_batches(_Recogniser(known, default), return_dtype=_ID, is_elementwise=True)
        .fill_null(default)
    )


class _Recogniser:
    """Ids of typed texts, each distinct text looked up once and not once per row.

    `_ids` holds the id of each text at the place of its code, null where it was not met yet.
    Threads may learn at the same time: what one forgets of another is learned again.
    """

    def __init__(self, known: dict[str, str], default: str) -> None:
        self._known, self._default = known, default
        self._ids = pl.Series([None], dtype=_ID)
        # Polars forgets the codes of a set of categories once no column with them is left.
        self._typed = pl.Series([default], dtype=pl.Categorical(pl.Categories.random()))

    def __call__(self, texts: pl.Series) -> pl.Series:
        typed = texts.cast(self._typed.dtype)
        codes = typed.to_physical()
        ids = self._ids
        if _highest(codes) >= len(ids) or ids.gather(codes).null_count() > codes.null_count():
            ids = self._ids = self._learned(ids, typed.unique().drop_nulls())
        return ids.gather(codes)

    def _learned(self, ids: pl.Series, typed: pl.Series) -> pl.Series:
        keys = typed.cast(pl.String).str.to_uppercase().str.replace_all(_SPELLED, "")
        found = keys.replace_strict(self._known, default=self._default, return_dtype=_ID)
        codes = typed.to_physical()
        room = max(0, _highest(codes) + 1 - len(ids))
        grown = ids.to_physical().extend_constant(None, room)
        return grown.scatter(codes, found.to_physical()).cat.to(_ID)


def _highest(codes: pl.Series) -> int:
    return int(codes.max() or 0)  # type: ignore[arg-type]
