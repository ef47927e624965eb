"""Finished tables to sentences and tables that a person reads.

```
rates ─standing─▶   reasons ─why─▶   outlook, plan ─ahead─▶   scenario ─whatif─▶   watch ─warning─▶
```
"""
