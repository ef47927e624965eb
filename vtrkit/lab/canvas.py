"""Charts of a browser that a kernel gives rows to, and what controls share."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget

from vtrkit.charts import live, theme
from vtrkit.errors import ParameterError, nearest
from vtrkit.shipped import vega

LIVE = (
    "The controls of this cell need a running notebook: open it in JupyterLab and run it. "
    "The cells below show the same as fixed charts."
)
"""What stands in place of controls in a copy that nothing can move."""


_OURS = {
    theme.INK: "var(--jp-content-font-color1)",
    theme.SOFT: "var(--jp-content-font-color2)",
    theme.RULE: "var(--jp-content-font-color2)",
    theme.CARD: "var(--jp-layout-color0)",
    theme.GRID: "var(--jp-border-color2)",
    theme.CHOSEN: "color-mix(in srgb, var(--jp-brand-color1) 25%, transparent)",
} | {colour: f"var(--vtr-series-{n})" for n, colour in enumerate(theme.SERIES)}
"""What stands for the colours of a chart where JupyterLab has its own, light or dark."""
_DARK = ("#9d90ff", "#ff9a75", "#5cc4c4", "#d29bff", "#e98291", "#c79bb7")
"""The lines and bars of `vtrkit.charts.theme.SERIES` in the dark."""


def _series(colours: Sequence[str]) -> str:
    return "".join(f"--vtr-series-{n}:{colour};" for n, colour in enumerate(colours))


def _themed(spec: Any) -> Any:
    """A specification that follows JupyterLab's theme."""
    text = json.dumps(spec)
    for colour, ours in _OURS.items():
        text = text.replace(f'"{colour}"', f'"{ours}"')
    return json.loads(text)


class Canvas(anywidget.AnyWidget):
    """Charts that are drawn once and then get rows; a click on a row is told to `on_row`.

    All of it goes by messages, when a browser asks: a notebook that runs without one keeps no
    state of it.
    """

    _esm = Path(__file__).with_name("canvas.js")
    _css = (
        f"""
      .vtrkit-canvas {{ {_series(theme.SERIES)} }}
      [data-jp-theme-light=false] .vtrkit-canvas {{ {_series(_DARK)} }}
    """
        + """
      .vtrkit-day .widget-readout { min-width: 7em; }
      .widget-html .vtr-table { margin: .4em 0; }
      .widget-html .vtr-table th { text-align: left; vertical-align: bottom; }
      .widget-html .vtr-table th, .widget-html .vtr-table td { padding: .25em .8em .25em 0; }
      .widget-html .vtr-table td { white-space: nowrap; }
    """
    )

    def __init__(self, charts: Mapping[str, Any], on_row: Callable[[str, Any], None]) -> None:
        """Keep the specifications by name until a browser asks for them."""
        super().__init__()
        self._charts, self.click = charts, on_row
        self.rows: dict[str, dict[str, live.Rows]] = {name: {} for name in charts}
        self.told: dict[str, str] = {}
        self._revision = 0
        self.on_msg(self.answer)

    def show(self, rows: Mapping[str, Mapping[str, live.Rows]]) -> None:
        """Draw these rows, by chart and table; what did not change is not sent."""
        changed: dict[str, dict[str, live.Rows]] = {}
        for name, tables in rows.items():
            if new := {t: r for t, r in tables.items() if self.rows[name].get(t) != r}:
                changed[name] = new
                self.rows[name].update(new)
                self.told[name] = live.words(self._title(name), self.rows[name]["rows"])
        self._revision += 1
        self._tell(changed)

    def _title(self, name: str) -> str:
        return str(self._charts[name]["title"]["text"])

    def _tell(self, rows: Mapping[str, Any], **more: Any) -> None:
        buffers = more.pop("buffers", None)
        told = {name: self.told.get(name, "") for name in rows}
        message = {"rows": rows, "told": told, "revision": self._revision, **more}
        self.send(message, buffers)

    def answer(self, _: object, content: Mapping[str, Any], __: object) -> None:
        """What a browser wants: everything once it is there, or a row that was clicked."""
        if "ask" in content:
            charts = [
                {"name": n, "title": self._title(n), "spec": _themed(s)}
                for n, s in self._charts.items()
            ]
            self._tell(self.rows, charts=charts, buffers=[vega() if content["ask"] else b""])
        elif "clicked" in content:
            self.click(content["clicked"], content["id"])


def known(what: str, names: set[Any], there: Sequence[Any]) -> None:
    """Refuse a name that is not there, and say what is."""
    for name in names - set(there):
        near = nearest(str(name), map(str, there))
        raise ParameterError(
            f"no {what} {name!r} here{near}; there is {', '.join(map(str, there))}"
        )


def offer(control: Any, options: Any) -> None:
    """Give a control other options, where they differ: it would lose its value for nothing."""
    if list(control.options) != list(options):
        control.options = options
