"""Finished tables to charts: every one with title, units, counts in tooltips and words."""

from vtrkit.charts.accounts import accounts_by_status, to_mend
from vtrkit.charts.curve import what_if_curve
from vtrkit.charts.failing import pareto, reasons_over_time
from vtrkit.charts.heat import calendar
from vtrkit.charts.scanning import first_scans, scan_rates
from vtrkit.charts.slider import what_if
from vtrkit.charts.spending import burn_down, roll_off
from vtrkit.charts.standing import status_grid
from vtrkit.charts.steps import frontier, waterfall
from vtrkit.charts.timeline import outlook, vtr_over_time

__all__ = [
    "accounts_by_status",
    "burn_down",
    "calendar",
    "first_scans",
    "frontier",
    "outlook",
    "pareto",
    "reasons_over_time",
    "roll_off",
    "scan_rates",
    "status_grid",
    "to_mend",
    "vtr_over_time",
    "waterfall",
    "what_if",
    "what_if_curve",
]
