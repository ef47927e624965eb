"""Controls for JupyterLab: they ask functions for tables and show them; they compute nothing."""

from vtrkit.widgets.explorer import Explorer
from vtrkit.widgets.player import WhatIf

__all__ = ["Explorer", "WhatIf"]
