"""A STORE whose parts were settled elsewhere: what `vtrkit tally` makes of the same rows."""

import polars as pl
import pytest

import vtrkit
from vtrkit.demo import packages as demo
from vtrkit.errors import InputError, RejectedError
from vtrkit.files.reading import Asked
from vtrkit.metric.store import scan
from vtrkit.schema import TALLY_KEY
from vtrkit.study.elsewhere import Told, check_told, put_together, settled, staging
from vtrkit.study.manifest import manifest, writing
from vtrkit.study.settings import Settings
from vtrkit.study.stored import how_read, tally_into

KEYS = ["account", "marketplace", "order_id", "package_id"]


@pytest.fixture(scope="module")
def rows():
    return demo.packages().with_columns(category=pl.lit("Shoes")).head(6_000)


def built(rows, path, parts=3, left=()):
    """A STORE of parts by order; `left` are folders of attempts that came to no end."""
    settings = Settings()
    asked = Asked.of(**how_read(settings))
    with writing(path) as before:
        staged, told, cells = staging(path), [], []
        for folder in left:
            (staged / folder / "rows").mkdir(parents=True)
        of_part = pl.col("order_id").hash() % parts
        for number in range(parts):
            some = rows.filter(of_part == number)
            packages, part = settled(some, f"table part {number}", asked, staged / f"{number}-1")
            told.append(part)
            cells.append(vtrkit.tally(vtrkit.classify(packages)).collect())
        check_told(told, settings.max_rejected_share)
        put_together(path, before, settings, told, [vtrkit.merge(*cells).lazy()])
    return path


def test_a_store_of_parts_says_what_one_of_the_whole_says(tmp_path, rows):
    """Tally to the byte, packages but for their row, and every figure that is asked of it."""
    rows.write_parquet(tmp_path / "whole.parquet")
    tally_into(Settings(inputs=(str(tmp_path / "whole.parquet"),)), tmp_path / "whole")
    built(rows, tmp_path / "parts", left=["7-1"])
    shared = [tmp_path / name / "tally" / "000001" for name in ("whole", "parts")]
    whole, parts = ({f.name: f.read_bytes() for f in sorted(s.iterdir())} for s in shared)
    assert whole == parts
    shops = [vtrkit.open(tmp_path / name) for name in ("whole", "parts")]
    assert shops[0].rates().equals(shops[1].rates())
    assert shops[0].outlook().equals(shops[1].outlook())
    assert shops[1].sources()["rows"].sum() == rows.height
    left = {path.name for path in (tmp_path / "parts" / "private").iterdir()}
    assert left == {"rows", "000001"}


def test_newer_exports_are_added_to_it_as_to_any_store(tmp_path, rows):
    """The rows of the parts are kept: orders that newer exports name are settled with them."""
    path = built(rows, tmp_path / "parts")
    newer = rows.head(40).with_columns(scans=pl.lit(3, pl.Int32), seen_at=demo.AS_OF)
    newer.write_parquet(tmp_path / "newer.parquet")
    done = tally_into(Settings(inputs=(str(tmp_path / "newer.parquet"),)), path)
    assert (done.new, done.files, done.orders) == (1, 4, newer["order_id"].n_unique())
    now = scan(path / "tally" / "000002").collect()
    expected = vtrkit.tally(vtrkit.classify(vtrkit.load([rows, tmp_path / "newer.parquet"])))
    assert now.sort(TALLY_KEY).equals(expected.sort(TALLY_KEY))


def test_it_can_be_written_anew(tmp_path, rows):
    """The tally before stays for those who read it; rows and lists of then do not."""
    path = built(rows, tmp_path / "parts")
    built(rows.head(100), path, parts=2)
    assert manifest(path).number == 2
    assert {*manifest(path).files} == {p.name for p in (path / "private" / "rows").iterdir()}
    assert vtrkit.open(path).sources()["rows"].sum() == 100


def test_too_many_wrong_rows_are_too_many_of_the_whole():
    """One part may have more of them."""
    bad, good = Told(10, 4, {"order_id is missing": 6}), Told(90, 90, {})
    check_told([bad, good], 0.06)
    with pytest.raises(RejectedError, match=r"6 of 100 rows are wrong.*order_id is missing \(6\)"):
        check_told([bad, good], 0.05)
    with pytest.raises(InputError, match="no packages: table has a header and no rows"):
        check_told([], 0.2)
    with pytest.raises(InputError, match="no packages: all 10 rows are wrong"):
        check_told([Told(10, 0, {})], 0.2)
