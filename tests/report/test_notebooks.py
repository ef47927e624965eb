"""What every notebook in `notebooks/` keeps to, read from its raw JSON, and that each one runs."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import papermill
import pytest

import tests.engine  # noqa: F401 - registers the engine "here"
from tests.made import Page
from tests.paths import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TARGETS = {"targets"}
Cell = dict[str, Any]


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def book(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def code(book: dict[str, Any]) -> list[Cell]:
    return [c for c in book["cells"] if c["cell_type"] == "code"]


def source(cell: Cell) -> str:
    return "".join(cell["source"])


def nodes(book: dict[str, Any]) -> list[ast.AST]:
    return [node for c in code(book) for node in ast.walk(ast.parse(source(c)))]


def test_there_are_notebooks() -> None:
    assert "vtr_report.ipynb" in {p.name for p in NOTEBOOKS}


def test_the_format_is_4_5_with_unique_readable_ids(book: dict[str, Any]) -> None:
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    ids = [c["id"] for c in book["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z-]+-\d\d", one) for one in ids)


def test_no_output_is_kept(book: dict[str, Any]) -> None:
    for cell in code(book):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert set(cell["metadata"]) <= {"tags", "jupyter"}


def test_it_names_the_kernel_python3_and_no_version(book: dict[str, Any]) -> None:
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert book["metadata"]["language_info"] == {"name": "python"}
    assert set(book["metadata"]) == {"kernelspec", "language_info"}


def test_the_first_cell_alone_is_tagged_parameters(book: dict[str, Any]) -> None:
    tagged = [
        i for i, c in enumerate(book["cells"]) if "parameters" in c["metadata"].get("tags", ())
    ]
    assert tagged == [0]


def test_each_parameter_is_an_annotated_literal_that_papermill_explains(
    path: Path, book: dict[str, Any]
) -> None:
    told = papermill.inspect_notebook(str(path))
    written = ast.parse(source(book["cells"][0])).body
    assert len(written) == len(told) > 0
    for one in written:
        assert isinstance(one, ast.AnnAssign)
        assert isinstance(one.target, ast.Name)
        assert isinstance(one.value, ast.Constant)
        about = told[one.target.id]
        assert about["inferred_type_name"] in {"str", "int", "float"}
        assert type(one.value.value).__name__ == about["inferred_type_name"]
        assert len(about["help"]) > 10


def test_the_second_cell_alone_imports(book: dict[str, Any]) -> None:
    cells = code(book)
    imports = [
        i
        for i, c in enumerate(cells)
        for node in ast.walk(ast.parse(source(c)))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert set(imports) == {1}


def test_code_is_folded_where_it_is_not_the_lesson(path: Path, book: dict[str, Any]) -> None:
    hidden = {c["metadata"].get("jupyter") == {"source_hidden": True} for c in code(book)}
    assert hidden == {path.stem != "start_here"}


def test_nothing_is_looked_up_that_no_documentation_has(book: dict[str, Any]) -> None:
    """No `globals()`, and nothing of vtrkit that begins with an underscore."""
    names = {n.id for n in nodes(book) if isinstance(n, ast.Name)}
    assert not names & {"globals", "locals", "vars", "exec", "eval"}
    assert not [n.attr for n in nodes(book) if isinstance(n, ast.Attribute) and n.attr[0] == "_"]


def test_it_defines_nothing_and_catches_nothing(book: dict[str, Any]) -> None:
    forbidden = (
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Lambda,
        ast.Try,
        ast.For,
        ast.While,
        ast.If,
        ast.Global,
    )
    assert not [n for n in nodes(book) if isinstance(n, forbidden)]


def test_it_has_no_magic_and_no_absolute_path(book: dict[str, Any]) -> None:
    for cell in code(book):
        assert not re.search(r"(?m)^\s*[%!?]", source(cell))
        assert not re.search(r"[\"'](/|~|[A-Za-z]:[\\/])", source(cell))


def test_no_number_but_the_targets_decides(book: dict[str, Any]) -> None:
    """A rate to compare with stands among the parameters."""
    for cell in code(book)[1:]:
        numbers = [
            n.value
            for n in ast.walk(ast.parse(source(cell)))
            if isinstance(n, ast.Constant) and type(n.value) in {int, float}
        ]
        # a lesson shows how a line is changed
        lessons = {"start-here-00": {0.5, 4}}
        assert set(numbers) <= lessons.get(book["cells"][0]["id"], set())
    named = {
        n.target.id
        for n in ast.parse(source(book["cells"][0])).body
        if isinstance(n, ast.AnnAssign)
        and isinstance(n.target, ast.Name)
        and isinstance(n.value, ast.Constant)
        and re.search(r"\d", str(n.value.value))
    }
    assert named <= TARGETS


def test_every_name_is_assigned_once(book: dict[str, Any]) -> None:
    stored = [n.id for n in nodes(book) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    outside = [name for name in stored if name != "t"]  # of a comprehension
    assert len(set(outside)) == len(outside)


def test_a_cell_shows_one_thing_and_is_short(book: dict[str, Any]) -> None:
    for cell in code(book)[2:]:
        shown = ast.parse(source(cell)).body[-1]
        assert isinstance(shown, ast.Expr)
        assert len(ast.parse(source(cell)).body) <= 2
        assert len(source(cell).splitlines()) <= 8


def test_what_is_shown_is_led_in_by_a_sentence_on_how_to_read_it(book: dict[str, Any]) -> None:
    """Parameters and imports come first; the heading and the sections speak for themselves."""
    cells = book["cells"]
    led = [i for i, c in enumerate(cells) if c["cell_type"] == "code" and i > 2]
    led = [i for i in led if not source(cells[i]).startswith("shop.section(")]
    for i in led:
        assert cells[i - 1]["cell_type"] == "markdown", source(cells[i])
        assert re.search(r"[a-z][^.]+[.:]$", source(cells[i - 1]).strip())


def test_it_has_at_most_thirty_cells_and_asks_the_shop_alone(book: dict[str, Any]) -> None:
    assert len(book["cells"]) <= 30
    assert not [n for n in nodes(book) if isinstance(n, ast.Attribute) and n.attr == "study"]
    imported = [a.name for n in nodes(book) if isinstance(n, ast.Import) for a in n.names]
    assert imported == ["vtrkit"]
    assert not [n for n in nodes(book) if isinstance(n, ast.ImportFrom)]


def test_headings_are_of_the_second_level(book: dict[str, Any]) -> None:
    """The one heading of the first level is the title, which is a parameter."""
    texts = [source(c) for c in book["cells"] if c["cell_type"] == "markdown"]
    levels = [len(m) for t in texts for m in re.findall(r"(?m)^(#+) ", t)]
    assert set(levels) <= {2}


FJORD = {"account": "fjord", "targets": "90", "as_of": "2026-06-30", "title": "Fjord"}
ONE = {"account": "northwind", "marketplace": "UK", "targets": "95, 97.5", "title": "UK"}


TITLE = "Valid Tracking Rate"
US = {"account": "northwind", "marketplace": "US"}
FIRST = {True: "Beauty, northwind · UK", False: "Beauty, fjord · SE, 30 June 2026"}
"""What the Plan of Action is of, where one place is asked for and where it is the headline's."""
BOTH = [(FJORD, "As of 30 June 2026", "northwind"), (ONE, "northwind · UK", "fjord")]
CONTROLS = [(FJORD | {"marketplace": "UK"}, "As of 30 June 2026, fjord · UK", "northwind")]
"""Where controls choose the place, all parameters at once."""
OWN = {"start_here": [(US, "northwind", "fjord")], "explore": CONTROLS, "what_if": CONTROLS}
RUNS = [
    pytest.param(path, *run, id=f"{path.stem}-{run[0]['account']}")
    for path in NOTEBOOKS
    for run in OWN.get(path.stem, BOTH)
]


