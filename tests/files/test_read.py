"""Bad and odd files: rows, rejects, or an error that names file, line and remedy."""

import gzip
import random
import zipfile

import pytest
import xlsxwriter

from vtrkit import load
from vtrkit.errors import InputError
from vtrkit.files.quoting import unbalanced

TABLE = b"order_id,promised_date,carrier\n1,2026-01-31,UPS\n2,2026-01-31,DHL\n"


def write(folder, name, content):
    """A file of bytes."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def refused(path):
    """The message of a refusal, which names the file and quotes nothing of it."""
    with pytest.raises(InputError) as told:
        load(path)
    assert str(told.value).startswith(path.name)
    assert "SECRET" not in str(told.value)
    return str(told.value)


def test_archives_are_read_like_folders(tmp_path):
    """Members by name, their first folder as account, other files passed over."""
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("acme/p.csv", TABLE)
        archive.writestr("readme.md", "SECRET")
    write(tmp_path, "zeta/q.csv.gz", gzip.compress(TABLE.replace(b"\n1,", b"\n7,")))
    loaded = load(tmp_path)
    assert loaded.summary["file"].to_list() == ["all.zip/acme/p.csv", "zeta/q.csv.gz"]
    accounts = loaded.packages.select("account").unique().collect()["account"].to_list()
    assert sorted(accounts) == ["acme", "zeta"]


@pytest.mark.parametrize("name", ["a.zip", "a.csv.gz"])
def test_a_cut_archive_is_refused(tmp_path, name):
    """Half a download."""
    path = tmp_path / name
    if name == "a.zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("p.csv", TABLE * 99)
    else:
        path.write_bytes(gzip.compress(TABLE * 99))
    path.write_bytes(path.read_bytes()[:60])
    assert refused(path)


def test_mixed_line_ends_in_one_file(tmp_path):
    """CRLF, LF and a bare carriage return."""
    lines = b"order_id\tpromised_date\r\n1\t2026-01-31\n2\t2026-01-31\r3\t2026-01-31\r\n"
    assert load(write(tmp_path, "p.txt", lines)).summary["packages"].item() == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TABLE + b"3,2026-01-31,SECRET\0\n", "line 4 holds a NUL byte"),
        (TABLE + b"3,2026-01-31,SECRET\xff\n", "line 4 holds a byte that is not UTF-8"),
        (TABLE + b'3,2026-01-31,"SEC,RET\n4,2026-01-31,x\n', "quotation mark in line 4"),
        (TABLE + b"3,2026-01", "line 4 ends in the middle"),
        (b'{"orders": [{"SECRET": ', "line 1 is not JSON"),
    ],
)
def test_damage_is_named_by_its_line(tmp_path, content, message):
    """With what to do about it."""
    assert message in refused(write(tmp_path, "p.csv", content))


def test_a_line_with_a_stray_delimiter_is_rejected_without_its_cells(tmp_path):
    """They stand under other names than their own."""
    lines = TABLE.replace(b"\n", b",x\n") + b"3,SECRET,2026-01-31,UPS,y\n" + TABLE[31:] * 3
    loaded = load(write(tmp_path, "p.csv", lines))
    assert loaded.rejects.select("row", "rule").row(0) == (
        3,
        "the line has more fields than the header",
    )
    assert "SECRET" not in str(loaded.rejects.rows())


@pytest.mark.parametrize("fitting", [1, 2])
def test_the_sheet_that_fits_is_read(tmp_path, fitting):
    """Below a title, behind another sheet; several that fit are refused."""
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("notes").write(0, 0, "SECRET")
        for _ in range(fitting):
            sheet = book.add_worksheet()
            sheet.write(0, 0, "A title")
            sheet.write_row(1, 0, ["order_id", "promised_date"])
            sheet.write_row(2, 0, ["1", "2026-01-31"])
    if fitting == 1:
        assert load(path).summary["packages"].item() == 1
    else:
        assert "2 of its 3 sheets" in refused(path)


@pytest.mark.parametrize(
    ("lines", "line"),
    [('1,"a\nb",2\n', 0), ('1,"a""b"\n', 0), ('1,"a\n2,"b",3\n', 1), ('x\n1,5" pipe\n', 2)],
)
def test_a_quotation_mark_without_partner_is_found(lines, line):
    """Where it stands, not where the file ends."""
    assert unbalanced((one.encode() for one in lines.splitlines(keepends=True)), ",") == line


@pytest.mark.parametrize("characters", ['a",\n', 'a"",\n', '"",\n', 'ab",\r'])
def test_marks_are_told_alike_however_many_lines_are_given_at_once(characters):
    """Many lines are seen at once; that is quick and says the same as one after the other."""
    dice = random.Random(characters)
    for _ in range(3000):
        text = "".join(dice.choices(characters, k=dice.randrange(24))).replace("\r", "\r\n")
        lines = text.encode().splitlines(keepends=True)
        cut = dice.randrange(len(lines) + 1)
        together = [b"".join(lines[:cut]), b"".join(lines[cut:])]
        assert unbalanced(together, ",") == unbalanced(lines, ","), text
