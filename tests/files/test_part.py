"""Parts of a table too large for one machine: settled as the whole is, or refused in words."""

from datetime import date

import polars as pl
import pytest

from vtrkit import load
from vtrkit.errors import InputError, ParameterError
from vtrkit.files.part import layout_of, settled_part
from vtrkit.files.reading import Asked, Held
from vtrkit.study.settings import Settings
from vtrkit.study.stored import how_read

ROWS = pl.DataFrame(
    {
        "order_id": [f"111-6041827-38002{n:02}" for n in range(8)],
        "marketplace": "US",
        "promised_date": date(2026, 9, 20),
        "tracking_number": [f"1ZC7X20W03441802{n:02}" for n in range(8)],
        "seen_at": date(2026, 9, 30),
    }
)
CODED = ROWS.with_columns(
    sku=pl.Series(["A", "A", "B", "B", "A", "C", None, None]),
    category=pl.Series(["Shoes", None, "Toys", "Toys", None, None, None, "Books"]),
)


def settled(rows, **said):
    asked = Asked.of(**how_read(Settings(**said)))
    layout_of(rows.columns, asked)
    return settled_part(rows, "table part 0", asked, Held())[2].packages.collect()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROWS, {}),
        (ROWS.drop("marketplace"), {"marketplace": "UK"}),
        (ROWS.drop("marketplace"), {"marketplace": "(unnamed)"}),
        (ROWS.drop("seen_at"), {"seen": "2026-09-30"}),
        (ROWS.with_columns(ship_date=pl.lit("05/06/2026")), {"day_first": True}),
        (CODED.drop("category"), {}),
    ],
    ids=["all said", "marketplace", "unnamed", "seen", "day first", "no categories"],
)
def test_parts_of_a_table_have_the_packages_of_the_whole(rows, said):
    """However its orders are parted."""
    whole = load(rows, **said).packages.collect().drop("source")
    for parts in (1, 3):
        packages = [settled(rows.gather_every(parts, first), **said) for first in range(parts)]
        assert pl.concat(packages).drop("source").sort("order_id").equals(whole.sort("order_id"))


def test_a_table_of_categories_stands_for_what_other_orders_tell(tmp_path):
    """A sku that nobody knows is told as well."""
    given = tmp_path / "categories.csv"
    given.write_text("sku,category\nA,Shoes\nC,(unknown)\n", "utf-8")
    whole = load(CODED, categories=given).packages.collect()
    assert settled(CODED, categories=str(given)).drop("source").equals(whole.drop("source"))


HALF = pl.int_range(pl.len()) < 3
LABELS = ROWS.select("tracking_number", carrier=pl.lit("ups"), tracking_status=pl.lit("TRANSIT"))
DEFECTS = ROWS.select(
    pl.col("order_id").alias("Order ID"),
    pl.lit("UPS").alias("Carrier Name"),
    pl.col("tracking_number").alias("Tracking ID"),
    pl.col("promised_date").alias("Promised Delivery Date"),
    pl.lit("Shoes").alias("Product Category"),
)


@pytest.mark.parametrize(
    ("rows", "said", "why"),
    [
        (LABELS, {"seen": "2026-09-30"}, "8 rows .* name no order"),
        (ROWS.drop("marketplace"), {}, "8 rows .* name no marketplace; give marketplace="),
        (ROWS.with_columns(seen_at=pl.when(~HALF).then("seen_at")), {}, "3 rows .* no seen_at"),
        (
            ROWS.with_columns(seen_at=pl.when(~HALF).then("seen_at")),
            {"seen": "2026-09-30"},
            "3 rows .* no seen_at; fill it in",
        ),
        (ROWS.drop("seen_at"), {}, "give seen=, as seen='2026-09-30'"),
        (CODED, {}, "3 rows .* a sku and no category"),
        (ROWS.with_columns(ship_date=pl.lit("25/06/2026")), {}, "give day_first=True or False"),
        (
            ROWS.with_columns(ship_date=pl.lit("25/06/2026")),
            {"day_first": False},
            "as they are written",
        ),
        (DEFECTS, {"seen": "2026-09-30"}, "only tells of packages that another file names"),
        (ROWS.rename({"order_id": "order"}), {}, "^table: not recognised"),
    ],
)
def test_what_only_the_whole_table_tells_is_said_or_refused(rows, said, why):
    with pytest.raises((InputError, ParameterError), match=why):
        settled(rows, **said)
