"""The design of the package, guarded: who imports whom, what is public, how errors descend."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vtrkit
from vtrkit import errors

PACKAGE = Path(vtrkit.__file__).parent
LAYERS = {
    "errors": 0,
    "schema": 1,
    "facts": 1,
    "forms": 2,
    "text": 2,
    "shape": 2,
    "show": 2,
    "sections": 3,
    "policy": 3,
    "carriers": 3,
    "theme": 3,
    "naming": 3,
    "layouts": 3,
    "rules": 2,
    "inputs": 3,
    "records": 3,
    "sheets": 3,
    "formats": 3,
    "matcher": 3,
    "clauses": 4,
    "causes": 2,
    "standing": 4,
    "timeline": 4,
    "spending": 5,
    "failing": 4,
    "heat": 4,
    "scanning": 4,
    "curve": 4,
    "slider": 4,
    "live": 4,
    "trying": 5,
    "accounts": 4,
    "steps": 4,
    "charts": 6,
    "verdict": 4,
    "cells": 4,
    "read": 4,
    "buckets": 4,
    "parse": 5,
    "match": 4,
    "silence": 4,
    "days": 5,
    "categories": 4,
    "gaps": 4,
    "join": 5,
    "packed": 5,
    "tracking": 5,
    "sample": 5,
    "sample_json": 5,
    "sample_cells": 6,
    "numbers": 6,
    "classify": 7,
    "take": 6,
    "gather": 7,
    "load": 8,
    "explain": 8,
    "tally": 8,
    "budget": 4,
    "store": 9,
    "scans": 9,
    "lists": 9,
    "rates": 10,
    "linked": 10,
    "levers": 2,
    "known": 8,
    "drift": 3,
    "volume": 3,
    "defects": 4,
    "grid": 5,
    "expect": 6,
    "forecast": 10,
    "windows": 11,
    "scenarios": 3,
    "selection": 3,
    "board": 11,
    "asked": 12,
    "effects": 12,
    "waterfall": 13,
    "adoption": 14,
    "prospect": 13,
    "ahead": 14,
    "surprise": 2,
    "weeks": 10,
    "watch": 11,
    "alarms": 4,
    "outlook": 12,
    "turns": 13,
    "fixes": 11,
    "reconcile": 11,
    "changes": 11,
    "whatif": 14,
    "program": 3,
    "solver": 4,
    "parts": 5,
    "eligible": 11,
    "needs": 12,
    "mixes": 12,
    "forward": 14,
    "plan": 15,
    "worth": 15,
    "notes": 15,
    "explore": 11,
    "portfolio": 11,
    "parameters": 15,
    "coming": 16,
    "advice": 16,
    "workspace": 15,
    "sample_files": 16,
    "answers": 17,
    "tryout": 16,
    "run": 17,
    "canvas": 7,
    "explorer": 18,
    "pieces": 18,
    "player": 19,
    "widgets": 20,
    "figures": 18,
    "report": 19,
    "cli": 20,
}
"""A file imports only from files of a lower number."""

FILES = {
    path.parent.name if path.stem == "__init__" else path.stem: path
    for path in PACKAGE.rglob("*.py")
    if path != PACKAGE / "__init__.py"
}


MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): name
    for name, path in FILES.items()
}
"""The name in `FILES` by the name that is imported."""


def imported(path):
    """The files of vtrkit that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: a relative import hides its layer"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else node.module for name in whole}
    return {MODULES[name] for name in names if name in MODULES}


def test_every_file_has_a_layer():
    """A new file is put into the table of layers before it is used."""
    assert FILES.keys() <= LAYERS.keys()


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_imports_only_from_lower_layers(name):
    """Never from its own layer or a higher one; so there are no cycles."""
    upwards = sorted(other for other in imported(FILES[name]) if LAYERS[other] >= LAYERS[name])
    assert not upwards, f"{name} (layer {LAYERS[name]}) imports {upwards}"


def test_the_public_names_are_what_is_exposed():
    """`__all__` lists every public name of `import vtrkit` that is not a module, sorted."""
    exposed = {
        name
        for name, value in vars(vtrkit).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert set(vtrkit.__all__) == exposed
    assert list(vtrkit.__all__) == sorted(vtrkit.__all__)


@pytest.mark.parametrize("name", vtrkit.__all__)
def test_public_names_say_what_they_mean_and_show_it(name):
    """A docstring with an example that runs as a test."""
    text = inspect.getdoc(getattr(vtrkit, name)) or ""
    assert re.match(r"[A-Z].*[.?]$", text.splitlines()[0])
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


def test_every_module_says_its_one_job():
    """Each file opens with a docstring."""
    for name, path in FILES.items():
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), name
