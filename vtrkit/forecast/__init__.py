"""The official rate of the coming weeks, and the early warning.

```
tally ─arrays─▶ defect_rate, volume ─expected─▶ forecast ─windows─▶ outlook
      └─ship_weeks─▶ surprise ─▶ watch                        known_on, roll_off
```
"""
