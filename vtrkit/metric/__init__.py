"""The daily tally, and the rates, budgets and status that are sums over it.

```
verdicts ─arrivals, tally─▶ daily tally ─rates─▶ windows, rates, budget, status
                     store ◀─┘   └─▶ carrier_scans, portfolio, changes
                                 └─requirements─▶ linked_metrics
```
"""
