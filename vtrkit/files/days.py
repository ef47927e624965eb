"""Texts of days and stamps to the civil days of marketplaces."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

import polars as pl
from polars.exceptions import PolarsError

from vtrkit.tracking.carriers import coded
from vtrkit.tracking.cleaning import folded

Zones = Mapping[str, Sequence[str]]
"""The marketplaces of each time zone."""
TIDIED = "tidied"
"""Stands among the forms of a file's days where `tidied` has to bring some into these forms."""
_ZONES = {
    **{"UTC": "+00:00", "GMT": "+00:00", "BST": "+01:00", "CET": "+01:00", "CEST": "+02:00"},
    **{"MET": "+01:00", "MEST": "+02:00", "WET": "+00:00", "WEST": "+01:00", "EET": "+02:00"},
    **{"EEST": "+03:00", "PST": "-08:00", "PDT": "-07:00", "MST": "-07:00", "MDT": "-06:00"},
    **{"CDT": "-05:00", "EST": "-05:00", "EDT": "-04:00", "JST": "+09:00", "SGT": "+08:00"},
    **{"AEST": "+10:00", "AEDT": "+11:00"},
}
"""Offsets of the names of zones that mean one zone only; CST and IST do not."""
_MONTHS = {
    "jan": "janv janvier januar gen gennaio ene enero janeiro sty stycznia oca ocak",
    "feb": "febr fev févr fév février februar febbraio febrero fevereiro lut lutego şub şubat",
    "mar": "mär mrz märz mars marzo março mrt maart marca mart",
    "apr": "avr avril aprile abr abril kwi kwietnia nis nisan",
    "may": "mai mei mag maggio mayo maio maj maja mayıs",
    "jun": "juin juni giu giugno junio junho cze czerwca haz haziran",
    "jul": "juil juillet juli lug luglio julio julho lip lipca tem temmuz",
    "aug": "août aout ago agosto augustus augusti sie sierpnia ağu ağustos",
    "sep": "sept septembre set sett settembre septiembre setembro wrz września eyl eylül",
    "oct": "okt oktober octobre ott ottobre octubre out outubro paź października eki ekim",
    "nov": "novembre noviembre novembro lis listopada kas kasım",
    "dec": "déc décembre dez dezember dic dicembre diciembre dezembro gru grudnia ara aralık",
}
_MONTH = {word: short for short, words in _MONTHS.items() for word in words.split()}
"""How spreadsheets of other languages call the months."""
_ENGLISH = "january february march april may june july august september october november december"
_LONG = dict(zip(_MONTHS, _ENGLISH.split(), strict=True))
ENGLISH_MONTHS = (*_LONG.values(), "sept", *_LONG)
MONTH_NUMBERS = {
    word: number
    for number, (short, words) in enumerate(_MONTHS.items(), 1)
    for word in (short, _LONG[short], *words.split())
}
"""The month of each of these words, and of the English ones."""


