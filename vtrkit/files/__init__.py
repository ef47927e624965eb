"""Sellers' exports to packages; nothing is lost on the way.

```
sources ─▶ encoding, workbooks, json_records ─read─▶ text cells ─typed_rows─▶ typed rows
        layouts say what a file is                                 │ (one_file)
packages ◀─ load ◀─ absence, categories ◀─ orders ◀─ matching, damage ◀─ all_files
        combined, status, plausible, amounts ┘            └ order_book, where rows correct rows
```
"""
