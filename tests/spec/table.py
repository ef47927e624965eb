"""Reads a clause's table of packages, judges them, and compares.

```
marketplace  ship_date   origin  goods_value  currency  scans | reason
US           2025-02-01  CN      4.99         USD       1     | valid
```

Left of the bar are columns of `vtrkit.schema.PACKAGES`, right of it what `classify` has to say.
Cells stand apart by two spaces or more; `-` is not known, `""` is blank. What every package of a
table shares is given once, as keywords.
"""

import re

import polars as pl

from vtrkit import classify
from vtrkit.rules.policies import Rules
from vtrkit.schema import PACKAGES


def check(table: str, rules: Rules | None = None, **shared: object) -> None:
    """Every package of the table is judged as it says."""
    header, *rows = [_cells(line) for line in table.strip().splitlines()]
    bar = header.index("|")
    given, said = header[:bar], header[bar + 1 :]
    packages = pl.DataFrame(
        [row[:bar] for row in rows], schema=dict.fromkeys(given, pl.String), orient="row"
    )
    typed = [_read(name) for name in given]
    whole = packages.select(typed).with_columns(
        pl.lit(value, PACKAGES[name]).alias(name) for name, value in shared.items()
    )
    judged = classify(whole, rules=rules).select(pl.col(said).cast(pl.String))
    found = [
        row[:bar] + ["|"] + ["-" if v is None else v for v in now]
        for row, now in zip(rows, judged.rows(), strict=True)
    ]
    assert found == rows


def _cells(line: str) -> list[str]:
    return re.split(r"\s{2,}", line.replace("|", "  |  ").strip())


def _read(name: str) -> pl.Expr:
    text = pl.col(name).replace({"-": None, '""': ""})
    if PACKAGES[name] == pl.Boolean():
        return text == "true"
    if PACKAGES[name] == pl.Date():
        return text.str.to_date()
    return text.cast(PACKAGES[name])
