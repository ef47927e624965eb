"""Which picture a question of the front door is shown by."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from vtrkit import charts
from vtrkit.errors import ParameterError, nearest
from vtrkit.metric.portfolio import portfolio
from vtrkit.metric.windows import NamesLike
from vtrkit.schema import CATEGORY, GROUP
from vtrkit.study.study import Study
from vtrkit.study.tables import columns, read_by
from vtrkit.whatif.apply import adoption_curve
from vtrkit.whatif.changes import UNTRACKED
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import ready_made

PICTURES = ("rates", "history", "reasons", "carriers", "outlook", "leaving", "adoption")


def picture(
    study: Study, what: str, changes: Sequence[Lever] = (), by: NamesLike | None = None
) -> Any:
    """One of `PICTURES`, as an Altair chart.

    Raises:
        ParameterError: there is no such picture, or not by these groups.
    """
    names = read_by(by)
    if what not in PICTURES:
        raise ParameterError(
            f"no chart {what!r}{nearest(what, PICTURES)}; there is {', '.join(PICTURES)}"
        )
    if changes and what not in {"outlook", "adoption"}:
        raise ParameterError(f"{what} are drawn as they are; leave the changes out")
    goals = [target.bp / 100 for target in study.targets]
    ask: dict[tuple[str, ...], Callable[[], Any]] = {
        ("rates",): lambda: charts.status_grid(study.rates),
        ("rates", *GROUP): lambda: charts.accounts_by_status(portfolio(study.rates, study.totals)),
        ("reasons",): lambda: charts.pareto(study.reasons),
        ("reasons", "carrier"): lambda: charts.pareto(study.reasons),
        ("reasons", "week"): lambda: charts.reasons_over_time(study.view),
        ("carriers",): lambda: charts.scan_rates(study.carriers),
        ("outlook",): lambda: charts.outlook(_outlook(study, changes), goals),
        ("leaving",): lambda: charts.roll_off(study.leaving),
        ("adoption",): lambda: charts.what_if(_stops(study, changes), targets=goals),
    }
    if what == "history":
        groups = columns(dict.fromkeys((*GROUP, *names)))
        return charts.vtr_over_time(study.lines(groups), goals)
    # all but the history are drawn by category anyway
    drawn = (what, *([] if names == ["category"] else names))
    if drawn not in ask:
        raise ParameterError(f"{what} are not drawn by {', '.join(names)}; leave by out")
    return ask[drawn]()


def _outlook(study: Study, changes: Sequence[Lever]) -> pl.DataFrame:
    if not changes:
        return study.troubled
    ahead = study.foreseen(("account", "marketplace", "category"), Scenario("", tuple(changes)))
    return ahead.drop("scenario")


def _stops(study: Study, changes: Sequence[Lever]) -> pl.DataFrame:
    lever = changes[0] if changes else ready_made()[UNTRACKED]
    parts = (adoption_curve(part.board(), lever, steps=20) for part in study.by_export)
    return pl.concat(parts).filter("is_enforced_window").sort(CATEGORY, maintain_order=True)
