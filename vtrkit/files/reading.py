"""Every file that is given, read as its user says: the rows of all, on their way to packages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import polars as pl

from vtrkit.errors import UnrecognisedError
from vtrkit.facts.checked import Day
from vtrkit.files.absence import Covered, range_of
from vtrkit.files.categories import read_categories
from vtrkit.files.day_order import decided, overlooked
from vtrkit.files.days import Zones
from vtrkit.files.forms import Layout
from vtrkit.files.in_memory import Given, parted
from vtrkit.files.inference import WANTED, Markets, counted, inferred
from vtrkit.files.large import Buckets, buckets_for
from vtrkit.files.layouts import read_mapping
from vtrkit.files.named_days import order_of
from vtrkit.files.one_file import File, dated, take
from vtrkit.files.origins import Origins
from vtrkit.files.performance import performance
from vtrkit.files.raw import PARQUET, Raw
from vtrkit.files.read import read
from vtrkit.files.scratch import Folder
from vtrkit.files.skipped import Skipped
from vtrkit.files.sources import Progress, Source, Watch, find
from vtrkit.files.typed_rows import parsed
from vtrkit.given import read_day
from vtrkit.rules.policies import Rules, rules_or_ours
from vtrkit.schema import DEFAULT_ACCOUNT

Parse = Callable[..., pl.LazyFrame]
Into = Callable[[], Buckets | None]


@dataclass(frozen=True)
class Reader:
    """How files are read, as far as they do not say for themselves; see `vtrkit.load`."""

    mapped: tuple[Layout, ...]
    account: str | None
    markets: Markets
    zones: Zones
    seen: date | None
    day_first: bool | None

    def order(self, names: Iterable[str]) -> bool | None:
        """Whether the day stands first in the names of all files; None = not known."""
        return order_of(names) if self.day_first is None else self.day_first

    def owned(self, source: Source) -> Source:
        """A file with the account of its rows that name none."""
        return replace(source, account=source.account or self.account or DEFAULT_ACCOUNT)

    def file(
        self, source: Source, scratch: Path, into: Into, told: Callable[[int], None], alone: bool
    ) -> File | pl.DataFrame:
        """The rows of a file, not dated yet, or Amazon's own figures.

        Args:
            source: the file.
            scratch: a folder for what Polars cannot scan.
            into: makes what receives the good rows; None to hold them.
            told: is told the bytes that are done.
            alone: whether it is all that is given.

        Raises:
            InputError: it cannot be read; see `vtrkit.load`.
            UnrecognisedError: it is of no kind that has packages.
        """
        owned, market = self.owned(source), self.markets.of(source.name)
        try:
            raw = read(source, self.mapped, scratch)
        except UnrecognisedError as e:
            if e.tells != "official" or alone:
                raise
            return performance(source.content(), source.name, str(owned.account))
        parse = partial(parsed, marketplace=market, zones=self.zones)
        form = partial(decided, raw, source.name, self.day_first)
        file, days = _taken(owned, form, parse, into, told)
        return replace(file, given=market, days=days, seen=self.seen)


@dataclass(frozen=True)
class Asked:
    """What is said of files: how each is read, and how their rows become packages."""

    reader: Reader
    table: Mapping[str, str]
    origins: Origins
    covered: Covered | None

    @classmethod
    def of(  # noqa: PLR0913 - the keywords of `vtrkit.load`
        cls,
        *,
        mapping: Path | str | Mapping[str, Any] | None,
        account: str | None,
        marketplace: str | Mapping[str, str] | None,
        origin: str | Mapping[str, str] | None,
        seen: Day | None,
        report_from: Day | None,
        report_to: Day | None,
        absence: bool,
        categories: Path | str | None,
        day_first: bool | None,
        rules: Rules | None,
    ) -> "Asked":
        """The keywords of `vtrkit.load`, read."""
        covered, mapped = range_of(report_from, report_to), read_mapping(mapping)
        table, zones = read_categories(categories), rules_or_ours(rules).time_zones()
        origins, markets = Origins.read(origin), Markets.read(marketplace, zones)
        reader = Reader(mapped, account, markets, zones, read_day(seen, "seen"), day_first)
        return cls(reader, table, origins, covered if absence else None)


Read = Callable[[Path, Into], File | pl.DataFrame]


class Shelf(Protocol):
    """Where rows stand until they are packages."""

    def begin(self, sources: Sequence[Source]) -> None:
        """Told of all files before the first is read."""

    def take(self, source: Source, read: Read) -> File | pl.DataFrame:
        """A file read, given a folder for what it needs and what receives its rows."""


class Held:
    """Rows in memory, or in a temporary folder where they are too many."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.folder, self._count, self._files = Folder(), 1, 0

    def begin(self, sources: Sequence[Source]) -> None:
        """Told of all files before the first is read."""
        self._count = buckets_for(sources)

    def take(self, source: Source, read: Read) -> File | pl.DataFrame:
        """A file read."""
        at = self.folder.path / f"rows-{self._files:06}"
        self._files += 1
        owner = str(source.account)
        into = partial(Buckets, at, self._count, owner) if self._count > 1 else lambda: None
        return read(self.folder.path, into)


