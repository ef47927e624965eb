"""The rows of one file, good and rejected, held in memory or written down in buckets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl
import polars.selectors as cs

from vtrkit.errors import InputError
from vtrkit.files.combined import of_one_order
from vtrkit.files.damage import UNROUNDED
from vtrkit.files.delimited import TOO_LONG
from vtrkit.files.forms import Layout
from vtrkit.files.inference import NOT_SHOWN, counted
from vtrkit.files.large import Buckets
from vtrkit.files.named_days import days_in_name
from vtrkit.files.raw import PARQUET, XLSX, Raw, wrapped
from vtrkit.files.row_rules import BLANK, NO_PACKAGE, NOT_KNOWN_IF_WRONG, RAW
from vtrkit.files.sources import Source
from vtrkit.files.typed_rows import ODD
from vtrkit.schema import DATES, DEFAULT_ACCOUNT, PACKAGES
from vtrkit.tracking.cleaning import AMAZON_ID, canonical, order_ids

PIECE = 128 << 20
"""Bytes of a file that are read at once."""
_MOST_ROWS = 1 << 30
"""The number of a row has 30 bits where rows are put in order by age."""
_MOST_CELLS = 1_000_000
"""Of so many rejected rows of a file the cells are kept; of the rest only place and rule."""
_TYPED = tuple(name for name in PACKAGES if name != "source")
_SHOWN = {*_TYPED} - NOT_KNOWN_IF_WRONG
"""Columns of which a rejected row's cells are kept."""
_MARKS = ("_unnamed", "_broken", "_odd")
_KEPT = ("_row", "_names", "_number", "_deletes", "_returned", "_replacement", "_items", "_ordered")
_EVENTS = [d for d in DATES if d not in ("promised_date", "ship_by_date", "seen_at")]
_PROMISED = (pl.min("promised_date").alias("_first"), pl.max("promised_date").alias("_last"))

ODD_WORDS = {"column": pl.String(), "value": pl.String(), "rows": pl.Int64()}
_WORD = r"^[^\d@]{1,40}$"

Parse = Callable[[Raw], pl.LazyFrame]


@dataclass(frozen=True)
class File:
    """One file as read.

    Attributes:
        source: the file.
        layout: what it was taken for.
        encoding: how its text was written.
        seen_at: the day of the export, if known.
        seen_from: how that is known.
        rows: how many rows it has.
        good: its good rows, or those without an order where the others are in buckets.
        buckets: where its good rows are, if they are not held.
        rejects: its rejected rows with their rule.
        voided: the rows about no package of Amazon's, in the same form.
        promised: the first and the last promised day in it.
        blank: how many lines have nothing in a column that is read; they count nowhere else.
        odd: words of closed lists that nobody knows: column, value, rows.
        unnamed: its orders that name no marketplace, by account, currency and destination.
        assumed: the marketplace that it is taken for, by account, where it names none.
        given: the same by the user's word.
        named: the days in its name, the earliest first.
        key: by what it is known where its rows are kept.
        days: the newest days in it, piece by piece.
        seen: the day of the export by the user's word.
        names_some: whether some of its rows name their marketplace.
        lacks: the headers by which such files tell of scans, where it has none of them.
        unrounded: whether it has a number of more digits than a spreadsheet keeps.
        nulls: how many numbers are null in a typed table that has no blank one.
    """

    source: Source
    layout: Layout
    encoding: str
    seen_at: date | None
    seen_from: str
    rows: int
    good: pl.DataFrame
    buckets: Buckets | None
    rejects: pl.DataFrame
    voided: pl.DataFrame
    promised: tuple[date | None, date | None] = (None, None)
    blank: int = 0
    odd: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ODD_WORDS))
    unnamed: pl.DataFrame = field(default_factory=pl.DataFrame)
    assumed: Mapping[str, str] = field(default_factory=dict)
    given: str | None = None
    named: Sequence[date] = ()
    key: str = ""
    days: pl.DataFrame = field(default_factory=pl.DataFrame)
    seen: date | None = None
    names_some: bool = False
    lacks: Sequence[str] = ()
    unrounded: bool = False
    nulls: int = 0

    @property
    def account(self) -> str:
        """Whose the rows are that do not say."""
        return self.source.account or DEFAULT_ACCOUNT

    @property
    def is_amazons_own(self) -> bool:
        """Whether it is as Amazon wrote it: no workbook, nor a table that one may have saved."""
        saved = self.encoding == XLSX or not (
            self.unrounded or self.layout.records or self.encoding == PARQUET
        )
        return self.layout.from_amazon and not saved

    @property
    def rejected_orders(self) -> pl.Series:
        """The order of each rejected row as it is written, as far as it is kept."""
        if "order_id" not in self.rejects:
            return pl.repeat(None, self.rejects.height, dtype=pl.String(), eager=True)
        return self.rejects["order_id"]

    def no_packages(self, rule: str) -> pl.DataFrame:
        """Account, `_number`, order and day of export of the rows without one by a rule."""
        rows = self.voided.filter(rule=rule)
        cells = {"account", "order_id", "tracking_number"} - set(rows.columns)
        rows = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in cells)
        return rows.select(
            "account",
            pl.lit(self.seen_at, pl.Date).alias("seen_at"),
            _number=pl.col("tracking_number").map_batches(canonical, return_dtype=pl.String()),
            _order=pl.col("order_id").map_batches(order_ids, return_dtype=pl.String()),
        )


