"""Tables of other libraries: the same packages as from a file, each kind right or refused."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

import vtrkit
from vtrkit import classify, load
from vtrkit.errors import InputError, ParameterError, UnrecognisedError
from vtrkit.files.in_memory import in_memory
from vtrkit.shipped import shipped

DAY = datetime(2026, 9, 24)  # noqa: DTZ001 - as written, of no zone
BUYER = "12 Baker Street"


class Stream:
    """The interface and nothing else, as a library that nobody knows has it."""

    def __init__(self, table):
        """Of a table."""
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class Broken:
    """A relation whose query fails once it is asked for rows."""

    def __arrow_c_stream__(self, requested_schema=None):
        raise OverflowError(f"cannot convert {BUYER}")


@pytest.fixture(scope="module")
def sample():
    return pl.read_csv(
        shipped("data/sample.csv"), infer_schema_length=None, try_parse_dates=True
    ).with_columns(pl.col("tracking_number").fill_null(""))


def packages(given, **options):
    return load(given, **options).packages.collect().drop("source")


def test_tables_of_any_library_give_the_packages_of_a_file(tmp_path, sample):
    """Of Polars, lazy too, of PyArrow, and of a library that only has the interface."""
    sample.write_parquet(tmp_path / "sample.parquet")
    expected = packages(tmp_path / "sample.parquet")
    arrow = sample.to_arrow()
    for given in (sample, sample.lazy(), arrow, arrow.to_reader(500), Stream(sample), [arrow]):
        assert packages(given).equals(expected), type(given)
    verdicts = classify(expected)
    assert classify(expected.to_arrow()).equals(verdicts)
    assert classify(Stream(expected)).equals(verdicts)


def test_a_table_is_opened_like_a_file(sample):
    """`open` reads it; what limits the figures is told as of any file."""
    shop = vtrkit.open(sample.to_arrow())
    assert shop.sources().select("file", "layout", "rows").row(0) == (
        "table",
        "packages",
        sample.height,
    )
    expected = vtrkit.open(shipped("data/sample.csv"))
    assert shop.rates().equals(expected.rates())


def test_several_tables_are_joined_and_stand_beside_files(tmp_path, sample):
    """Each has a name of its own; an order in two of them is settled once."""
    half, whole = sample.head(2_000), sample.with_columns(seen_at=date(2026, 9, 30))
    half.write_parquet(tmp_path / "half.parquet")
    loaded = load([Stream(half), whole, tmp_path / "half.parquet"])
    assert loaded.summary["file"].to_list() == ["half.parquet", "table 1", "table 2"]
    assert loaded.packages.select(pl.len()).collect().item() == sample.height


def test_large_tables_are_read_piece_by_piece(monkeypatch, sample):
    """By slices, as files are."""
    expected = packages(sample)
    monkeypatch.setattr("vtrkit.files.one_file.PIECE", 100_000)
    monkeypatch.setattr("vtrkit.files.large._HELD", 1 << 18)
    keys = ["account", "marketplace", "order_id", "package_id"]
    assert packages(Stream(sample)).sort(keys).equals(expected.sort(keys))


KINDS = {
    "large text": pa.array(["2026-09-24"], pa.large_string()),
    "views of text": pa.array(["2026-09-24"], pa.string_view()),
    "dictionary": pa.array(["2026-09-24"]).dictionary_encode(),
    "days": pa.array([DAY.date()]),
    "days in milliseconds": pa.array([DAY.date()], pa.date64()),
    "stamps as of pandas": pa.array([DAY], pa.timestamp("ns")),
    "stamps in seconds": pa.array([DAY], pa.timestamp("s")),
    "stamps of a zone": pa.array(
        [datetime(2026, 9, 25, 2, tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin")
    ),
    "stamps of UTC": pa.array([datetime(2026, 9, 25, 2, tzinfo=UTC)], pa.timestamp("us", "UTC")),
}


def table(**columns):
    given = {"order_id": pa.array(["1"]), "promised_date": pa.array([date(2026, 9, 28)])}
    return pa.table(given | columns)


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_of_any_kind_is_the_marketplaces_day(kind):
    """Two at night in Greenwich is the evening before in the US, whatever zone a stamp is of."""
    assert packages(table(ship_date=KINDS[kind]), marketplace="US")["ship_date"].item() == date(
        2026, 9, 24
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_of_any_kind_is_judged_or_refused(kind):
    """`classify` knows no clock: which day a stamp of a zone is on, it does not guess."""
    given = table(promised_date=KINDS[kind])
    if "stamps of" in kind:
        with pytest.raises(ParameterError, match="promised_date must hold days such as 2026-01-31"):
            classify(given)
    else:
        assert classify(given)["promised_date"].item() == DAY.date()


def test_numbers_that_are_null_where_none_is_blank_are_said():
    """As blanks become when pandas or Polars reads them; a table of vtrkit's own has both."""

    def notes(given):
        return [note for note in load(given).notes if "are null" in note]

    null, blank = (table(tracking_number=pa.array([n], pa.string())) for n in (None, ""))
    assert "table: tracking numbers that are null, 1, are taken as not known" in notes(null)[0]
    assert notes(blank) == notes(load(null).packages) == []


