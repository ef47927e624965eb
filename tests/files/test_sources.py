"""Folders as they are, archives, temporary folders, and what the system refuses."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from io import BytesIO

import polars as pl
import pytest
from click.testing import CliRunner

from tests import made
from tests.paths import ROOT
from vtrkit import load
from vtrkit import open as open_shop
from vtrkit.cli import main
from vtrkit.errors import InputError, MappingError, ParameterError
from vtrkit.files import scratch, sources
from vtrkit.files.copies import IN_SEVERAL
from vtrkit.files.delimited import PROBE
from vtrkit.files.skipped import UNREAD
from vtrkit.study.open import built
from vtrkit.study.places import cut, places_of
from vtrkit.study.run import RunFolder
from vtrkit.study.settings import Settings

TABLE = "order_id,promised_date\n"


def rows(*ids):
    return TABLE + "".join(f"{n},2026-01-31\n" for n in ids)


def ids(path, **options):
    return load(path, **options).packages.collect()["order_id"].sort().to_list()


# folders and names ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["orders[1].csv", "o*.csv", "o?.csv", "a{1,2}.csv", "x=1.csv"])
@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_every_path_means_itself(tmp_path, monkeypatch, name, kind):
    """Also folders, the temporary folder among them; nothing beside it is read."""
    folder, temporary = tmp_path / "in [1]*?", tmp_path / "tmp [a]*"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    folder.mkdir()
    for near in ("orders1.csv", "oo.csv", "ox.csv", "a1.csv"):
        (folder / near).write_text(rows(9))
    path = folder / name.replace("csv", kind)
    table = pl.read_csv(rows(1).encode(), infer_schema=False)
    content = BytesIO()
    {"csv": table.write_csv, "parquet": table.write_parquet, "xlsx": table.write_excel}[kind](
        content
    )
    path.write_bytes(content.getvalue())
    assert ids(path) == ["1"]
    if kind == "csv":
        path.write_bytes(path.read_text().encode("utf-16"))
        assert ids(path) == ["1"]


def test_a_folder_that_is_a_link_is_read_and_a_circle_ends(tmp_path):
    """A link to a folder above is not followed again."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text(rows(1))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "acme").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "again").symlink_to(tmp_path / "in")
    loaded = load(tmp_path / "in")
    assert loaded.summary["file"].to_list() == ["acme/a.csv"]
    assert set(loaded.packages.collect()["account"]) == {"acme"}