def take(
    source: Source,
    raw: Raw,
    parse: Parse,
    buckets: Buckets | None,
    told: Callable[[int], None],
) -> tuple[File, pl.DataFrame]:
    """Parse a file, at once or piece by piece, and part its good rows from the rejected ones.

    Args:
        source: the file.
        raw: its columns as text.
        parse: gives them their types and the rule that they break.
        buckets: where good rows are written down, piece by piece; None to hold them.
        told: is told the bytes that are done.

    Returns:
        The file without its day, and the newest days in it.
    """
    good, bad, days, odd, unnamed = [], [], [], [pl.DataFrame(schema=ODD_WORDS)], []
    read = blank = lost = names_some = unrounded = 0
    changed = () if days_in_name(source.name) else ("_changed_at",)
    for piece, done in _pieces(raw, source.survey.size):
        with wrapped(source.name):
            some, wrong, words = _parted(piece, parse, source.name, read, changed)
        read += some.height + wrong.height
        blank += wrong.filter(rule=BLANK).height
        wrong = wrong.filter(pl.col("rule") != BLANK)
        _refuse_more_than_fit(read, source.name)
        bad.append(wrong if lost < _MOST_CELLS else wrong.select("file", "row", "rule"))
        lost += wrong.height
        newest = pl.col(*_EVENTS, "seen_at", *changed).max()
        days.append(some.select(newest, *_PROMISED))
        unnamed.append(counted(some, source.account or DEFAULT_ACCOUNT))
        odd.append(words)
        names_some |= not some["_unnamed"].all()
        if raw.layout.from_amazon:
            unrounded |= some["tracking_number"].str.contains(UNROUNDED).any()
        some = some.drop("_unnamed", *changed)
        some = of_one_order(some) if raw.layout.tells == "scans" else some
        if buckets is not None:
            buckets.add(some.filter(pl.col("order_id").is_not_null()))
            some = some.filter(pl.col("order_id").is_null())
        good.append(some)
        told(done)
    rejects, aside = pl.concat(bad, how="diagonal"), pl.col("rule").is_in(NO_PACKAGE)
    file = File(
        source,
        raw.layout,
        raw.encoding,
        None,
        "",
        read - blank,
        pl.concat(good),
        buckets,
        rejects.filter(~aside),
        rejects.filter(aside),
        blank=blank,
        odd=pl.concat(odd).group_by("column", "value").agg(pl.col("rows").sum()),
        unnamed=pl.concat(unnamed),
        names_some=bool(names_some),
        unrounded=bool(unrounded),
    )
    return file, pl.concat(days)


def _refuse_more_than_fit(rows: int, name: str) -> None:
    if rows > _MOST_ROWS:
        raise InputError(f"{name}: more than {_MOST_ROWS:,} rows in one file; split it by month")


