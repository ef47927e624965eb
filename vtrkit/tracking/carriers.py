"""Every spelling of a carrier to one id, and the shipping services that have a name."""

import re
import reprlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from functools import cache

import polars as pl

from vtrkit import facts
from vtrkit.errors import ParameterError
from vtrkit.facts.checked import Texts
from vtrkit.schema import OTHER_METHOD, UNRECOGNISED

_SPELLED = r"[^\p{L}\p{N}]"
_ID = pl.Categorical()
OTHER = "other"
"""The id of "Other" in any language: a carrier was entered, and nothing is known of it."""


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """What is known of one carrier; see the head of `facts/carriers.toml`."""

    id: str
    name: str
    spellings: Texts
    services: Texts = ()
    group: str = ""
    country: str = ""
    posts: Texts = ()
    partners: Texts = ()
    complete_by: Texts = ()
    judged_by_lists: bool = True
    part_of: str = ""
    part_since: str = ""
    source: Texts = ()
    checked: date | None = None

    @property
    def complete(self) -> bool:
        """Whether sources list the formats of all of its parcels."""
        return bool(self.complete_by)


@cache
def carriers() -> dict[str, Carrier]:
    """Every carrier that has an id.

    Examples:
        >>> carriers()["lasership"].group, carriers()["ups"].complete
        ('ontrac', True)
    """
    read = facts.entries("carriers", "carrier", Carrier)
    return {key: replace(c, group=c.group or key) for key, c in read.items()}


@cache
def carrier_names() -> dict[str, str]:
    """The name that people know, by carrier id."""
    return {key: c.name for key, c in carriers().items()} | {UNRECOGNISED: "unrecognised carrier"}


@cache
def _spellings() -> dict[str, str]:
    return {_key(s): key for key, c in carriers().items() for s in c.spellings}


@cache
def _services() -> dict[str, str]:
    return {_key(s): s for c in carriers().values() for s in c.services}


@dataclass(frozen=True, kw_only=True)
class IntegratedList:
    """The carriers that report to Amazon in a marketplace, as of the month `seen`."""

    id: str
    seen: str
    checked: date
    source: Texts
    spellings: Texts
    note: str = ""


def month_text(text: str) -> str:
    """A month or a year as facts have it: `2025-04` is April 2025."""
    return f"{date.fromisoformat(f'{text}-01'):%B %Y}" if "-" in text else text


@cache
def integrated_lists() -> dict[str, IntegratedList]:
    """The lists on file, by marketplace; none of them is current.

    Examples:
        >>> integrated_lists()["JP"].seen
        '2022-08'
    """
    return facts.entries("carriers", "integrated", IntegratedList)


@cache
def not_integrated(marketplace: str) -> tuple[str, ...]:
    """The carriers known not to report to Amazon there; none where no list is on file.

    A carrier reports where its group does: a list that names La Poste means Colissimo too. One that
    no list can be expected to name (`judged_by_lists`) is not judged.
    """
    if marketplace not in integrated_lists():
        return ()
    listed = {_spellings()[_key(s)] for s in integrated_lists()[marketplace].spellings}
    groups = {carriers()[key].group for key in listed}
    judged = (key for key, c in carriers().items() if c.judged_by_lists)
    return tuple(key for key in judged if carriers()[key].group not in groups)


def carrier_called(name: str) -> str:
    """The id of a carrier, from its id, its name or any spelling of it.

    Raises:
        ParameterError: nothing is called so; it names the nearest carriers.

    Examples:
        >>> carrier_called("OnTrac"), carrier_called("royal_mail"), carrier_called("Fed Ex")
        ('ontrac', 'royal_mail', 'fedex')
    """
    if not isinstance(name, str):
        raise ParameterError(f"carrier {reprlib.repr(name)}: give its name, as UPS")
    own = {shown: key for key, shown in carrier_names().items()} | {OTHER: OTHER}
    if name in carrier_names() or name == OTHER:
        return name
    if (key := own.get(name) or _spellings().get(_key(name))) is None:
        near = " or ".join(nearest_carriers(name))
        mean = f" (did you mean {near}?)" if near else ""
        raise ParameterError(f"no carrier is called {name}{mean}")
    return key


def nearest_carriers(name: str) -> list[str]:
    """The names of the carriers most like what somebody typed, best first; none if none is near.

    Examples:
        >>> nearest_carriers("UPSS"), nearest_carriers("Roayl Mail")
        (['UPS', 'USPS'], ['Royal Mail'])
        >>> nearest_carriers("?")
        []
    """
    near = get_close_matches(_key(name), _spellings(), n=3, cutoff=0.75)
    return list(dict.fromkeys(carriers()[_spellings()[key]].name for key in near))


def _key(text: str) -> str:
    kept = (c for c in text.upper() if unicodedata.category(c)[0] in "LN")
    return "".join(kept)


