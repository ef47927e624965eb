"""The explorer and the what-if in JupyterLab: controls that ask for tables and compute nothing.

```
study ─slices─▶ explorer ──────────canvas─▶ browser (canvas.js)
      ─trial, sentences─▶ whatif ──screen─▶ browser (screen.js)
notebooks ─folder─▶ a folder of your own (`vtrkit lab`)
```
"""
