"""The daily tally, and the rates, budgets and status that are sums over it.

```
verdicts ─tally─▶ daily tally ─rates─▶ windows, rates, budget, status
           store ◀─┘   └─▶ linked_metrics, carrier_scans, portfolio, changes
```
"""