def carrier_id(column: str = "carrier") -> pl.Expr:
    """The carrier id of each spelling, `unrecognised` where none is known, null where blank."""
    return _recognised(column, _spellings(), UNRECOGNISED, _before_a_service)


def _before_a_service(text: str) -> str | None:
    """The carrier whose name stands before a service, a tool or a country, as in `UPS Ground`.

    After names of carriers without known services only `service_words` may stand: the names of
    small ones are often words of other meaning.

    Examples:
        >>> [_before_a_service(text) for text in ("FedExDefault", "usps_walleted", "Sending it")]
        ['fedex', 'usps', None]
        >>> [_before_a_service(text) for text in ("Pitney Bowes Standard", "Target store")]
        ['newgistics', None]
    """
    words = re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", text)
    for n in range(len(words), 0, -1):
        if key := _spellings().get(_key("".join(words[:n]))):
            carrier, more = carriers()[key], [w for w in words[n:] if w and not w.isdigit()]
            known = carrier.services or carriers()[carrier.group].services
            return key if known or all({w, w.lower()} & _service_words() for w in more) else None
    return None


@cache
def _service_words() -> frozenset[str]:
    return frozenset(facts.read("carriers")["service_words"])


def known_service(column: str = "ship_method") -> pl.Expr:
    """The known name of each shipping service, `other` for what somebody typed."""
    return _recognised(column, _services(), OTHER_METHOD, lambda _: None)


def _recognised(
    column: str, known: dict[str, str], default: str, otherwise: Callable[[str], str | None]
) -> pl.Expr:
    def ids(typed: pl.Series) -> pl.Series:
        keys = typed.str.to_uppercase().str.replace_all(_SPELLED, "")
        found = [
            known.get(key) or otherwise(text) or default
            for key, text in zip(keys, typed, strict=True)
        ]
        return pl.Series(found, dtype=_ID)

    return by_text(column, ids, _ID).fill_null(default)


def by_text(column: str, look_up: Callable[[pl.Series], pl.Series], dtype: pl.DataType) -> pl.Expr:
    """What `look_up` says of each text, asked once for each distinct text and not once per row."""
    return pl.col(column).map_batches(
        _Answers(look_up, dtype), return_dtype=dtype, is_elementwise=True
    )


def coded() -> pl.Categorical:
    """A type for texts that several questions are asked of; its texts are forgotten after use."""
    return pl.Categorical(pl.Categories.random())


_FEW = 1000


class _Answers:
    """The answers so far, each at the place of its text's code; null where not asked yet.

    Threads may ask at the same time: what one forgets of another is asked again.
    """

    def __init__(self, look_up: Callable[[pl.Series], pl.Series], dtype: pl.DataType) -> None:
        self._look_up, self._dtype = look_up, dtype
        self._coded = coded()
        # Polars forgets the codes of a type once no column of it is left, so one is kept beside
        # the answers that belong to it.
        self._known = pl.Series(dtype=self._coded), pl.Series([None], dtype=dtype)

    def __call__(self, texts: pl.Series) -> pl.Series:
        if len(texts) < _FEW:
            return self._of_few(texts.to_list())
        typed = texts.cast(self._coded) if texts.dtype == pl.String else texts
        codes = typed.to_physical()
        kept, known = self._known
        if kept.dtype != typed.dtype:
            known = known.clear(1)
        if _highest(codes) < len(known):
            answers = known.gather(codes)
            if answers.null_count() == codes.null_count():
                return answers
        known = self._learned(known, typed.unique().drop_nulls())
        self._known = typed.clear(), known
        return known.gather(codes)

    def _of_few(self, texts: list[str | None]) -> pl.Series:
        """Answers without codes, which for a handful of rows cost more than they save."""
        asked = [text for text in dict.fromkeys(texts) if text is not None]
        known = dict(zip(asked, self._look_up(pl.Series(asked, dtype=pl.String())), strict=True))
        answers = [None if text is None else known[text] for text in texts]
        return pl.Series(answers, dtype=self._dtype)

    def _learned(self, known: pl.Series, typed: pl.Series) -> pl.Series:
        codes = typed.to_physical()
        places = pl.int_range(max(len(known), _highest(codes) + 1), dtype=pl.UInt32, eager=True)
        asked = pl.DataFrame({"code": codes, "answer": self._look_up(typed.cast(pl.String))})
        before = pl.DataFrame({"code": places[: len(known)], "answer": known})
        every = pl.concat([asked, before.drop_nulls().join(asked, on="code", how="anti")])
        joined = places.to_frame("code").join(every, on="code", how="left", maintain_order="left")
        return joined["answer"]


def _highest(codes: pl.Series) -> int:
    return int(codes.max() or 0)  # type: ignore[arg-type]