def tidied(texts: pl.Series) -> pl.Series:
    """Days in one of few spellings: English months, years of four digits, zones by their offset.

    Step by step: in one expression each step would repeat all those before it, several times over.
    """
    short = r"^(\d{1,2}([/.-])\d{1,2}[/.-])(\d{2})(\D|$)"
    text = (
        folded(texts).str.replace_all("[‐-―]", "-").str.replace(r"^[='’\x{22}]+(.*?)\x{22}*$", "$1")
    )
    text = text.str.replace(r"^(\d{4})年(\d{1,2})月(\d{1,2})日.*", "$1-$2-$3")
    text = text.str.replace(r"^(\d{4})-(\p{L}{3,12})-(\d{1,2})", "$3-$2-$1")
    # as browsers and people write the time of day: `24.9.2026, 10:00`, `um 10:00 Uhr`, `à 10h30`
    clock = r"([\d.]),? (?:um |at |à |kl\.? |alle )?(\d{1,2})[:h](\d\d)"
    text = text.str.replace(clock, "$1 $2:$3").str.replace(" (?:Uhr|uhr)$", "")
    text = text.str.replace(r"^(?:\p{L}+\.?, |(?i:mon|tue|wed|thu|fri|sat|sun) )", "")
    month = text.str.extract(r"(\p{L}{3,12})").str.to_lowercase()
    english = month.replace_strict(_MONTH, default=month, return_dtype=pl.String)
    named = pl.DataFrame([text.alias("text"), english.alias("month")])
    named = named.select(pl.col("text").str.replace(r"\p{L}{3,12}", pl.col("month")))
    text = named.to_series().zip_with((english != month).fill_null(False), text)
    of, year = r"[-/ ,]*(?:de |of )?", r"(?:20)?(\d{2})(\D|$)"
    days = rf"^(\d{{1,2}})(?:st|nd|rd|th|\.)?{of}(\p{{L}}{{3,10}})\.?{of}{year}"
    text = _with_offsets(text)
    zone = text.str.extract(r"\d ([A-Z]{2,5})$")
    without = text.str.replace(r"(\d|[AP]M) [A-Z]{2,5}$", "$1")
    offset = zone.replace_strict(_ZONES, default="", return_dtype=pl.String)
    iso = without.str.contains(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d") & zone.is_not_null()
    stamp = (without + offset).zip_with(iso.fill_null(False), without)
    return (
        text.zip_with(zone.is_in(["AM", "PM"]).fill_null(False), stamp)
        .str.replace(short, "${1}20${3}${4}")
        .str.replace(r"^(\d{1,2})-(\d{1,2})-(\d{4})", "$1/$2/$3")
        .str.replace(days, "${1}-${2}-20${3}${4}")
        .str.replace(r"^(\p{L}+)\.? (\d{1,2}),? (\d{4})", "$1 $2, $3")
    )


def _with_offsets(texts: pl.Series) -> pl.Series:
    """Stamps with the name of a place, as Europe/Berlin, with its offset of that day instead."""
    text = texts.str.replace(rf"(Z|[+-]\d\d:?\d\d)\[{_PLACE}\]$", "$1")
    places = text.str.extract(rf" \[?({_PLACE})\]?$")
    for place in places.drop_nulls().unique():
        here = (places == place).arg_true()
        clock = text.gather(here).str.replace(rf" \[?{place}\]?$", "")
        try:
            stamps = [
                clock.str.to_datetime(form, strict=False)
                .dt.replace_time_zone(place, ambiguous="earliest", non_existent="null")
                .dt.to_string("%Y-%m-%dT%H:%M:%S%:z")
                for form in ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M")
            ]
        except PolarsError:  # the name of no zone: as written
            stamps = []
        text = text.scatter(here, pl.select(pl.coalesce(*stamps, clock)).to_series())
    return text


_PLACE = r"[A-Z][A-Za-z]+/[A-Za-z_/]+"
_TIME_OF_DAY = r"[T ]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?( ?[AaPp][Mm])?$"
_SECONDS = "%s"
_STAMPS = ("%+", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z")  # %#z takes Z as well
WHERE = "_where"
"""The marketplace by whose clock a row is read."""
_STAMP = "stamp"
_LOOKED_AT = 10_000


def civil_day(text: pl.Expr, forms: tuple[str, ...], zones: Zones) -> pl.Expr:
    """The day of each text, read once where many are alike: trying all forms of it is slow.

    Args:
        text: beside it there must be the column `WHERE`.
        forms: of the file's days, beside those of ISO 8601.
        zones: of which only those of marketplaces that are there are tried.
    """
    years_first = any(form.startswith("%Y-") for form in forms)

    def each(table: pl.DataFrame) -> pl.Series:
        if TIDIED in forms:
            table = table.with_columns(tidied(table[_STAMP]).alias(_STAMP))
        there = table[WHERE].unique().to_list()
        day = _reading(
            forms, tuple((z, n) for z, names in zones.items() for n in names if n in there)
        )
        return table.select(day).to_series()

    def read(cells: pl.Series) -> pl.Series:
        table = cells.struct.unnest()
        stamp = table[_STAMP]
        if (stamp.str.len_bytes() == 10).all() and not years_first:
            plain = stamp.str.to_date("%Y-%m-%d", strict=False)
            if plain.null_count() == stamp.null_count():
                return plain  # as most files have them: no other form is tried
        few = table[_STAMP].head(_LOOKED_AT)
        if few.n_unique() > len(few) // 4:
            return each(table)
        stamp, where = (table[n].cast(coded()).to_physical() for n in (_STAMP, WHERE))
        places = where.n_unique() + 1
        code = stamp.cast(pl.UInt64) * places + where.fill_null(places - 1)
        firsts = code.arg_unique()
        firsts = firsts.filter(code.gather(firsts).is_not_null())
        days = pl.Series([None], dtype=pl.Date()).new_from_index(0, _last(code) + 1)
        days = days.scatter(code.gather(firsts), each(table[firsts]))
        return days.gather(code)

    cells = pl.struct(text.alias(_STAMP), WHERE)
    return cells.map_batches(read, return_dtype=pl.Date(), is_elementwise=True)


def counted_day(text: pl.Expr) -> pl.Expr:
    """The day of each count of days of a spreadsheet, whose day 1 is that of the year 1900."""
    count = text.str.extract(r"^(\d+)").cast(pl.Int64, strict=False)
    return pl.lit(date(1899, 12, 30)) + pl.duration(days=count)  # it also counts 29 February 1900


def _last(codes: pl.Series) -> int:
    """The highest code."""
    return int(codes.max() or 0)  # type: ignore[arg-type]


@lru_cache(maxsize=64)
def _reading(forms: tuple[str, ...], zones: tuple[tuple[str, str], ...]) -> pl.Expr:
    """How a text becomes a civil day: as written, or the marketplace's where it has an offset.

    Where no zone is known a stamp with an offset is taken as written as well: its own clock is
    nearer to the seller's day than that of Greenwich.
    """
    text = pl.col(_STAMP)
    bare = text.str.replace(_TIME_OF_DAY, "")
    civil = [form for form in forms if "%z" not in form and form not in {_SECONDS, TIDIED}]
    written = [t.str.to_date(f, strict=False) for f in civil for t in (text, bare)]
    # in XML a day may have an offset as well
    iso = bare.str.replace(rf"^(\d{{4}}-\d\d-\d\d){_DAYS_OFFSET}", "$1").str.to_date(
        "%Y-%m-%d", strict=False
    )
    stamps = [
        text.str.to_datetime(form, strict=False, time_zone="UTC")
        for form in (*_STAMPS, *(form for form in forms if "%z" in form))
    ]
    if _SECONDS in forms:
        whole = text.str.extract(r"^(\d{9,10})(\.\d+)?$").cast(pl.Int64, strict=False)
        stamps.append(pl.from_epoch(whole).dt.replace_time_zone("UTC").dt.cast_time_unit("us"))
    stamp = pl.coalesce(stamps)
    zoned = [
        pl.when(pl.col(WHERE) == name).then(stamp.dt.convert_time_zone(zone).dt.date())
        for zone, name in zones
    ]
    own = pl.when(stamp.is_not_null()).then(_own_day(text, forms))
    return pl.coalesce(*written, *zoned, own, stamp.dt.date(), iso)


_OFFSET = r" ?(Z|[+-]\d{2}:?\d{2})$"
_DAYS_OFFSET = r"(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$"


def _own_day(text: pl.Expr, forms: tuple[str, ...]) -> pl.Expr:
    """The day on the clock of a stamp that ends in an offset."""
    clock = pl.when(text.str.contains(_OFFSET)).then(text.str.replace(_OFFSET, ""))
    mine = [form.removesuffix("%z").rstrip() for form in forms if form.endswith("%z")]
    days = [clock.str.to_datetime(form, strict=False).dt.date() for form in mine]
    iso = clock.str.replace(_TIME_OF_DAY, "").str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(*days, iso)