@pytest.mark.parametrize(("path", "parameters", "says", "hides"), RUNS)
def test_it_runs_from_top_to_bottom_on_other_parameters(
    path: Path,
    demo: Page,
    parameters: dict[str, str],
    says: str,
    hides: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a browser: every cell shows something, in words too, and controls leave no state.

    One with controls runs in a kernel; the report does so in the demo, all others in a browser.
    Pictures of its charts are drawn by the first run of each notebook; those of another are blank.
    """
    if parameters is ONE:
        monkeypatch.setattr("vtrkit.charts.picture.as_png", lambda _: bytes(24))
    engine = "vtrkit" if path.stem == "explore" else "here"
    known = papermill.inspect_notebook(str(path))
    workspace = "" if path.stem == "start_here" else str(demo.folder)  # it shows what load does
    given = {"workspace": workspace} | {n: v for n, v in parameters.items() if n in known}
    done = papermill.execute_notebook(
        path,
        None,
        parameters=given,
        engine_name=engine,
        progress_bar=False,
    )
    shown = [c for c in done.cells if c.cell_type == "code" and c.outputs]
    assert len(shown) == len(code(json.loads(path.read_text("utf-8")))) - 1
    texts = ["".join(o["data"]["text/plain"] for o in c.outputs if "data" in o) for c in shown]
    answer = texts[4 if path.stem == "start_here" else 0]
    one = parameters is not FJORD  # several places have a line each
    begin = "Am I in danger? " if one else f"{given.get('title', TITLE)}\nAs of "
    begin = {"plan_of_action": f"# Plan of action: {FIRST[one]}"}.get(path.stem, begin)
    assert ("As of " if path.stem in {"what_if", "explore"} else begin) in answer
    assert path.stem == "plan_of_action" or says in "".join(texts)
    assert hides not in "".join(texts)
    assert len(json.dumps(done.metadata.get("widgets", {}))) < 150_000
    _has_fixed_charts(shown)


def _has_fixed_charts(shown: list[Any]) -> None:
    """A copy that nothing can move still has its charts."""
    data = [o.get("data", {}) for c in shown for o in c.outputs]
    drawn = ["application/vnd.vegalite.v5+json" in d for d in data]
    beside = ["data:image/png;base64," in d.get("text/html", "") for d in data]
    assert any(drawn) or any(beside)
