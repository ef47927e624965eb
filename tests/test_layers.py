"""The design of the package, guarded: who imports whom, what is public, how errors descend."""

import ast
import inspect
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import vtrkit
from vtrkit import errors

PACKAGE = Path(vtrkit.__file__).parent
FLOORS = [
    "errors schema",
    "words shipped results given",
    "facts",
    "tracking",
    "rules",
    "files metric",
    "forecast demo",
    "whatif official",
    "planning",
    "study",
    "amazon spark",
    "charts sections",
    "report lab",
    "shop",
    "cli",
]
"""The rooms and single files of the package, bottom first; a room imports only from below."""
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms.split()}
FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
    if path != PACKAGE / "__init__.py"
}


@cache
def trees():
    """Each file, parsed: by the process alone that runs these tests."""
    return {name: ast.parse(path.read_text("utf-8")) for name, path in FILES.items()}


def imported(name):
    """The files of vtrkit that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(trees()[name]):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}: a relative import hides its room"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {n if n in FILES else node.module for n in whole}
    return names & FILES.keys()


def room(name):
    return name.split(".")[1]


def test_a_file_imports_from_its_own_room_and_from_rooms_below():
    up = [
        f"{name} imports {other}"
        for name in FILES
        if room(name) in FLOOR
        for other in imported(name)
        if room(other) != room(name) and FLOOR.get(room(other), -1) >= FLOOR[room(name)]
    ]
    assert up == []


def test_no_files_import_each_other_in_a_circle():
    TopologicalSorter({name: imported(name) - {name} for name in FILES}).prepare()


def test_the_public_names_are_what_is_exposed():
    """Said four times: for types, for loading, for completion and for `*`; each time the same."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    typed = next(node for node in tree.body if isinstance(node, ast.If)).body
    names = {f"{node.module}.{alias.name}" for node in typed for alias in node.names}
    loaded = {f"vtrkit.{home}.{name}" for name, home in vtrkit._HOME.items()}
    assert names == loaded | {"vtrkit.charts"}
    assert {name.rpartition(".")[2] for name in names} == set(vtrkit.__all__) == set(dir(vtrkit))
    assert list(vtrkit.__all__) == sorted(vtrkit.__all__)


def test_public_names_say_what_they_mean_and_show_it():
    """A docstring with an example that runs as a test."""
    for name in sorted(set(vtrkit.__all__) - {"charts"}):
        text = inspect.getdoc(getattr(vtrkit, name)) or ""
        assert re.match(r"[A-Z].*[.?]$", text.partition("\n")[0]), name
        assert ">>> " in text, f"{name} has no example"


def test_the_drawn_error_tree_is_the_real_one():
    """The docstring of errors.py draws every class below its base, with its exit code."""
    base, drawn = [], {}
    for line in inspect.getdoc(errors).split("```")[1].strip().splitlines():
        name = re.search(r"\w+Error", line)[0]
        depth = line.index(name) // 4
        base[depth:] = [name]
        code = re.search(r"exit code (\d)", line)
        drawn[name] = (base[depth - 1] if depth else "Exception", code and int(code[1]))
    classes = {
        n: c
        for n, c in vars(errors).items()
        if inspect.isclass(c) and c.__module__ == errors.__name__
    }
    assert drawn.keys() == classes.keys()
    for name, (parent, code) in drawn.items():
        assert classes[name].__base__.__name__ == parent
        assert code in (None, classes[name].exit_code)


def test_importing_vtrkit_brings_none_of_the_heavy_libraries():
    """Altair, papermill, Jupyter, SciPy and NumPy wait until they are used."""
    heavy = ["altair", "papermill", "ipywidgets", "nbclient", "nbconvert", "scipy", "numpy"]
    code = f"import sys, vtrkit; print([n for n in {heavy} if n in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_only_fetch_and_notify_can_reach_the_network():
    """The one file that asks Amazon, and the one that sends messages."""
    network = {"sp_api", "httpx", "apprise", "requests", "urllib3", "aiohttp", "socket", "ftplib"}
    network |= {"urllib.request", "http.client", "smtplib", "ssl"}
    users = {}
    for name, tree in trees().items():
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            found = {n for n in names if n in network or n.split(".")[0] in network}
            users |= {name: found | users.get(name, set())} if found else {}
    assert users.keys() == {"vtrkit.amazon.selling_partner", "vtrkit.report.check"}


def test_every_module_says_its_one_job():
    """Each file opens with a docstring."""
    for name, tree in trees().items():
        assert ast.get_docstring(tree), name