def test_a_name_that_is_not_utf_8_is_read_and_shown(tmp_path):
    """Old archives and shares have such names."""
    folder = tmp_path / os.fsdecode(b"in\xff")
    folder.mkdir()
    (folder / os.fsdecode(b"a\xfe\x1b[31m.csv")).write_text(rows(1))
    loaded = load(tmp_path)
    assert loaded.packages.collect()["order_id"].to_list() == ["1"]
    assert loaded.summary["file"].to_list() == ["in\ufffd/a\ufffd\ufffd[31m.csv"]
    shown = CliRunner().invoke(main, ["look", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    assert "\x1b" not in shown.output


def test_files_of_a_folder_that_are_not_recognised_are_skipped_and_named(tmp_path):
    """An error only if nothing is left, or if the file was given by its name."""
    (tmp_path / "a.csv").write_text(rows(1))
    (tmp_path / "notes.txt").write_text("call ann\n")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf")
    (tmp_path / "lost.csv").symlink_to("nowhere.csv")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "README.md").write_text("x")
    loaded = load(tmp_path)
    assert loaded.packages.collect()["order_id"].to_list() == ["1"]
    assert sorted(loaded.skipped["file"]) == ["empty.csv", "lost.csv", "notes.txt", "old.xls"]
    assert "save it as .xlsx" in loaded.skipped.filter(file="old.xls")["instead"].item()
    assert "ann" not in str(loaded.skipped.rows())
    with pytest.raises(InputError, match=r"notes\.txt: not recognised"):
        load([tmp_path / "a.csv", tmp_path / "notes.txt"])
    (tmp_path / "a.csv").unlink()
    with pytest.raises(InputError, match=r"notes\.txt: not"):
        load(tmp_path)


MADE = {
    "run": ("settings.json", "tally/2026-09.parquet", "packages.csv"),
    "pages": ("index.json", "index.html", "acme-us/settings.json", "acme-us/packages.csv"),
    "fixes": ("to_do.csv", "to_do.xlsx", "acme/upload.csv"),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_vtrkit_made_is_no_export(tmp_path, kind):
    """A list of packages in it would be read as another shop's; only its own name tells."""
    (tmp_path / "a.csv").write_text(rows(1))
    for name in MADE[kind]:
        path = tmp_path / "monday" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rows(2))
    loaded = load(tmp_path)
    assert loaded.packages.collect()["order_id"].to_list() == ["1"]
    assert loaded.skipped["file"].to_list() == ["monday"]
    with pytest.raises(InputError, match=r"^monday: made by vtrkit .*vtrkit\.open\(\"monday") as e:
        open_shop(tmp_path / "monday") if kind != "run" else load(tmp_path / "monday")
    assert ("monday/acme-us" in str(e.value)) == (kind == "pages")
    for name in MADE[kind][:1]:  # one of them alone may be anybody's
        (tmp_path / "monday" / name).unlink()
        assert 2 in map(int, load(tmp_path).packages.collect()["order_id"])


def test_a_report_names_the_files_that_it_did_not_read(tmp_path):
    """They may hold what is missing; pictures, and what vtrkit made, do not."""
    for account in ("acme", "bravo"):
        (tmp_path / "in" / account).mkdir(parents=True)
        (tmp_path / "in" / account / "p.csv").write_text(rows(account))
        (tmp_path / "in" / account / "labels.csv").write_text("when,what\n1,2\n")
    (tmp_path / "in" / "logo.png").write_bytes(b"x")
    (tmp_path / "in" / "old.xls").write_bytes(b"x")
    run = RunFolder(built(replace(Settings.of(tmp_path / "in"), seen="2026-02-01"), None))
    names = ["old.xls", "acme/labels.csv", "bravo/labels.csv"]
    assert [n.split(" is not")[0] for n in run.settings["assumed"] if UNREAD in n] == names
    acme = places_of(run)[0]
    cut(run, [acme], tmp_path)
    own = RunFolder(tmp_path / acme.id).settings["assumed"]
    assert [n.split(" is not")[0] for n in own if UNREAD in n] == ["old.xls", "acme/labels.csv"]


def test_the_vtrkit_toml_of_one_of_several_inputs_is_not_passed_over(tmp_path):
    """Nobody can tell how the other ones are meant to be read."""
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "p.csv").write_text(rows(1))
    (tmp_path / "b" / "vtrkit.toml").write_text('marketplace = "DE"\n')
    for given in (("a", "b"), ("b", "a"), ("a", "b/vtrkit.toml")):
        with pytest.raises(ParameterError, match=r"^b/vtrkit.toml says how its files are read"):
            Settings.of(*(tmp_path / name for name in given))
    both = (str(tmp_path / "b"), str(tmp_path / "a" / "p.csv"))
    assert Settings.of(*both).inputs == both


def test_a_file_of_too_many_rows_is_refused(tmp_path, monkeypatch):
    """With what to do."""
    monkeypatch.setattr("vtrkit.files.one_file._MOST_ROWS", 2)
    (tmp_path / "p.csv").write_text(rows(1, 2, 3))
    with pytest.raises(InputError, match=r"^p.csv: more than 2 rows in one file; split it"):
        load(tmp_path / "p.csv")


def test_a_path_that_no_system_takes_is_refused_in_words(tmp_path):
    """A NUL byte in it."""
    (tmp_path / "p.csv").write_text(rows(1))
    with pytest.raises(MappingError, match="cannot be read as UTF-8 text"):
        load(tmp_path / "p.csv", mapping=f"{tmp_path}/a\0b.toml")
    with pytest.raises(InputError, match="no such file"):
        load(f"{tmp_path}/a\0b.csv")


