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


def test_a_file_that_is_not_read_is_said_now_and_by_the_store_until_it_is_read(tmp_path):
    """A report of STORE is the same as one of all files."""
    folder, path = table(tmp_path / "1", range(60)), tmp_path / "STORE"
    head = "order-id\tship-date\tcarrier-code\ttracking-number\n"
    (folder / "c.txt").write_text(f"{head}111-6041827-9000000\t05/06/2026\tUPS\t1Z\n", "utf-8")
    note = "Note: c.txt is not read: days such as 05/06/2026"
    assert said("tally", folder, "--out", path)[0].startswith(note)
    assert said("look", path) == said("look", folder)
    assert said("check", path)[0].startswith(note)
    assert not said("tally", folder, "--month-first", "--out", path)[0].startswith(note)
    assert said("look", path)[0] == said("look", folder, "--month-first")[0]
