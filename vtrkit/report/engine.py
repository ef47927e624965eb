"""papermill's engine for reports: a kernel for each notebook, or one for many, each run as new."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.log import logger
from traitlets.config import Config

from vtrkit.errors import ReportError
from vtrkit.files.scratch import Folder
from vtrkit.shipped import DRAWN

_PATIENCE = 600
"""Seconds for a kernel to start, and for what a cell shows to arrive after it: the usual 60 and 4
pass on a machine that is busy enough, and then there is no page."""
_PAGES = 50
"""Notebooks after which a kernel is replaced: modules keep a little of each."""
_AS_NEW = """
__import__("os").chdir({!r})  # first: the last notebook's folder is gone
get_ipython().reset(new_session=True)
__import__("gc").collect()
"""


class Kernel:
    """A kernel that runs one notebook after the other, each in an empty namespace.

    Starting Python and importing everything costs more than most notebooks. Modules stay as the
    last notebook left them, so it is for notebooks that change none, as those of vtrkit.
    """

    def __init__(self) -> None:
        """No process yet; the first notebook starts one."""
        self._first: PapermillNotebookClient | None = None
        self._runs = 0

    def lend(self, client: PapermillNotebookClient) -> None:
        """Have a client run its notebook here."""
        client.owns_km = False  # the process does not end with the notebook
        if self._runs >= _PAGES:
            self.close()
        self._runs += 1
        if self._first is None:
            self._first = client
            return
        client.km, client.kc = self._first.km, self._first.kc
        asked = client.kc.execute(_AS_NEW.format(str(Path.cwd())), silent=True)
        if client.wait_for_reply(asked)["content"]["status"] != "ok":
            raise RuntimeError("it could not be reset")

    def close(self) -> None:
        """End the process; the next notebook has a new one."""
        first, self._first, self._runs = self._first, None, 0
        if first is not None and first.km is not None:
            with suppress(RuntimeError):  # it has died
                first._cleanup_kernel()


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
        kept: Kernel | None = None,
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
        if kept is not None:
            kept.lend(client)
        drawn = {} if pictures else {DRAWN: "by the page"}
        return client.execute(env=os.environ | drawn)


papermill_engines.register("vtrkit", QuietEngine)


def execute(
    source: Path,
    folder: Path,
    given: Mapping[str, Any],
    kernel: Kernel | None = None,
    pictures: bool = False,
) -> Any:
    """Run a notebook on the run folder that it works in; with a picture of each chart, or without.

    Raises:
        ReportError: a cell failed or did not run to its end; which, and why.
    """
    try:
        done = papermill.execute_notebook(
            str(source),
            None,
            parameters={**given, "workspace": "."},
            engine_name="vtrkit",
            kernel_name="python3",
            language="python",
            cwd=str(folder),
            progress_bar=False,
            request_save_on_cell_execute=False,
            kept=kernel,
            pictures=pictures,
        )
    except PapermillExecutionError as e:
        raise ReportError(
            f"{source.name}: cell {_number(source, e.cell_index)} failed with {e.ename}: "
            f"{e.evalue[:300]}"
        ) from None
    except RuntimeError as e:  # a kernel that died, or did not come up in time
        if kernel:
            kernel.close()
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