class Taken(NamedTuple):
    """What all files gave: rows, Amazon's own figures, and the files that are not read."""

    files: list[File]
    official: list[pl.DataFrame]
    skipped: list[Skipped]
    accounts: set[str]


def read_all(
    given: Sequence[Given],
    reader: Reader,
    shelf: Shelf,
    watch: Watch,
    progress: Progress | None,
) -> Taken:
    """Read every file.

    Args:
        given: files, archives and folders of them, and tables in memory.
        reader: how they are read.
        shelf: where their rows stand.
        watch: entered while a file of an account is read, and may take what goes wrong.
        progress: told of the files that are done.
    """
    tables, paths = parted(given)
    sources, skipped = find(paths, progress, watch) if paths or not tables else ([], [])
    sources += tables
    alone, order = len(sources) == 1, reader.order(s.name for s in sources)
    shelf.begin(sources)
    taken = Taken([], [], skipped, {s.account for s in sources if s.account})
    for number, source in enumerate(sources):
        told = _told(source, number, len(sources), progress)
        told(0)
        with watch(source.account):
            try:
                file = partial(reader.file, source, told=told, alone=alone)
                rows = shelf.take(reader.owned(source), file)
            except UnrecognisedError as e:
                if not (e.tells or source.among) or alone:
                    raise
                skipped.append(Skipped(source.name, e.what, e.instead))
                continue
            if isinstance(rows, File):
                taken.files.append(dated(rows, order))
            else:
                taken.official.append(rows)
    return taken


def _taken(
    source: Source,
    form: Callable[[bool], Raw],
    parse: Parse,
    into: Callable[[], Buckets | None],
    told: Callable[[int], None],
) -> tuple[File, pl.DataFrame]:
    """A file's rows; once more where late rows have days that its first ones do not announce.

    The marketplace of a file that names none is guessed from its first rows, for its clock, and
    settled from all of them.
    """
    owner, raw = source.account or DEFAULT_ACCOUNT, form(True)

    def once(guess: Mapping[str, str]) -> tuple[File, pl.DataFrame]:
        own = {"": guess[owner]} if owner in guess else {}
        return take(source, raw, partial(parse, guess={**guess, **own}), into(), told)

    guess = {}
    columns, there = raw.first.columns, {*raw.first.columns, *raw.layout.fixed}
    cells = raw.first["marketplace"] if "marketplace" in columns else pl.Series([None])
    named = (cells.cast(pl.String).str.strip_chars() != "").fill_null(False).all()
    if {"currency", "destination"} & there and not named:
        first = parse(replace(raw, rows=raw.first.lazy()), guess={}).select(WANTED)
        guess = inferred(counted(first.collect(engine="in-memory"), owner))
    file, days = once(guess)
    if overlooked(file.rejects):
        before, raw = raw, form(False)
        if (raw.layout, raw.serials) != (before.layout, before.serials):
            file, days = once(guess)
    if (found := inferred(file.unnamed)) != guess:
        file, days = once(found)
    return replace(file, assumed=found, lacks=raw.lacks, nulls=_null_numbers(raw)), days


def _null_numbers(raw: Raw) -> int:
    """Of how many rows of a typed table the number is null, where none has a blank one."""
    names = raw.layout.tells in {"packages", "shipments"} and "tracking_number" in raw.first.columns
    if raw.encoding != PARQUET or raw.layout.from_amazon or not names:
        return 0
    number = pl.col("tracking_number").cast(pl.String)
    nulls = pl.when(~(number == "").any()).then(number.null_count())
    return raw.rows.select(nulls).collect().item() or 0


def _told(
    source: Source, number: int, total: int, progress: Progress | None
) -> Callable[[int], None]:
    def told(done: int) -> None:
        part = f", {done >> 20:,} of {source.survey.size >> 20:,} MB" if done else ""
        if progress:
            progress(f"reading {source.name}{part}", number, total)

    return told
