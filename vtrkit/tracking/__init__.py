"""Carriers and tracking numbers: one canonical form, a grade, and whose number it is.

```
what was typed ─cleaning─▶ number ─matcher─▶ formats that fit ─meaning─▶ grade, relation
                 carriers ─▶ carrier id ──────────────────────┘    (inspect: by the column)
```
"""
