"""One account or all of them: read once, asked often.

```
settings, files ─build─▶ run folder ─run─▶ tables of today, of the coming weeks, of a what-if
```
"""