def test_the_vtrkit_toml_of_a_given_folder_is_used(tmp_path):
    """Its inputs, where it names some; else the folder itself."""
    (tmp_path / "a.csv").write_text(rows(1))
    (tmp_path / "vtrkit.toml").write_text('marketplace = "DE"\n')
    shown = CliRunner().invoke(main, ["look", str(tmp_path), "--json"])
    assert shown.exit_code == 0, shown.output
    (tmp_path / "vtrkit.toml").write_text('inputs = ["missing.csv"]\n')
    shown = CliRunner().invoke(main, ["look", str(tmp_path)])
    assert "missing.csv: no such file or folder" in shown.output


# archives ---------------------------------------------------------------------------------------


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


AMAZON = "111-6041827-3800001"
TWICE = {
    "a copied folder": ({"a/p.csv": AMAZON, "b/p.csv": AMAZON}, 1, ["a/p.csv", "1 order"]),
    "an order of which another file tells": ({"a/p.csv": AMAZON, "b/q.csv": f"{AMAZON},"}, 1,
                                             ["1 order"]),
    "one that the root has": ({"p.csv": AMAZON, "b/p.csv": AMAZON}, 1, ["b/p.csv", "1 order"]),
    "another order": ({"a/p.csv": AMAZON, "b/p.csv": f"{AMAZON[:-1]}2"}, 0, []),
    "one of the seller's own numbers": ({"a/p.csv": "1", "b/q.csv": "1,"}, 0, []),
    "the same file twice in one account": ({"a/p.csv": AMAZON, "a/q.csv": AMAZON}, 0, []),
}  # fmt: skip


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("case", TWICE)
def test_what_is_in_two_accounts_counts_twice_and_is_said(tmp_path, monkeypatch, case, large):
    """Amazon gives an order id once: a folder was copied, or a file lies in another's folder."""
    if large:
        monkeypatch.setattr("vtrkit.files.reading.buckets_for", lambda _: 3)
    files, orders, notes = TWICE[case]
    for name, order in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        body = f"{order}{'' if ',' in order else ',2026-01-31'},US\n"
        (tmp_path / name).write_text(f"order_id,promised_date,marketplace\n{body}", "utf-8")
    loaded = load(tmp_path)
    listed = loaded.doubts.filter(rule=IN_SEVERAL)
    assert listed.height == 2 * orders
    assert [note.split(" is ")[0] for note in loaded.notes] == notes


def test_an_order_in_two_marketplaces_counts_twice_and_is_said(tmp_path):
    """As where a file is given for another marketplace than its own."""
    for place in ("US", "DE"):
        (tmp_path / f"{place}.csv").write_text(f"{TABLE}{AMAZON},2026-01-31\n", "utf-8")
    loaded = load(tmp_path, marketplace={"US*": "US", "DE*": "DE"})
    assert loaded.doubts["rule"].to_list() == [IN_SEVERAL] * 2


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Order - Number,Shipment - Tracking Number", True),
        ("Order - Number,Shipment - Tracking Number,Delivery - Date", False),
    ],
)
def test_a_file_of_labels_without_the_column_of_deliveries_is_told_what_it_lacks(
    tmp_path, header, said
):
    """One that has it and is empty there was exported as it should be."""
    line = "1,1ZC7X20W0344180000,"[: None if "Delivery" in header else -1]
    (tmp_path / "ss.csv").write_text(f"{header}\n{line}\n", "utf-8")
    notes = [note for note in load(tmp_path, marketplace="US").notes if "ss.csv" in note]
    assert [("no column Delivery - Date" in note) for note in notes] == [True] * said


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_read(tmp_path):
    """Each has a name of its own in reports."""
    twins = [("a.csv", rows(1, 2)), ("a.csv", rows(3)), ("../a.csv", rows(4))]
    loaded = load(zipped(tmp_path / "z.zip", twins))
    assert loaded.packages.collect()["order_id"].to_list() == ["1", "2", "3", "4"]
    assert loaded.summary.select("file", "rows").rows() == [
        ("z.zip/a.csv", 1),
        ("z.zip/a.csv (2)", 2),
        ("z.zip/a.csv (3)", 1),
    ]


