"""Pieces of the what-if: the controls of a lever, and the rows of its charts."""

from collections.abc import Sequence
from typing import Any

import ipywidgets as w

from vtrkit.charts import live, trying
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
            min=0, max=100, step=1, description="scanned, %", tooltip="of those moved", **narrow
        ),
        "cost": w.BoundedFloatText(
            min=0, max=1e9, step=0.01, description="cost each", tooltip="per package", **narrow
        ),
    }


def charts() -> dict[str, Any]:
    """The specifications of the charts."""
    return {
        "categories": trying.before_and_after(),
        "adoption": trying.by_adoption(),
        "outlook": trying.ahead(),
    }


def drawn(
    answer: Answer, curve: Any, needed: Any, lever: Lever, targets: Sequence[Target]
) -> dict[str, dict[str, live.Rows]]:
    """The rows of every chart."""
    lines = live.goals([t.bp / 100 for t in targets])
    locked = trying.locked_in(answer.outlook)
    return {
        "categories": {"rows": trying.changed(answer.categories), "targets": lines},
        "adoption": {
            "rows": trying.adopted(curve),
            "crossings": trying.crossed(needed, trying.lowest(curve)),
            "now": [{"share": lever.share * 100}],
            "targets": lines,
        },
        "outlook": {
            "rows": trying.coming(answer.outlook),
            "day": [{"day": live.moment(locked)}] if locked else [],
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
