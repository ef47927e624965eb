"""Finished tables to sentences and tables that a person reads.

```
rates ─standing─▶   linked ─asked─▶   reasons ─why─▶   watch ─warning─▶
outlook, plan ─ahead─▶   rules ─rulebook─▶
```
"""
