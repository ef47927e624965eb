"""Know your Valid Tracking Rate before Amazon does."""

from vtrkit.files.load import load
from vtrkit.forecast.known_on import known_on
from vtrkit.forecast.outlook import outlook
from vtrkit.forecast.watch import watch
from vtrkit.metric.rates import rates, vtr
from vtrkit.metric.tally import merge, rollup, tally
from vtrkit.metric.target import Target
from vtrkit.planning.plan import frontier, plan
from vtrkit.rules.classify import classify
from vtrkit.rules.explain import explain
from vtrkit.rules.policies import policies, policy_on
from vtrkit.tracking.inspect import inspect_numbers
from vtrkit.whatif.adoption import adoption_needed
from vtrkit.whatif.apply import adoption_curve, apply, moves, reach, stages
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import read_scenario, ready_made, write_scenario
from vtrkit.whatif.simulate import chance, first_day, recovery_date, simulate
from vtrkit.whatif.worth import Costs, worth

__all__ = [
    "Costs",
    "Lever",
    "Scenario",
    "Target",
    "adoption_curve",
    "adoption_needed",
    "apply",
    "chance",
    "classify",
    "explain",
    "first_day",
    "frontier",
    "inspect_numbers",
    "known_on",
    "load",
    "merge",
    "moves",
    "outlook",
    "plan",
    "policies",
    "policy_on",
    "rates",
    "reach",
    "read_scenario",
    "ready_made",
    "recovery_date",
    "rollup",
    "simulate",
    "stages",
    "tally",
    "vtr",
    "watch",
    "worth",
    "write_scenario",
]
