"""Product categories of packages: from the seller's own table, else from Amazon's reports.

No order file has the category. Sku and asin serve to look it up; those without one are listed, to
be filled in.
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from vtrkit.errors import InputError, refusal
from vtrkit.files.delimited import decoded

_LISTED = "categories.csv"
_CODES = ("sku", "asin")
_ORDER = ["account", "order_id"]


def read_categories(path: Path | str | None) -> dict[str, str]:
    """The category of each sku or asin: a CSV with a header, or TOML of `"SKU-1" = "Shoes"`.

    Raises:
        InputError: it cannot be read, or has no columns of sku (or asin) and category.
    """
    if path is None:
        return {}
    path = Path(path)
    try:
        content = path.read_bytes()
        if content.startswith(b"PK\3\4"):
            raise InputError(
                f"{path.name}: a workbook; save it as CSV with the columns sku and category"
            )
        text, _ = decoded(content)
        table = (
            _of_toml(tomllib.loads(text), path.name) if path.suffix == ".toml" else _of_csv(text)
        )
    except OSError as e:
        raise InputError(refusal(e)[1]) from None
    except (ValueError, RecursionError, csv.Error) as e:
        why = f" ({e})" if isinstance(e, csv.Error | tomllib.TOMLDecodeError) else ""
        raise InputError(
            f"{path.name}: cannot be read as a table of categories{why}; save it as CSV with the "
            "columns sku and category, or as TOML"
        ) from None
    if not table:
        raise InputError(
            f"{path.name}: no category in it; it needs a column sku (or asin) and a column category"
        )
    return table


def _of_toml(table: Mapping[str, object], name: str) -> dict[str, str]:
    """Pairs at the top, or below [sku] and [asin]."""
    found: dict[str, str] = {}
    for key, value in table.items():
        below = value if key in _CODES and isinstance(value, Mapping) else {key: value}
        for code, category in below.items():
            if not isinstance(category, str):
                raise InputError(
                    f'{name}: {code} has no category; write "SKU-1" = "Shoes", both in quotes, at '
                    "the top or below [sku] or [asin]"
                )
            found[_plain(code)] = category
    return found


def with_filled(listed: pl.DataFrame, there: Path) -> pl.DataFrame:
    """The skus to fill in, after those that somebody has filled in where the table is to go.

    Raises:
        InputError: what stands there is another file, or cannot be read: it is not written over.
    """
    try:
        text = there.read_text("utf-8-sig")
        rows = list(_cells(text))
    except (FileNotFoundError, NotADirectoryError):
        return listed
    except (OSError, ValueError, csv.Error):
        raise InputError(
            f"{there.name}: cannot be read, so it is not written over; move it elsewhere"
        ) from None
    head = {name.strip(' "').lower() for name in re.split("[,;\t]", text.partition("\n")[0])}
    if text.strip() and not (head & {*_CODES} and "category" in head):
        raise InputError(
            f"{there.name}: no table of skus, so it is not written over; give --out another name"
        )
    filled = [[row.get(name, "") for name in listed.columns] for row in rows if row.get("category")]
    texts = listed.with_columns(pl.all().cast(pl.String).fill_null(""))
    own = pl.DataFrame(filled, texts.schema, orient="row")
    return pl.concat([own, texts.join(own, on=list(_CODES), how="anti", maintain_order="left")])


def keep_filled(ready: Path, out: Path) -> None:
    """The same for the table of a folder, before its files are put into another one."""
    if (listed := ready / _LISTED).is_file():
        rows = pl.read_csv(listed, infer_schema=False, glob=False)
        with_filled(rows, out / _LISTED).write_csv(listed)


def _cells(text: str) -> Iterator[dict[str, str]]:
    first = text.split("\n", 1)[0]
    for row in csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=first.count)):
        yield {str(k).strip().lower(): v.strip() for k, v in row.items() if isinstance(v, str)}


def _of_csv(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for cells in _cells(text):
        for code in ("asin", "sku"):
            if cells.get(code) and cells.get("category"):
                # an apostrophe keeps a spreadsheet from running what may be a formula
                found[_plain(re.sub(r"^'(?=[=+\-@])", "", cells[code]))] = cells["category"]
    return found


def _plain(code: str) -> str:
    return re.sub(r"\s", "", code).upper()


def by_table(rows: pl.DataFrame, table: Mapping[str, str]) -> pl.DataFrame:
    """The rows of all files with the category that the seller's own table has for their orders."""
    rows = rows.with_columns(pl.col("category").cast(pl.String))
    if not table:
        return rows
    own = pl.coalesce(_looked_up(code, table) for code in _CODES)
    known = own.is_not_null().any().over(_ORDER)
    return rows.with_columns(pl.when(known).then(own).otherwise("category").alias("category"))


def by_sku(rows: pl.DataFrame, learnt: Mapping[str, str]) -> pl.DataFrame:
    """The same, with what is learnt from other orders for lines without a category."""
    if not learnt:
        return rows
    told = pl.when(pl.col("order_id").is_not_null()).then(_looked_up("sku", learnt))
    return rows.with_columns(pl.coalesce("category", told).alias("category"))


def _looked_up(code: str, table: Mapping[str, str]) -> pl.Expr:
    plain = pl.col(code).str.replace_all(r"\s", "").str.to_uppercase()
    keys, values = list(table), list(table.values())
    return plain.replace_strict(keys, values, default=None, return_dtype=pl.String)


def pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Sku and category of the orders that have one of each, once each."""
    if rows.select(pl.col("sku").is_null().all() | pl.col("category").is_null().all()).item():
        return pl.DataFrame(schema={"sku": pl.String, "category": pl.String})
    named = rows.filter(pl.col("order_id").is_not_null())
    orders = named.group_by(_ORDER).agg(pl.col("sku", "category").drop_nulls().unique())
    one = (pl.col("sku").list.len() == 1) & (pl.col("category").list.len() == 1)
    return orders.filter(one).select(pl.col("sku", "category").list.first()).unique()


def learnt(parts: Sequence[pl.DataFrame]) -> dict[str, str]:
    """The category of each sku that all orders of nothing but this sku agree upon.

    Args:
        parts: the pairs of all orders, part by part.
    """
    named = [part for part in parts if part.height]
    if not named:
        return {}
    sure = pl.concat(named).group_by("sku").agg(pl.col("category").unique())
    sure = sure.filter(pl.col("category").list.len() == 1).sort("sku")
    return {_plain(sku): category[0] for sku, category in sure.rows()}


def without_category(rows: pl.DataFrame) -> pl.DataFrame:
    """The skus and asins of orders without a category, and on how many lines they stand."""
    named = rows.filter(pl.any_horizontal(pl.col(_CODES).is_not_null()))
    if named.height:
        told = rows.filter(pl.col("category").is_not_null()).select(_ORDER)
        named = named.join(told, on=_ORDER, how="anti", nulls_equal=True)
    return named.group_by("sku", "asin").agg(lines=pl.len().cast(pl.Int64))


def added_up(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The lists of several parts as one, with a column to be filled in, most frequent first."""
    counted = pl.concat(parts).group_by("sku", "asin").agg(pl.col("lines").sum())
    told = counted.select("sku", "asin", pl.lit("").alias("category"), "lines")
    return told.sort("lines", "sku", "asin", descending=[True, False, False])
