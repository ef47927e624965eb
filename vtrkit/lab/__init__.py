"""The explorer and the what-if in JupyterLab: controls that ask for tables and compute nothing.

```
study ─slices─▶ explorer ─┐
      ─────────▶ whatif ──┴─canvas─▶ browser (canvas.js)
```
"""

from vtrkit.lab.explorer import Explorer
from vtrkit.lab.whatif import WhatIf

__all__ = ["Explorer", "WhatIf"]
