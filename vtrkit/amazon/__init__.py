"""What goes to Amazon's Seller Central and comes from it.

```
study ─▶ fixes ─┬─▶ to_do (work list)     a confirmation file ─▶ check_upload
                ├─▶ upload (confirmation file)
                └─▶ after (the coming days)
selling_partner (Amazon's API) ─▶ fetch ─▶ files in a folder
```

Corrections, checks of a file before it is uploaded, and, where it is asked for, files from Amazon.
"""
