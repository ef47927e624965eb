"""A study to report.json and a page, or several and an index: papermill runs the notebook.

```
settings ─build─▶ run folder ─figures─▶ report.json
           │          └─ papermill ─▶ executed notebook ─render─▶ page
           └─ batch ─▶ a run folder for each shop ─▶ pages ─▶ index
```
"""
