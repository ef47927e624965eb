"""Corrections as the confirmation file that Amazon takes, and the work list as a workbook.

```
fixes ─▶ <account>/upload_us_2026-10-01.txt   8 columns, tabs, UTF-8
         <account>/upload_jp_2026-10-01.txt   the Japanese form, cp932, with its header lines
```
"""

import re
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import polars as pl

from vtrkit import facts
from vtrkit.amazon.fixes import ITEM_DIGITS, JAPAN, NAMES_ITEM, Sure
from vtrkit.files.scratch import whole
from vtrkit.schema import DEFAULT_ACCOUNT, GROUP, OTHER_METHOD

_FORMS = facts.read("headers")["header"]
COLUMNS: tuple[str, ...] = tuple(_FORMS["confirmation"]["columns"])
_A_FOLDER = re.compile(r"[^\W_][\w .,&()+-]{0,60}(?<![. ])")
"""Names of accounts that a folder can have on every system."""


def entries(fixes: pl.DataFrame) -> pl.DataFrame:
    """The lines of a confirmation for the corrections that need no person, all as text.

    A package names its item, since Amazon takes a line without one for all that is left to ship;
    one of several items is alone in its order. The shipping method is left blank where it is not
    known, or another carrier's.

    Args:
        fixes: what `fixes_of` gives.
    """
    item = pl.when(NAMES_ITEM.fill_null(False))
    own = pl.col("_new") == pl.col("carrier_id").cast(pl.String)
    blank = pl.lit("")
    sure = fixes.filter(pl.col("grade") != Sure.PERSON)
    return sure.select(
        *GROUP,
        pl.col("order_id").alias("order-id"),
        # a spreadsheet takes the zeros away
        item.then(pl.col("order_item_id").str.zfill(ITEM_DIGITS))
        .otherwise(blank)
        .alias("order-item-id"),
        item.then(pl.col("quantity").cast(pl.String)).otherwise(blank).alias("quantity"),
        pl.col("ship_date").dt.to_string("iso").alias("ship-date"),
        pl.col("new_carrier").alias("carrier-code"),
        blank.alias("carrier-name"),
        pl.col("new_number").alias("tracking-number"),
        pl.when(own, pl.col("ship_method").cast(pl.String) != OTHER_METHOD)
        .then(pl.col("ship_method").cast(pl.String))
        .otherwise(blank)
        .alias("ship-method"),
    )


def form(lines: pl.DataFrame, marketplace: str = "") -> bytes:
    """Lines of a confirmation as the bytes of the file that a marketplace takes."""
    rows = lines.select(COLUMNS).rows()
    if marketplace != JAPAN:
        return _text([COLUMNS, *rows]).encode()
    japan = _FORMS["confirmation_jp"]
    no_cash = [(*row, "") for row in rows]  # cod-collection-method
    return _text([*japan["above"], japan["columns"], *no_cash]).encode("cp932", "replace")


def _text(rows: list[tuple[str, ...]]) -> str:
    """Cells between tabs; none of them can have one, or an end of line, of its own."""
    cells = ("\t".join(re.sub(r"\s+", " ", cell or "") for cell in row) for row in rows)
    return "\n".join(cells) + "\n"


def write_uploads(fixes: pl.DataFrame, folder: Path, day: date) -> list[Path]:
    """Write a confirmation for each account and marketplace; the paths, in order.

    An account has a folder of its own, by whose name `vtrkit.load` knows it; one that is no name
    for a folder needs `--account` when it is read back.

    Args:
        fixes: what `fixes_of` gives.
        folder: that receives them.
        day: on which they are entered, which is in their names.
    """
    written = []
    for (account, marketplace), lines in (
        entries(fixes).sort(GROUP).group_by(GROUP, maintain_order=True)
    ):
        own = "" if account == DEFAULT_ACCOUNT else str(account)
        if own and not _A_FOLDER.fullmatch(own):
            own = f"account-{sha256(own.encode()).hexdigest()[:8]}"
        market = re.sub(r"\W+", "", str(marketplace)).lower()
        path = folder / own / f"upload_{market}_{day}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as ready:
            ready.write(form(lines, str(marketplace)))
        written.append(path)
    return written


def workbook(table: pl.DataFrame) -> bytes:
    """A table as a workbook, in which texts are texts: no number is rounded, no formula runs."""
    import xlsxwriter  # noqa: PLC0415 - once it is used

    # an apostrophe is what CSV needs; a cell of text keeps every digit
    texts = table.with_columns(pl.col(pl.String).str.replace(r"^'([=+\-@\t\r\d])", "$1"))
    plain = {f"strings_to_{what}": False for what in ("formulas", "numbers", "urls")}
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **plain}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - of no zone
        texts.write_excel(book, "to do", column_formats={pl.selectors.string(): "@"})
    return content.getvalue()
