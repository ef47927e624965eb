"""Made-up packages of two sellers, and the same in the file formats that sellers have.

```
packages (numbers) ─▶ as_cells, as_json ─▶ as_files
```
"""
