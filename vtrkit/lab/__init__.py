"""The explorer and the what-if in JupyterLab: controls that ask for tables and compute nothing.

```
study ─slices, explored─▶ explorer ─screen─▶ browser (screen.js)
      ─trial, sentences─▶ whatif ───screen─▶
notebooks ─folder─▶ a folder of your own (`vtrkit lab`)
```
"""
