"""Know your Valid Tracking Rate before Amazon does."""

from vtrkit.classify import classify
from vtrkit.policy import policy_on
from vtrkit.tally import merge, rollup, tally

__all__ = ["classify", "merge", "policy_on", "rollup", "tally"]