def test_an_archive_of_three_thousand_members_is_looked_through_at_once(tmp_path):
    """None of them is unpacked onto the disk, and the directory is read once."""
    members = [(f"a/{n:04}.csv", rows(n)) for n in range(3000)]
    found, skipped = sources.find([zipped(tmp_path / "z.zip", members)])
    assert (len(found), skipped) == (3000, [])
    assert found[2999].content().decode() == rows(2999)


PACKED = {name: BytesIO() for name in ("a.zip", "a.parquet", "a.xlsx")}
zipped(PACKED["a.zip"], [("a.csv", rows(*range(99)))])
pl.DataFrame({"order_id": ["1"]}).write_parquet(PACKED["a.parquet"])
pl.DataFrame({"order_id": ["1"]}).write_excel(PACKED["a.xlsx"])
BROKEN = {name: content.getvalue()[:-40] for name, content in PACKED.items()} | {
    "a.json": b'{"orders": [{"orderId": ',
    "a.xml": b"<AmazonEnvelope><Message>",
    "a.csv.gz": gzip.compress(rows(*range(99)).encode())[:-40],
    "b.zip": PACKED["a.zip"].getvalue().replace(b"\x50\x4b\x01\x02", b"\x50\x4b\x01\x03"),
    "c.zip": PACKED["a.zip"].getvalue()[:40] + b"\7" * 20 + PACKED["a.zip"].getvalue()[60:],
    "a.txt": rows(1).encode() + b"\xff\xfe\x81\n",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_damaged_file_of_any_kind_leaves_out_its_account_alone(tmp_path, name):
    """Where accounts are read apart; else it refuses the load."""
    for account in ("acme", "beta"):
        (tmp_path / account).mkdir()
        (tmp_path / account / "p.csv").write_text(rows(account))
    (tmp_path / "beta" / name).write_bytes(BROKEN[name])
    loaded = load(tmp_path, apart=True)
    assert loaded.packages.collect()["account"].to_list() == ["acme"]
    assert list(loaded.failed) == ["beta"]
    assert loaded.failed["beta"].startswith(f"beta/{name}")
    with pytest.raises(InputError, match=f"beta/{name}"):
        load(tmp_path)


def test_an_archive_of_pictures_is_skipped_among_other_files(tmp_path):
    """Given alone it is refused."""
    (tmp_path / "p.csv").write_text(rows(1))
    for name, members in (("empty.zip", [(".hidden", "")]), ("labels.zip", [("label.pdf", "1")])):
        zipped(tmp_path / name, members)
        with pytest.raises(InputError, match="file in this archive"):
            load(tmp_path / name)
    skipped = load(tmp_path).skipped["file"].to_list()
    assert skipped == ["empty.zip", "labels.zip/label.pdf", "labels.zip"]


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_what_unpacks_to_far_more_than_its_size_is_refused(tmp_path, monkeypatch, kind):
    """Such an archive would fill the memory."""
    monkeypatch.setattr(sources, "_SMALL", 1 << 20)
    content = (TABLE + "1,2026-01-31\n" * 500_000).encode()
    path = tmp_path / f"a.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(content))
    else:
        zipped(path, [("a.csv", content)])
    with pytest.raises(InputError, match=r"unpacks to more than .* MB"):
        load(path)


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    """With what to do."""
    monkeypatch.setattr(sources, "_MOST_FILES", 2)
    for n in range(3):
        (tmp_path / f"{n}.csv").write_text(rows(n))
    with pytest.raises(InputError, match="3 files, more than 2; give the folders in several runs"):
        load(tmp_path)


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "json"])
def test_other_kinds_are_read_out_of_archives(tmp_path, kind):
    """Without a copy on the disk."""
    table, content = pl.read_csv(rows(1).encode(), infer_schema=False), BytesIO()
    if kind == "json":
        content.write(b'[{"order_id": "1", "promised_date": "2026-01-31"}]')
    else:
        {"parquet": table.write_parquet, "xlsx": table.write_excel}[kind](content)
    assert ids(zipped(tmp_path / "z.zip", [(f"a.{kind}", content.getvalue())])) == ["1"]


