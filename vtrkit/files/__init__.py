"""Sellers' exports to packages; nothing is lost on the way.

```
sources ─reading─▶ text cells ─layouts, typed_rows─▶ typed rows of one_file
        encoding, workbooks, json_records              │ all_files, order by order
packages ◀─ stage ◀─ orders ◀─ matching, damage ◀─ categories
        combined, absence    plausible, status ┘  └ order_book, where rows correct rows
```

`load` has all of it done; `ledger` counts what became of each row.
"""
