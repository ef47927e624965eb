"""Finished tables to charts: every one with title, units, counts in tooltips and words.

```
table ─▶ standing, timeline, adoption, … ─▶ chart      (a page, a cell)
                                         ─▶ specification, to which rows come later (lab)
```
"""

from vtrkit.charts.accounts import accounts_by_status, over_limit
from vtrkit.charts.adoption import what_if
from vtrkit.charts.failing import pareto, reasons_over_time
from vtrkit.charts.roll_off import roll_off
from vtrkit.charts.scanning import scan_rates
from vtrkit.charts.standing import status_grid
from vtrkit.charts.timeline import outlook, vtr_over_time

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
