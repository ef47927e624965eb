"""Pieces of the what-if: the controls of a lever, and the rows of its charts."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import ipywidgets as w
import polars as pl

from vtrkit.charts import adoption, theme, timeline
from vtrkit.charts.lines import goals
from vtrkit.errors import ParameterError, nearest
from vtrkit.metric.target import Target
from vtrkit.study.study import Answer
from vtrkit.whatif.levers import Lever

WRAP = {"flex_flow": "row wrap"}


def sliders(lever: Lever) -> dict[str, Any]:
    """The controls of one lever."""
    narrow = {"style": {"description_width": "6em"}, "layout": {"width": "12em"}}
    return {
        "share": w.FloatSlider(
            min=0,
            max=100,
            step=1,
            description=lever.name,
            tooltip=f"{lever.name}: share of the packages it is about, in percent",
            readout_format=".0f",
            style={"description_width": "13em"},
            layout={"width": "32em"},
        ),
        "scanned": w.BoundedFloatText(
            min=0,
            max=100,
            step=1,
            description="scanned, %",
            tooltip="of those that ship differently",
            **narrow,
        ),
        "cost": w.BoundedFloatText(
            min=0, max=1e9, step=0.01, description="cost each", tooltip="per package", **narrow
        ),
    }


@cache
def charts() -> dict[str, Any]:
    """The specifications of the charts."""
    return {
        "categories": adoption.before_and_after(),
        "adoption": adoption.by_adoption(),
        "outlook": timeline.ahead(),
    }


def drawn(
    answer: Answer, curve: Any, needed: Any, lever: Lever, targets: Sequence[Target]
) -> dict[str, dict[str, adoption.Rows]]:
    """The rows of every chart."""
    lines = goals([t.bp / 100 for t in targets])
    coming = answer.outlook.filter(pl.col("counted") > 0, pl.col("vtr").is_not_null())
    named = coming.with_columns(series=pl.col("scenario").cast(pl.String))
    locked = answer.outlook.filter(pl.col("part") != "projected").select(pl.col("day").max())
    return {
        "categories": {"rows": adoption.changed(answer.categories), "targets": lines},
        "adoption": {
            "rows": adoption.adopted(curve),
            "crossings": adoption.crossed(needed, adoption.lowest(curve)),
            "now": [{"share": lever.share * 100}],
            "targets": lines,
        },
        "outlook": {
            "rows": theme.as_json(timeline.outlook_rows(named)),
            "day": theme.as_json(locked.drop_nulls()),
            "targets": lines,
        },
    }


def known(what: str, names: set[Any], there: Sequence[Any]) -> None:
    """Refuse a name that is not there, and say what is."""
    for name in names - set(there):
        near = nearest(str(name), map(str, there))
        raise ParameterError(
            f"no {what} {name!r} here{near}; there is {', '.join(map(str, there))}"
        )
