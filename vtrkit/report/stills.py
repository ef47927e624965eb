"""Pictures beside the charts of a page's piece, where neither a page nor JupyterLab draws them."""

import html
import json
import re
from base64 import b64encode

from vtrkit.sections.first_style import COLOURS, themed
from vtrkit.words import Html

ADDED = re.compile(
    r'<img class="vtr-picture"[^>]*>|<style class="vtr-colours">.*?</style>', re.DOTALL
)
"""What a piece has in a notebook only: a page draws its charts, and has colours of its own."""
_CHART = re.compile(
    r'(<figure class="vtr-chart"[^>]*>\s*<script type="application/json">(.*?)</script>)', re.DOTALL
)
_WIDTH = 600
"""Pixels of a chart that is as wide as what it stands in."""


class Drawn(Html):
    """A piece of a page: in a notebook it has colours, and a picture beside each chart."""

    def _repr_html_(self) -> str:
        style = f'<style class="vtr-colours">{_COLOURS}</style>' if _OWN.search(self.markup) else ""
        return style + _CHART.sub(_with_still, self.markup)


_OWN = re.compile('class="vtr-(first|select|chart)')
"""What has these colours: a fold of plain tables has none, and there are a dozen in a notebook."""
_COLOURS = themed(".vtr-first", ".vtr-select", pictures=".vtr-picture")


def _with_still(chart: re.Match[str]) -> str:
    from vtrkit.charts.picture import picture  # noqa: PLC0415 - Altair is loaded beside it

    text = re.sub(r"var\(--vtr-([a-z-]+)\)", lambda name: COLOURS[name[1]][0], chart[2])
    spec = json.loads(text)
    if spec.get("width") == "container":
        spec["width"] = _WIDTH
    still = picture({"background": COLOURS["ground"][0], **spec})
    if still is None:
        return chart[0]
    words = html.escape(str(spec.get("description", "")), quote=True)
    data = b64encode(still).decode()
    return (
        f'{chart[1]}<img class="vtr-picture" style="max-width:100%" width="{_WIDTH}" alt="{words}" '
        f'src="data:image/png;base64,{data}">'
    )
