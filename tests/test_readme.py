"""The README tells the truth: its figures, its picture and its commands are those of today."""

import re
from pathlib import Path

import polars as pl
import pytest

from tests import readme
from vtrkit.demo import packages as sample

README = (readme.ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", readme.BLOCKS)
def test_a_block_of_a_document_is_what_is_made_now(name: str) -> None:
    assert readme.block(name) == readme.BLOCKS[name][1](), "run python -m tests.readme"


def test_the_shipped_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    made = tmp_path / "sample.csv"
    sample.small().write_csv(made)
    shipped = readme.ROOT / "data" / "sample.csv"
    assert shipped.read_bytes() == made.read_bytes()
    assert shipped.stat().st_size < 1_000_000


def test_the_set_up_commands_are_one_line_each() -> None:
    for name in ("demo", "test"):
        lines = README.partition(f"<!-- command: {name} -->")[2].splitlines()[1:4]
        assert lines[0].startswith("```")
        assert lines[2] == "```"


@pytest.mark.parametrize(
    "document",
    ["README.md", "notebooks/README.md", ".github/CONTRIBUTING.md"]
    + [f"data/{name}.md" for name in ("README", "every_week", "options", "rules", "reasons")],
)
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    path = readme.ROOT / document
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8"))
    assert links or document != "README.md"
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_sample_has_the_documented_columns() -> None:
    documented = (readme.ROOT / "data" / "README.md").read_text("utf-8")
    for column in pl.read_csv(readme.ROOT / "data" / "sample.csv", n_rows=1).columns:
        assert column in documented
