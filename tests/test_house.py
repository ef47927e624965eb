"""What every module and every test keeps to."""

import importlib
import pkgutil

import vtrkit
from tests.paths import TESTS

MODULES = [module.name for module in pkgutil.walk_packages(vtrkit.__path__, "vtrkit.")]


def test_no_module_stands_in_the_way_of_a_public_function() -> None:
    """Importing a.b puts b into a, whatever else of that name was there."""
    for module in MODULES:
        importlib.import_module(module)
    assert len(MODULES) > 50
    assert [n for n in vtrkit.__all__ if not callable(getattr(vtrkit, n))] == ["charts"]


def test_properties_take_their_number_of_examples_from_the_profile() -> None:
    """`tests.made.examples` multiplies it; so one option makes the whole run thorough."""
    own = [
        path.name
        for path in TESTS.rglob("test_*.py")
        if "max_" + "examples" in path.read_text("utf-8")
    ]
    assert own == []


def test_every_benchmark_still_finds_what_it_measures() -> None:
    """But for those against other libraries, which the tests do not install."""
    others = {"__main__", "against_duckdb", "against_pandas"}
    names = {path.stem for path in (TESTS / "benchmarks").glob("*.py")} - others
    for name in names:
        importlib.import_module(f"tests.benchmarks.{name}")
    assert {"whatif", "outlook", "plan", "reading"} <= names
