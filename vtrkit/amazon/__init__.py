"""What goes to Amazon's Seller Central: corrections, and checks of a file before it is uploaded.

```
study ─▶ fixes ─┬─▶ to_do (work list)     a confirmation file ─▶ check_upload
                ├─▶ upload (confirmation file)
                └─▶ after (the coming days)
```
"""
