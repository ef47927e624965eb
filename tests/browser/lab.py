"""A real JupyterLab on localhost, driven by a browser that reaches nothing else."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError

from playwright.sync_api import Browser, BrowserContext, Locator
from playwright.sync_api import Page as Tab

from tests.paths import ROOT

PICTURES = ROOT / ".ci" / "output"
_ELSEWHERE = re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1[:/])")
_SETTINGS = {
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}
_OPEN = """async (path) => {
  const app = window.jupyterapp;
  const panel = await app.commands.execute('docmanager:open', { path, factory: 'Notebook' });
  await panel.context.ready;
  await panel.sessionContext.ready;
  window.panel = panel;
}"""
_RUN = """async () => {
  window.began = performance.now();
  window.firstChart = null;
  const look = new MutationObserver(() => {
    const chart = document.querySelector('.vtr-screen svg');
    if (!chart) return;
    window.firstChart = performance.now() - window.began;
    look.disconnect();
  });
  look.observe(document.body, { childList: true, subtree: true });
  await window.jupyterapp.commands.execute('notebook:run-all-cells');
}"""


@contextmanager
def server(folder: Path, notebooks: Path) -> Iterator[str]:
    """JupyterLab on the notebooks of a folder; its address."""
    env = os.environ | {
        name: str(folder / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "IPYTHONDIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
        )
    }
    # sockets of kernels stand here, and the path of a socket has at most 107 characters
    env["JUPYTER_RUNTIME_DIR"] = runtime = mkdtemp(prefix="vtrkit-", dir="/tmp")
    _settings(Path(env["JUPYTERLAB_SETTINGS_DIR"]))
    port = _free_port()
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.root_dir": notebooks,
        "IdentityProvider.token": "",
        "ServerApp.password": "",
        "LabApp.expose_app_in_browser": True,
        "KernelManager.transport": "ipc",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with _running(command, folder, env, f"http://127.0.0.1:{port}/api"):
        yield f"http://127.0.0.1:{port}"
    shutil.rmtree(runtime, ignore_errors=True)


@contextmanager
def app(folder: Path) -> Iterator[str]:
    """What `vtrkit lab --app` serves on the demo; its address."""
    port = _free_port()
    command = [sys.executable, "-c", "from vtrkit.cli import main; main()", "lab", "--app"]
    command += ["--no-open", "--port", str(port), "--folder", str(folder / "vtr-lab")]
    address = f"http://127.0.0.1:{port}"
    with _running(command, folder, os.environ, f"{address}/api"):
        yield address


@contextmanager
def _running(
    command: list[str], folder: Path, env: Mapping[str, str], address: str
) -> Iterator[None]:
    """A server in a group of its own, until it answers and to its end."""
    with (folder / "lab.log").open("w") as log:
        process = subprocess.Popen(
            command,
            env={**env, "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_for(address, folder / "lab.log")
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def _settings(folder: Path) -> None:
    """No news, no look for updates, and cells that are there before one scrolls to them."""
    for plugin, text in _SETTINGS.items():
        file = folder / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wait_for(address: str, log: Path, seconds: float = 600) -> None:
    end = monotonic() + seconds
    while monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except HTTPError:
            return  # it answers
        except OSError:
            sleep(0.1)
        else:
            return
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()}")


@dataclass
class Lab:
    """A tab in which JupyterLab runs, what it wanted from elsewhere, and its console's warnings."""

    tab: Tab
    context: BrowserContext
    elsewhere: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def refuse_elsewhere(self) -> None:
        """Reach this machine only; note what else was wanted."""

        def refuse(route: Any) -> None:
            self.elsewhere.append(route.request.url)
            route.abort()

        self.context.route(_ELSEWHERE, refuse)

    def listen(self) -> None:
        """Note what the page complains of from now on."""

        def note(kind: str, text: str) -> None:
            if kind in {"warning", "error"}:
                self.complaints.append(f"{kind}: {text}")

        self.tab.on("console", lambda m: note(m.type, m.text))
        self.tab.on("pageerror", lambda e: note("error", str(e)))

    def open(self, notebook: str) -> None:
        """Open a notebook with a kernel of its own."""
        self.tab.evaluate(_OPEN, notebook)

    def write_cell(self, index: int, code: str) -> None:
        """Replace the source of a cell, unsaved."""
        self.tab.evaluate(
            "([i, code]) => window.panel.content.model.cells.get(i).sharedModel.setSource(code)",
            [index, code],
        )

    def run(self, seconds: float = 600) -> None:
        """Run all cells, to the end of the last one."""
        self.tab.evaluate(_RUN)
        self.tab.wait_for_function(_DONE, timeout=seconds * 1000)

    @property
    def first_chart(self) -> float:
        """Seconds from the start of the first cell to the first chart."""
        self.tab.wait_for_function("() => window.firstChart !== null")
        took: float = self.tab.evaluate("() => window.firstChart / 1000")
        return took

    def run_code(self, code: str) -> str:
        """Run a line in the notebook's kernel; what it prints."""
        told: str = self.tab.evaluate(_EXECUTE, code)
        return told

    def settle(self) -> None:
        """Wait until nothing has been drawn for a moment."""
        self.tab.evaluate(_SETTLED)

    def close(self) -> None:
        """End the kernel of the notebook, and close it unsaved."""
        self.tab.evaluate(_CLOSE)

    @property
    def panel(self) -> Locator:
        """The notebook."""
        return self.tab.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    @property
    def errors(self) -> list[str]:
        """Errors and what was written to stderr, of every cell."""
        found: list[str] = self.tab.evaluate(_WRONG)
        return found

    def theme(self, name: str) -> None:
        """Switch to JupyterLab Light or JupyterLab Dark."""
        self.tab.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            name,
        )
        light = "true" if name.endswith("Light") else "false"
        self.tab.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")

    def whole_picture(self, name: str, width: int, height: int) -> None:
        """The notebook from top to bottom in a tab of this width, kept as output of CI."""
        scroller = self.panel.locator(".jp-WindowedPanel-outer")
        self.tab.set_viewport_size({"width": width, "height": 9000})
        scroller.evaluate("(e) => { e.scrollTop = 0; }")
        self.tab.wait_for_timeout(400)
        last = self.panel.locator(".jp-Cell").last.bounding_box()
        assert last
        tall = max(height, round(last["y"] + last["height"]) + 60)
        self.tab.set_viewport_size({"width": width, "height": tall})
        self.tab.wait_for_timeout(200)
        self.picture(name)
        self.tab.set_viewport_size({"width": width, "height": height})

    def picture(self, name: str) -> None:
        """What the tab shows, kept as output of CI."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.tab.screenshot(path=PICTURES / f"lab-{name}.png")


_DONE = """() => window.panel.content.model.cells.length > 0 &&
  [...window.panel.content.model.cells].every((c) => c.type !== 'code' ||
    c.executionCount !== null && c.executionState !== 'running') &&
  window.panel.sessionContext.session.kernel.status === 'idle'"""
_WRONG = """() => [...window.panel.content.model.cells].filter((c) => c.type === 'code').flatMap(
  (c) => Array.from({ length: c.outputs.length }, (_, i) => c.outputs.get(i).toJSON()))
  .filter((o) => o.output_type === 'error' || o.name === 'stderr')
  .map((o) => (o.evalue ?? '') + (o.text ?? ''))"""
_EXECUTE = """async (code) => {
  const kernel = window.panel.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code, store_history: false });
  let told = '';
  future.onIOPub = (m) => { told += m.content.text ?? m.content.traceback?.join('') ?? ''; };
  await future.done;
  return told;
}"""
_SETTLED = """async () => {
  const drawn = () => document.querySelector('.vtr-screen')?.dataset.revision;
  for (let last; last !== drawn(); ) {
    last = drawn();
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}"""
_CLOSE = """async () => {
  await window.panel.sessionContext.shutdown();
  window.panel.context.model.dirty = false;
  window.panel.dispose();
}"""


@contextmanager
def opened(browser: Browser, address: str, width: int = 1280, height: int = 900) -> Iterator[Lab]:
    """JupyterLab in a tab that reaches this machine only, with the side bar put away."""
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(120_000)
    lab = Lab(context.new_page(), context)

    lab.refuse_elsewhere()
    lab.tab.on("dialog", lambda d: (lab.dialogs.append(d.message), d.dismiss()))
    lab.listen()
    lab.tab.goto(f"{address}/lab?reset")
    lab.tab.wait_for_function("() => window.jupyterapp?.restored")
    lab.tab.evaluate("() => window.jupyterapp.restored")
    lab.tab.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    yield lab
    context.close()


def chromium() -> str:
    """The path of Debian's Chromium; without one a test fails, it does not skip."""
    path = shutil.which("chromium")
    assert path, "no chromium on the PATH: apt-get install chromium"
    return path
