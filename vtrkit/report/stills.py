"""Pictures beside the charts of a page's piece, where neither a page nor JupyterLab draws them."""

import html
import json
import re
from base64 import b64encode

from vtrkit.sections.first_style import COLOURS
from vtrkit.words import Html

STILL = re.compile(r'<img class="vtr-picture"[^>]*>')
_CHART = re.compile(
    r'(<figure class="vtr-chart"[^>]*>\s*<script type="application/json">(.*?)</script>)', re.DOTALL
)
_WIDTH = 600
"""Pixels of a chart that is as wide as what it stands in."""


class Drawn(Html):
    """A piece of a page with charts: in a notebook, each has a picture beside it."""

    def _repr_html_(self) -> str:
        return _CHART.sub(_with_still, self.markup)


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
