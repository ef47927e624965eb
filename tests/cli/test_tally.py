"""`vtrkit tally`: what it says, and that other commands take what it made."""

from click.testing import CliRunner

import vtrkit
from tests.study.test_stored import table
from vtrkit.cli import main


def said(*arguments):
    """What a command prints, and its exit code."""
    done = CliRunner().invoke(main, [*map(str, arguments)])
    return done.output, done.exit_code


def test_newer_exports_are_added_and_other_commands_take_the_store(tmp_path):
    """`look` and `check` say of STORE what they say of all files; `vtrkit.open` takes it too."""
    path = tmp_path / "STORE"
    first, newer = table(tmp_path / "1", range(60)), table(tmp_path / "2", [70], "02")
    both = table(table(tmp_path / "both", range(60)), [70], "02")
    new = "1 new file in STORE, 1 in all.\nAll orders were worked out: this is the first time.\n"
    assert said("tally", first, "--out", path) == (new, 0)
    more = "1 new file in STORE, 2 in all.\n1 order worked out anew; the others stand.\n"
    assert said("tally", newer, "--out", path) == (more, 0)
    nothing = "Nothing new: STORE has these files already.\n"
    assert said("tally", both, "--out", path) == (nothing, 0)
    assert said("look", path) == said("look", both)
    assert said("check", path) == said("check", both)
    assert vtrkit.open(path).rates().equals(vtrkit.open(both).rates())
    assert "it is read already" not in said("look", path, "--account", "default")[0]
    refused = said("tally", path, "--out", tmp_path / "other")
    assert refused == ("vtrkit: STORE: a store, and no exports; give the files themselves\n", 2)
