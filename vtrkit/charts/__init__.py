"""Finished tables to charts: every one with title, units, counts in tooltips and words.

```
table ─▶ standing, timeline, adoption, … ─▶ chart      (a page, a cell)
                                         ─▶ specification, to which rows come later (lab, page)
```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrkit.charts.accounts import accounts_by_status, over_limit
    from vtrkit.charts.adoption import what_if
    from vtrkit.charts.failing import pareto, reasons_over_time
    from vtrkit.charts.leaving import roll_off
    from vtrkit.charts.scanning import scan_rates
    from vtrkit.charts.standing import status_grid
    from vtrkit.charts.timeline import outlook, vtr_over_time

_HOME = {
    "accounts_by_status": "accounts",
    "outlook": "timeline",
    "over_limit": "accounts",
    "pareto": "failing",
    "reasons_over_time": "failing",
    "roll_off": "leaving",
    "scan_rates": "scanning",
    "status_grid": "standing",
    "vtr_over_time": "timeline",
    "what_if": "adoption",
}

__all__ = [
    "accounts_by_status",
    "outlook",
    "over_limit",
    "pareto",
    "reasons_over_time",
    "roll_off",
    "scan_rates",
    "status_grid",
    "vtr_over_time",
    "what_if",
]


def __getattr__(name: str) -> Any:
    """A chart, loaded when it is first used: Altair takes a second of processor."""
    if name not in _HOME:
        raise AttributeError(f"module 'vtrkit.charts' has no attribute {name!r}")
    return getattr(import_module(f"vtrkit.charts.{_HOME[name]}"), name)