# temporary folders ------------------------------------------------------------------------------

CANARY = "CANARYBUYER"
SLOW = """
import sys
from vtrkit.files import reading
from vtrkit.cli import main
import time
taken = reading._taken
def slow(*arguments):
    file, days = taken(*arguments)
    if "packed" in file.source.name:
        print("busy", flush=True)
        time.sleep(600)
    return file, days
if "--notebook" not in sys.argv:
    reading._taken = slow
main()
"""
IN_KERNEL = """
import time
from pathlib import Path
import vtrkit
packages = vtrkit.open(workspace).packages()
Path("busy").touch()
time.sleep(600)
"""


@pytest.fixture(scope="module")
def private(tmp_path_factory):
    """Files of two forms that need scratch, with a buyer in every row, one of which is wrong."""
    folder = tmp_path_factory.mktemp("private")
    lines = "order_id,promised_date,marketplace,buyer-name\n"
    buyer = " ".join([CANARY] * 40)  # so that few rows make a file that goes through the scratch
    lines += "".join(f"{n},2026-01-31,US,{buyer}\n" for n in range(3_000))
    assert len(lines) > PROBE
    lines += f"x,soon,US,{CANARY}\n"
    (folder / "orders_2026-02-20.csv").write_bytes(lines.encode("utf-16"))
    zipped(folder / "packed.zip", [("orders.csv", lines)])
    return folder


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("work", ["look", "report", "kernel"])
def test_a_killed_process_leaves_no_cell_of_a_buyer_behind(
    private, tmp_path_factory, monkeypatch, work, end
):
    """Only mapped columns were ever written; SIGTERM deletes them, a killed one's are swept up."""
    home = tmp_path_factory.mktemp("k")  # the name of a kernel's socket may have 107 letters
    temporary, out = home / "tmp", home / "out"
    temporary.mkdir()
    command = [sys.executable, "-c", SLOW, "look" if work == "look" else "report", str(private)]
    if work != "look":
        command += ["--out", str(out)]
    if work == "kernel":
        book = made.notebook(home / "slow.ipynb", IN_KERNEL)
        command += ["--notebook", str(book)]
    environment = os.environ | {
        "TMPDIR": str(temporary), "HOME": str(home), "PYTHONPATH": str(ROOT), "IPYTHONDIR": "",
    }  # fmt: skip
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        if work == "kernel":
            while process.poll() is None and not list(home.rglob("busy")):
                time.sleep(0.1)
        else:
            assert process.stdout.readline() == "busy\n"
        assert _written(home), process.poll()
        process.send_signal(end)
        _, errors = process.communicate(timeout=600)
    assert _written(home) or end == signal.SIGTERM
    if end == signal.SIGTERM:
        assert errors.strip().endswith("vtrkit: stopped; nothing half-written is left")
        assert process.returncode == 130
    else:
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        scratch.Folder().remove()
        scratch.Folder(home).remove()
    assert not list(temporary.iterdir())
    assert not list(home.glob(".vtrkit-*"))
    assert not out.exists()


def _written(home):
    """The files that are there, of which none may hold a buyer's cell in any form of text."""
    written = [p for p in home.rglob("*") if p.is_file() and p.stat().st_size]
    for part in written:
        content = part.read_bytes()
        assert not [e for e in ("utf-8", "utf-16-le", "utf-16-be") if CANARY.encode(e) in content]
    return [p for p in written if p.suffix != ".ipynb"]


