"""The browser's side of explorer and what-if: markup, and a picture for where no kernel runs."""

from abc import ABC, abstractmethod
from asyncio import TimerHandle, get_running_loop
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
from IPython.display import DisplayHandle, display
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from vtrkit.charts import trial
from vtrkit.charts.picture import packed
from vtrkit.errors import VtrkitError
from vtrkit.sections.first_style import COLOURS, themed
from vtrkit.words import Html

_HERE = Path(__file__).parent
_CSS = (_HERE / "screen.css").read_text("utf-8")
STYLE = themed(".vtr-screen", ".vtr-still", pictures=".vtr-still img") + trial.STYLE + _CSS
_REST = 0.5
"""Seconds without a step of the reader until the picture beside the screen follows."""


@cache
def _template(name: str) -> Template:
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return made.get_template(name)


class Screen(anywidget.AnyWidget):
    """Shows what it is given, and tells what a reader asks for.

    All of it goes by messages: a notebook that runs without a browser keeps no state of it.
    """

    _esm = _HERE / "screen.js"
    _css = STYLE

    def __init__(
        self, asked: Callable[[str, Any], None], template: str, panes: Sequence[str]
    ) -> None:
        """Keep the parts until a browser asks for them.

        Args:
            asked: does what a reader asks for, with a value.
            template: a file beside this one, with a macro for the screen and for each part.
            panes: the parts.
        """
        super().__init__()
        self._do, self._template, self._names = asked, template, panes
        self.view: Mapping[str, Any] = {}
        self.panes: dict[str, str] = {}
        self.stops: list[dict[str, Any]] = []
        self._revision = 0
        self.on_msg(self.answer)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Nothing where no browser moves it: its picture stands beside it."""
        shown: Any = super()._repr_mimebundle_(**options)
        (shown[0] if isinstance(shown, tuple) else shown)["text/plain"] = ""
        return shown

    def show(self, view: Mapping[str, Any]) -> None:
        """Show this; what did not change is not sent."""
        self.view, before = view, self.panes
        self.panes = {name: self.pane(name) for name in self._names}
        changed = {n: text for n, text in self.panes.items() if before.get(n) != text}
        self.tell(panes=changed)

    def pane(self, name: str) -> str:
        """The markup of a part of the screen, or of all of it."""
        return str(getattr(_template(self._template).module, name)(self.view)).strip()

    def send_stops(self, stops: list[dict[str, Any]]) -> None:
        """What every share of the slider shows."""
        if stops != self.stops:
            self.stops = stops
            self.tell(stops=stops)

    def tell_all(self) -> None:
        """Send the screen as a whole."""
        self.tell(screen=self.pane("screen"), stops=self.stops)

    def tell(self, **message: Any) -> None:
        """Send a message to the browsers that show it."""
        self._revision += 1
        self.send(message | {"revision": self._revision})

    def answer(self, _: object, content: Mapping[str, Any], __: object) -> None:
        """What a browser wants: everything once it is there, or what a reader asks for."""
        if content["do"] == "ask":
            self.tell_all()
        else:
            self._do(content["do"], content["value"])


def still(view: Mapping[str, Any]) -> str:
    """The same where no kernel runs: what it says, its picture and its table."""
    svg = str(view["svg"])
    for name, both in COLOURS.items():
        svg = svg.replace(f"var(--vtr-{name})", both[0])
    style = trial.STYLE
    for name, both in COLOURS.items():
        style = style.replace(f"var(--vtr-{name})", both[0])
    drawn = svg.replace(">", f"><style>{style}text{{font-family:sans-serif}}</style>", 1)
    from vl_convert import svg_to_png  # noqa: PLC0415 - 84 MB, once a picture is wanted

    data = b64encode(packed(svg_to_png(drawn, scale=2))).decode()
    picture = Markup('<img style="background:#fff" width="{}" alt="{}" src="data:image/png;{}">')
    heads, cells = view["table"]
    head = Markup("").join(Markup("<th>{}</th>").format(text) for text in heads)
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(Markup(c).striptags()) for c in row)
        )
        for row in cells
    )
    whole = Markup(
        "<style>{}.jp-OutputArea-output.jupyter-widgets:not(:has(*)){{display:none}}</style>"
        '<div class="vtr-still"><h2>{}</h2><p>{}</p>{}<table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table><p>Run the notebook to change it.</p></div>"
    )
    shown = picture.format(trial.WIDTH, view["words"], f"base64,{data}")
    return str(whole.format(Markup(STYLE), view["say"], view["more"], shown, head, body))


class OnScreen(ABC):
    """What a notebook shows on a screen, with a picture beside it that stays without a kernel.

    Args:
        screen: what a browser shows.
        now: what stands on it.
    """

    screen: Screen
    now: Any
    _still: DisplayHandle | None = None
    _due: TimerHandle | None = None
    _acts = False

    def display(self) -> None:
        """Show it in a notebook, with a picture that stays when no kernel runs."""
        self.screen.tell_all()
        display(self.screen)
        self._still = display(self._kept(), display_id=True)

    _ipython_display_ = display

    def renew(self) -> None:
        """Show the picture of what stands there now; while a reader acts, once they rest.

        It takes as long as a step, and nobody sees it before the kernel is gone.
        """
        if self._due:
            self._due.cancel()
        if self._still and self._acts:
            self._due = get_running_loop().call_later(_REST, self._renew)
        else:
            self._renew()

    def _renew(self) -> None:
        if self._still:
            self._still.update(self._kept())

    def _kept(self) -> Html:
        return Html(still(self.now), self._kept_text)

    def do(self, what: str, value: Any) -> None:
        """Do what a reader asks for; what cannot be done is said, and undone."""
        self._acts = True
        try:
            self._doings[what](value)
        except (VtrkitError, OSError) as e:
            self._refused(str(e))
        finally:
            self._acts = False

    @property
    @abstractmethod
    def _kept_text(self) -> str:
        """What the picture shows, in words."""

    @property
    @abstractmethod
    def _doings(self) -> dict[str, Callable[[Any], None]]:
        """What a reader can ask for, by name."""

    @abstractmethod
    def _refused(self, why: str) -> None:
        """Say what went wrong."""
