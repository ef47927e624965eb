"""papermill's engines for reports: this process for our own page, a kernel for any other notebook.

```
vtr_report.ipynb ──▶ HereEngine   an empty namespace in this process: nothing to start or to load
another one ───────▶ QuietEngine  a kernel of its own, which it may leave as it likes
```
"""

import ast
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.log import logger
from polars.exceptions import PanicException
from traitlets.config import Config

from vtrkit.errors import ReportError
from vtrkit.files.scratch import Folder
from vtrkit.shipped import DRAWN

_PATIENCE = 600
"""Seconds for a kernel to start, and for what a cell shows to arrive after it: the usual 60 and 4
pass on a machine that is busy enough, and then there is no page."""
_BY_PAGE = "by the page"


class QuietEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine with a private kernel socket and a quick shutdown.

    Sockets in a folder of their own keep parallel kernels apart, which neither a shared port
    range nor the default socket folder does, and end the warning about unencrypted TCP.
    """

    @classmethod
    def execute_managed_notebook(  # noqa: D102, PLR0913, PLR0917 - the signature is papermill's
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        pictures: bool = False,
        **_: Any,
    ) -> Any:
        sockets = Folder()
        k = str(sockets.path / "k")
        transport = {"transport": "ipc", "ip": k, "connection_file": f"{k}.json"}
        client = PapermillNotebookClient(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=max(start_timeout, _PATIENCE),
            iopub_timeout=_PATIENCE,
            timeout=execution_timeout,
            log=logger,
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
            shutdown_kernel="immediate",
            config=Config({"KernelManager": transport}),
        )
        client.sockets = sockets  # there as long as the kernel
        drawn = {} if pictures else {DRAWN: _BY_PAGE}
        return client.execute(env=os.environ | drawn)


class HereEngine(Engine):  # type: ignore[misc]
    """Runs the cells of a notebook in this process, in a namespace that is empty before.

    Starting Python and importing everything once more costs as much as all that our page shows. It
    is for notebooks that change nothing but their own names, as that one; a cell shows its last
    line, as markup or as text.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, *_: object, **__: object) -> None:  # noqa: D102
        names: dict[str, Any] = {"__name__": "__main__"}
        with _drawn_by_the_page():
            for index, cell in enumerate(nb_man.nb.cells):
                if cell.cell_type != "code":
                    continue
                nb_man.cell_start(cell, index)
                try:
                    cell.outputs = _outputs(_run(cell.source, names))
                except (Exception, PanicException) as e:  # noqa: BLE001 - papermill raises its own
                    cell.outputs = [_failed(e)]
                    nb_man.cell_exception(cell, index)
                    return
                nb_man.cell_complete(cell, index)


def _run(source: str, names: dict[str, Any]) -> Any:
    """What the last line of a cell is worth; nothing if that is no expression."""
    cell = ast.parse(source)
    last = cell.body.pop() if cell.body and isinstance(cell.body[-1], ast.Expr) else None
    exec(compile(cell, "cell", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def _outputs(value: Any) -> list[Any]:
    if value is None:
        return []
    markup = getattr(value, "_repr_html_", None)
    data = {"text/plain": repr(value)} if markup is None else {"text/html": markup()}
    return [nbformat.v4.new_output("execute_result", data)]


def _failed(error: BaseException) -> Any:
    told = {"ename": type(error).__name__, "evalue": str(error), "traceback": []}
    return nbformat.v4.new_output("error", **told)


@contextmanager
def _drawn_by_the_page() -> Iterator[None]:
    """Charts have no pictures meanwhile."""
    before = os.environ.get(DRAWN)
    os.environ[DRAWN] = _BY_PAGE
    try:
        yield
    finally:
        os.environ.pop(DRAWN)
        if before is not None:
            os.environ[DRAWN] = before


papermill_engines.register("vtrkit", QuietEngine)
papermill_engines.register("vtrkit-here", HereEngine)


def execute(
    source: Path,
    folder: Path,
    given: Mapping[str, Any],
    *,
    here: bool = False,
    pictures: bool = False,
) -> Any:
    """Run a notebook on the run folder that it works in.

    Args:
        source: the notebook.
        folder: the run folder.
        given: its parameters.
        here: whether in this process, without pictures.
        pictures: whether each chart has one.

    Raises:
        ReportError: a cell failed or did not run to its end; which, and why.
    """
    try:
        done = papermill.execute_notebook(
            str(source),
            None,
            parameters={**given, "workspace": "."},
            engine_name="vtrkit-here" if here else "vtrkit",
            kernel_name="python3",
            language="python",
            cwd=str(folder),
            progress_bar=False,
            request_save_on_cell_execute=False,
            pictures=pictures,
        )
    except PapermillExecutionError as e:
        raise ReportError(
            f"{source.name}: cell {_number(source, e.cell_index)} failed with {e.ename}: "
            f"{e.evalue[:300]}"
        ) from None
    except RuntimeError as e:  # a kernel that died, or did not come up in time
        raise ReportError(f"{source.name}: the kernel stopped: {str(e)[:300]}") from None
    for index, cell in enumerate(done.cells):
        if cell.cell_type == "code" and cell.metadata.papermill.status != "completed":
            number = _number(source, index)
            raise ReportError(f"{source.name}: cell {number} did not run to its end")
    return done


def _number(source: Path, index: int) -> int:
    """Which cell of the source an executed one is, from 1; papermill adds one of parameters."""
    tags = [cell.metadata.get("tags", ()) for cell in nbformat.read(source, as_version=4).cells]
    added = next((i + 1 for i, names in enumerate(tags) if "parameters" in names), 0)
    return index + (index < added)
