"""Know your Valid Tracking Rate before Amazon does.

Open your files once, then ask:

    shop = vtrkit.open("my-exports")       # a folder, file or vtrkit.toml; if empty, the demo

    shop                                   where you stand, in words
    shop.places()                          each account and marketplace, the most urgent first
    shop.rates(by="category")              valid / counted, status, packages to spare
    shop.history(), shop.reasons(), shop.carriers(), shop.skus(), shop.packages()
    shop.outlook()                         what the coming days will show
    shop.whatif(vtrkit.track(share=0.5))   what a change would do
    shop.adoption_needed(vtrkit.track())   how much of it is enough
    shop.plan(target=98)                   the cheapest mix of changes
    shop.chart("rates"), shop.section("fixes"), shop.explore(), shop.report("folder")
    shop.fixes(), shop.after_fixes()       what can still be corrected, and what it brings
    shop.warnings(), shop.changes_since("report.json"), shop.sources()

Changes: track, enter_numbers, correct_numbers, correct_carrier, buy_labels, integrated_carrier,
replace_carrier, change; `read_changes` takes a saved plan.

Below it stand plain functions that take each other's results: load, classify, tally, rates.
Whatever they refuse is a `vtrkit.VtrkitError`, with a message that says what to do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtrkit import charts
    from vtrkit.amazon.fixes import fixes
    from vtrkit.errors import VtrkitError
    from vtrkit.files.load import load
    from vtrkit.forecast.known_on import known_on
    from vtrkit.forecast.outlook import outlook
    from vtrkit.forecast.watch import watch
    from vtrkit.metric.rates import rates, vtr
    from vtrkit.metric.tally import merge, rollup, scan_delay, tally
    from vtrkit.metric.target import Target
    from vtrkit.official.reconcile import reconcile
    from vtrkit.planning.plan import plan
    from vtrkit.report.plan_of_action import plan_of_action
    from vtrkit.report.render import render
    from vtrkit.rules.classify import classify
    from vtrkit.rules.explain import explain
    from vtrkit.rules.policies import policies, policy_on
    from vtrkit.shipped import sample
    from vtrkit.shop import open
    from vtrkit.tracking.inspect import inspect_numbers
    from vtrkit.whatif.adoption import adoption_needed
    from vtrkit.whatif.apply import adoption_curve, apply
    from vtrkit.whatif.changes import (
        buy_labels,
        change,
        correct_carrier,
        correct_numbers,
        enter_numbers,
        integrated_carrier,
        read_changes,
        replace_carrier,
        track,
    )
    from vtrkit.whatif.levers import Lever, Scenario
    from vtrkit.whatif.scenario_files import read_scenario, ready_made, write_scenario
    from vtrkit.whatif.simulate import chance, first_day, recovery_date, simulate
    from vtrkit.whatif.worth import Costs, worth

_HOMES = {
    "amazon.fixes": "fixes",
    "errors": "VtrkitError",
    "files.load": "load",
    "forecast.known_on": "known_on",
    "forecast.outlook": "outlook",
    "forecast.watch": "watch",
    "metric.rates": "rates vtr",
    "metric.tally": "merge rollup scan_delay tally",
    "metric.target": "Target",
    "official.reconcile": "reconcile",
    "planning.plan": "plan",
    "report.plan_of_action": "plan_of_action",
    "report.render": "render",
    "rules.classify": "classify",
    "rules.explain": "explain",
    "rules.policies": "policies policy_on",
    "shipped": "sample",
    "shop": "open",
    "tracking.inspect": "inspect_numbers",
    "whatif.adoption": "adoption_needed",
    "whatif.apply": "adoption_curve apply",
    "whatif.changes": "buy_labels change correct_carrier correct_numbers enter_numbers "
    "integrated_carrier read_changes replace_carrier track",
    "whatif.levers": "Lever Scenario",
    "whatif.scenario_files": "read_scenario ready_made write_scenario",
    "whatif.simulate": "chance first_day recovery_date simulate",
    "whatif.worth": "Costs worth",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Costs",
    "Lever",
    "Scenario",
    "Target",
    "VtrkitError",
    "adoption_curve",
    "adoption_needed",
    "apply",
    "buy_labels",
    "chance",
    "change",
    "charts",
    "classify",
    "correct_carrier",
    "correct_numbers",
    "enter_numbers",
    "explain",
    "first_day",
    "fixes",
    "inspect_numbers",
    "integrated_carrier",
    "known_on",
    "load",
    "merge",
    "open",
    "outlook",
    "plan",
    "plan_of_action",
    "policies",
    "policy_on",
    "rates",
    "read_changes",
    "read_scenario",
    "ready_made",
    "reconcile",
    "recovery_date",
    "render",
    "replace_carrier",
    "rollup",
    "sample",
    "scan_delay",
    "simulate",
    "tally",
    "track",
    "vtr",
    "watch",
    "worth",
    "write_scenario",
]


def __getattr__(name: str) -> Any:
    """A public name, loaded when it is first used: `import vtrkit` costs next to nothing."""
    if name == "charts":
        return import_module("vtrkit.charts")
    if name not in _HOME:
        raise AttributeError(f"module 'vtrkit' has no attribute {name!r}")
    value = getattr(import_module(f"vtrkit.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