AMOUNTS = {
    "decimal": pa.array([Decimal("12.50")], pa.decimal128(10, 2)),
    "float": pa.array([12.5], pa.float32()),
    "half": pa.array([12.5], pa.float16()),
    "dictionary": pa.array(["12.50"]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", AMOUNTS)
def test_an_amount_of_any_kind_is_a_number(kind):
    given = table(goods_value=AMOUNTS[kind], category=pa.nulls(1))
    assert packages(given)["goods_value"].item() == 12.5
    assert classify(given)["goods_value"].item() == 12.5


def test_not_a_number_is_not_known():
    """As pandas writes what is not known."""
    given = table(scans=pa.array([float("nan")]), goods_value=pa.array([float("nan")]))
    assert classify(given).select("scans", "goods_value").row(0) == (None, None)
    assert packages(given).select("scans", "goods_value").row(0) == (None, None)


REFUSED = {
    "list": pa.array([["x"]]),
    "struct": pa.array([{"x": 1}]),
    "map": pa.array([[("x", 1)]], pa.map_(pa.string(), pa.int32())),
    "bytes": pa.array([b"\xff"]),
    "duration": pa.array([timedelta(1)]),
    "union": pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
    "interval": pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    "stamps of an offset": pa.array([DAY.replace(tzinfo=UTC)], pa.timestamp("us", "+05:30")),
    "long decimal": pa.array([1], pa.decimal256(50, 2)),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array(["x"])),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("column", ["carrier", "ship_date"])
def test_what_is_no_text_number_or_day_is_refused_in_words(kind, column):
    given = table(**{column: REFUSED[kind]})
    with pytest.raises(InputError, match=r"^table: .*(one text, number or day|every column one)"):
        load(given)
    with pytest.raises((InputError, ParameterError), match=r"^packages: "):
        classify(given)


def test_a_time_is_no_day():
    with pytest.raises(InputError, match="ship_date is not a day"):
        load(table(ship_date=pa.array([time(1)])))
    with pytest.raises(ParameterError, match="ship_date must hold days"):
        classify(table(ship_date=pa.array([time(1)])))


def test_what_a_column_holds_that_nobody_maps_does_not_matter():
    """Nested columns beside the mapped ones are not even looked at, and stay out of it."""
    given = table(address=pa.array([{"street": BUYER}]))
    assert BUYER not in str(load(given).packages.collect().rows())


@pytest.mark.parametrize("given", [Broken(), pa.chunked_array([["x"]])], ids=["broken", "text"])
def test_what_cannot_be_handed_over_is_refused_without_its_cells(given):
    for function in (load, vtrkit.open):
        with pytest.raises(InputError, match=r"^table: its library cannot hand it over") as refused:
            function(given)
        assert BUYER not in str(refused.value)
    with pytest.raises(InputError, match=r"^packages: its library cannot hand it over"):
        classify(given)


def test_wrong_columns_are_refused_like_those_of_a_file():
    with pytest.raises(UnrecognisedError, match=r"^table: "):
        load(pa.table({"a": [1]}))
    with pytest.raises(InputError, match=r"^no packages: table has a header and no rows"):
        load(table().schema.empty_table())


def test_the_index_of_pandas_is_no_column():
    given = table().append_column("__index_level_0__", pa.array([7]))
    assert "__index_level_0__" not in classify(given).columns


def test_the_hash_of_a_table_is_that_of_its_rows_whatever_pieces_they_lie_in(sample):
    """So a page that is there already is known for the page of this very table."""

    def sha256(given):
        return in_memory(given, "table").sha256

    whole = sha256(sample)
    assert sha256(pl.concat([sample.head(10), sample.slice(10)], rechunk=False)) == whole
    coded = sample.with_columns(pl.col("carrier").cast(pl.Categorical))
    assert sha256(coded) == sha256(Stream(coded))
    others = [sample.head(10), sample.reverse(), sample.rename({"carrier": "Carrier"})]
    others.append(sample.with_columns(pl.col("scans") + 1))
    assert len({whole, *map(sha256, others)}) == 5


@pytest.mark.parametrize("read", [load, vtrkit.open, vtrkit.classify])
def test_what_is_no_table_is_named_by_its_kind_alone(read):
    """Records that somebody hands over have buyers in them."""
    with pytest.raises(ParameterError, match=r"not a list .records become a table") as refused:
        read([[{"buyer-name": "CANARY Jane Doe"}]])
    assert "CANARY" not in str(refused.value)


def test_a_query_that_fails_is_said_to():
    """It is no matter of types."""
    with pytest.raises(InputError, match=r"ColumnNotFoundError.; call its collect"):
        load(pl.LazyFrame({"order_id": ["1"]}).select("nope"))
