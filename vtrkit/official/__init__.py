"""Amazon's own figure against ours: what it counts that we do not, and what it contradicts.

```
performance report ─▶ OFFICIAL ─┐
packages ─known on that day─▶ classify ─▶ sums ─▶ RECONCILED
```
"""
