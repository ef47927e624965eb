"""Know your Valid Tracking Rate before Amazon does."""

from vtrkit.budget import Target
from vtrkit.classify import classify
from vtrkit.explain import explain
from vtrkit.load import load
from vtrkit.policy import policies, policy_on
from vtrkit.rates import rates, vtr
from vtrkit.tally import merge, rollup, tally
from vtrkit.tracking import inspect_numbers

__all__ = [
    "Target",
    "classify",
    "explain",
    "inspect_numbers",
    "load",
    "merge",
    "policies",
    "policy_on",
    "rates",
    "rollup",
    "tally",
    "vtr",
]
