"""A papermill engine without a kernel: the cells run in this process.

Starting a kernel and importing everything into it costs more than a notebook's own cells. The demo
and whatever is about kernels has one; what parameters and files do to a page is seen as well in
here.
"""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import nbformat
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import Widget
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

import vtrkit.report.render  # noqa: F401 - registers the engine that this one takes the place of
from vtrkit.shipped import DRAWN


class Here(Engine):  # type: ignore[misc]
    """Runs each cell in a shell of its own and keeps what its last line shows."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, *_: object, **__: object) -> None:
        """As papermill asks for it; the first cell that fails raises what it raised."""
        Widget.close_all()  # those of earlier notebooks in this process
        shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
        shell.display_pub = CapturingDisplayPublisher()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(InteractiveShell, "_instance", shell)  # what `display` goes through
            cls._run(nb_man, shell)
        nb_man.nb.metadata["widgets"] = {"state": Widget.get_manager_state()}

    @staticmethod
    def _run(nb_man: Any, shell: InteractiveShell) -> None:
        for index, cell in enumerate(nb_man.nb.cells):
            if cell.cell_type == "code":
                nb_man.cell_start(cell, index)
                with redirect_stdout(StringIO()):  # a kernel does not write to its parent's either
                    result = shell.run_cell(cell.source)
                result.raise_error()
                displayed = [_sent(o) for o in shell.display_pub.outputs]
                shell.display_pub.outputs.clear()
                value = None if hasattr(result.result, "_ipython_display_") else result.result
                cell.outputs = displayed + ([_output(shell, value)] if value is not None else [])
                nb_man.cell_complete(cell, index)


def _sent(shown: dict[str, Any]) -> Any:
    """What a cell displayed, as a kernel sends it."""
    return nbformat.v4.new_output("display_data", shown["data"], metadata=shown["metadata"])


def _output(shell: InteractiveShell, value: object) -> Any:
    data, metadata = shell.display_formatter.format(value)
    for kind, shown in data.items():
        if isinstance(shown, bytes):  # as a kernel sends a picture
            data[kind] = b64encode(shown).decode()
    return nbformat.v4.new_output("execute_result", data, metadata=metadata)


papermill_engines.register("here", Here)


@contextmanager
def no_kernel() -> Iterator[None]:
    """Reports are rendered without one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(papermill_engines._engines, "vtrkit", Here)
        patch.setenv(DRAWN, "by the page")
        yield