def _pieces(raw: Raw, size: int) -> Iterator[tuple[Raw, int]]:
    """The file, or one piece of it after the other where it is large."""
    some = False
    for rows, done in raw.pieces(PIECE) if size > PIECE else ():
        some = True
        yield replace(raw, rows=rows), done
    if not some:
        yield raw, 0


def _parted(
    piece: Raw, parse: Parse, name: str, before: int, more: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The good rows, the rejected ones as they stood, and words of closed lists that nobody knows.

    Texts are taken of few rows only: those of a whole file would cost more than its types.
    """
    cells = piece.rows.collect(engine="in-memory")

    def parsed(rows: pl.DataFrame) -> pl.LazyFrame:
        return parse(replace(piece, rows=rows.lazy()))

    table = parsed(cells).select(*_KEPT, *_TYPED, *_MARKS, *more).collect(engine="in-memory")
    table = table.with_columns(pl.col("_row") + before)
    broken, odd = (table[name] for name in _MARKS[1:])
    good = table.drop("_broken", "_odd")
    given = dict.fromkeys((*piece.first.columns, *piece.layout.fixed))
    kept = [n for n in given if n in _SHOWN]
    bad = pl.DataFrame(schema={"file": pl.String, "row": good.schema["_row"], "rule": pl.String})
    bad = bad.with_columns(pl.lit(None, pl.String).alias(n) for n in kept)
    if broken.any():
        # the cells of a line with a stray delimiter stand under other names than their own, but
        # for what can be nothing else
        own, sure = pl.col("_rule") != TOO_LONG, pl.col("order_id").str.contains(AMAZON_ID)
        bad = (
            parsed(cells.filter(broken))
            .select(
                pl.lit(name).alias("file"),
                good["_row"].filter(broken).alias("row"),
                pl.col("_rule").alias("rule"),
                *(
                    pl.when(own | sure if n == "order_id" else own).then(RAW + n).alias(n)
                    for n in kept
                ),
            )
            .collect()
        )
        good = good.filter(~broken)
    strange = odd & ~broken
    words = (
        _words(parsed(cells.filter(strange))) if strange.any() else pl.DataFrame(schema=ODD_WORDS)
    )
    return good, bad, words


def _words(rows: pl.LazyFrame) -> pl.DataFrame:
    """Words of closed lists that nobody knows, counted.

    What may be more than a word of a list (a number, an address, a name where none belongs) is
    counted and not shown; so are several words on few rows, which may be anybody's name.
    """
    shown = pl.col("value").str.contains(_WORD) & (pl.col("value") != NOT_SHOWN)
    one = ~pl.col("value").str.contains(r"\s") | (pl.len().over("column", "value") >= 20)
    word = shown & one & ~pl.col("column").is_in(NOT_KNOWN_IF_WRONG)
    told = (
        rows.select(cs.starts_with(ODD))
        .rename(lambda name: name.removeprefix(ODD))
        .unpivot(variable_name="column")
    )
    told = told.drop_nulls().with_columns(pl.when(word).then("value"))
    counts = told.group_by("column", "value").agg(rows=pl.len().cast(pl.Int64))
    return counts.collect()


def dated(file: File, day_first: bool | None) -> File:
    """The file with the day of its export and how it is known; never the file's own time.

    Of several days in its name that is the last one: the end of the range that it covers.
    """
    named, days = days_in_name(file.source.name, day_first), file.days
    latest = pl.col(*_EVENTS, *(n for n in days.columns if n == "_changed_at"))
    told = {
        "content": days["seen_at"].max(),
        "name": named[-1] if named else None,
        "option": file.seen,
        "latest event": days.select(pl.max_horizontal(latest.max())).item(),
    }
    day, how = next(((day, how) for how, day in told.items() if day), (None, "not known"))
    promised = _day_or_none(days["_first"].min()), _day_or_none(days["_last"].max())
    return replace(file, seen_at=day, seen_from=how, promised=promised, named=named)


def _day_or_none(value: object) -> date | None:
    """What an aggregate of a column of days is, for the type checker."""
    return value if isinstance(value, date) else None