def test_folders_in_use_and_those_of_others_are_not_swept_up(tmp_path, monkeypatch):
    """A folder is swept only when nobody holds its lock."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mine = scratch.Folder()
    (tmp_path / "vtrkit-notes").mkdir()
    (tmp_path / "other").mkdir()
    scratch.sweep(tmp_path)
    assert mine.path.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [mine.path.name, "vtrkit-notes", "other"]
    )
    mine.remove()
    assert not mine.path.exists()


# what the system refuses ------------------------------------------------------------------------


def look(path, *more):
    done = CliRunner().invoke(main, ["look", str(path), *map(str, more)])
    assert not done.exception or isinstance(done.exception, SystemExit)
    assert len(done.stderr.strip().splitlines()) == 1
    return done.exit_code, done.stderr.strip()


def test_a_file_where_a_folder_belongs_is_named_in_one_line(tmp_path):
    """And so are folders that are missing."""
    path = tmp_path / "a.csv"
    path.write_text(rows(1))
    assert look(path, "--out", path / "skus.csv") == (
        2,
        "vtrkit: skus.csv: a file stands where a folder belongs; choose another path",
    )
    code, line = look(path, "--out", tmp_path / "no" / "skus.csv")
    assert (code, line) == (2, "vtrkit: skus.csv: no such file or folder; check the spelling")


def test_a_table_to_fill_in_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    """What was there stays where writing ends half-way; a link leads on to its file."""
    path, out, link = tmp_path / "a.csv", tmp_path / "skus.csv", tmp_path / "link.csv"
    path.write_text("order_id,promised_date,sku\n1,2026-01-31,S-1\n")
    link.symlink_to(out)
    done = CliRunner().invoke(main, ["look", str(path), "--out", str(link)])
    assert done.exit_code == 0, done.output
    full = out.read_text()
    assert "S-1" in full
    assert link.is_symlink()

    def stopped(_, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_csv", stopped)
    assert look(path, "--out", out)[1].startswith("vtrkit: the disk is full")
    assert out.read_text() == full
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "link.csv", "skus.csv"]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (OSError(28, "No space left on device"), 2, "the disk is full"),
        (OSError("No space left on device (os error 28)"), 2, "the disk is full"),
        (
            pl.exceptions.ComputeError("No space left on device (os error 28)"),
            2,
            "the disk is full",
        ),
        (
            pl.exceptions.ComputeError("Invalid thrift: transport error"),
            2,
            "the disk is full",
        ),
        (
            shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]),
            2,
            "the disk is full",
        ),
        (pl.exceptions.ComputeError("SECRET"), 1, "vtrkit itself failed (ComputeError)"),
        (MemoryError(), 2, "not enough memory"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_whatever_fails_ends_in_one_line(tmp_path, monkeypatch, error, code, line):
    """What, and what to do; never the words of an engine, which may quote a cell."""

    def failing(*_, **__):
        raise error

    monkeypatch.setattr("vtrkit.cli.read", failing)
    path = tmp_path / "a.csv"
    path.write_text(rows(1))
    told, text = look(path)
    assert told == code
    assert text.startswith(f"vtrkit: {line}")
    assert "SECRET" not in text
    monkeypatch.undo()
    monkeypatch.setattr("vtrkit.files.read.text_table", failing)
    assert look(path)[1].startswith(f"vtrkit: {line}" if code != 1 else "vtrkit: a.csv: cannot be")


@pytest.mark.parametrize("command", ["report", "fix"])
def test_nothing_is_written_among_the_exports(tmp_path, command):
    """The folder would be one that vtrkit made, and no export any more."""
    (tmp_path / "p.csv").write_text(rows(1))
    result = CliRunner().invoke(main, [command, str(tmp_path), "--out", f"{tmp_path}/."])
    assert result.exit_code >= 2
    assert "your exports are in it; give --out another folder" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]
