"""A study to report.json and a page: papermill runs the notebook, nbconvert writes it.

```
settings ─build─▶ run folder ─figures─▶ report.json
                      └─ papermill ─▶ executed notebook ─render─▶ page
```
"""
