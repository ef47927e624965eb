"""`vtrkit tally`: exports of any size, read once, and the newer ones as they come."""

from pathlib import Path
from typing import Any

import click

from vtrkit.cli.options import A_PATH, inputs, progress_bar, say, say_notes, settings_of
from vtrkit.study.stored import tally_into
from vtrkit.words import number_of


@click.command()
@click.option(
    "--out", type=A_PATH, required=True, metavar="STORE", help="Folder that keeps what was read."
)
@inputs()
def tally(files: tuple[Path, ...], out: Path, **chosen: Any) -> None:
    """Read FILES into STORE once; later, add newer exports to it.

    STORE then goes where FILES go: `vtrkit report STORE`. Stopped, the same command goes on with
    the first file that is not read. A file that STORE has is not read again, and none is ever
    forgotten; share STORE/tally and keep STORE/private to yourself.
    """
    with progress_bar() as progress:
        done = tally_into(settings_of(files, chosen), out, progress)
    say_notes(done.unread)
    if not done.new and done.orders == 0:
        say(f"Nothing new: {out.name} has these files already.")
        return
    say(f"{number_of(done.new, 'new file')} in {out.name}, {done.files:,} in all.")
    if done.orders is None:
        say(f"All orders were worked out: {done.why}.")
    else:
        say(f"{number_of(done.orders, 'order')} worked out anew; the others stand.")
