"""`vtrkit fetch`: files from Amazon itself, the only command that asks the network for them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from vtrkit.amazon.fetch import Wanted, bring
from vtrkit.cli.options import A_PATH, progress_bar, say
from vtrkit.words import number_of

_SETTLED = timedelta(hours=1)
"""After midnight UTC, until the orders of the day before are counted as all there."""


@click.command()
@click.argument("folder", type=A_PATH)
@click.option(
    "--marketplace",
    "marketplaces",
    metavar="NAME",
    multiple=True,
    required=True,
    help="Where you sell, as US; give it again for each further one of the same region.",
)
@click.option("--account", metavar="NAME", help="Whose credentials; files go to FOLDER/NAME.")
@click.option(
    "--days",
    metavar="N",
    type=click.IntRange(1, 730),
    help="How many days back; if not given, what the days that count need (about 85).",
)
@click.option(
    "--again",
    metavar="N",
    type=click.IntRange(0, 730),
    default=0,
    help="Fetch the last N days once more, to hear what was delivered since.",
)
@click.option("--history", type=A_PATH, help="Folder that keeps Amazon's own figures.")
def fetch(folder: Path, marketplaces: tuple[str, ...], history: Path | None, **chosen: Any) -> None:
    """Bring orders, packages and Amazon's own figure into FOLDER.

    It reads from Amazon's Selling Partner API with your own credentials, which stay where they are:
    the variables SP_API_REFRESH_TOKEN, LWA_APP_ID and LWA_CLIENT_SECRET, or the credentials.yml of
    python-amazon-sp-api. Names and addresses of buyers are not asked for, or not kept.

    The first time takes a while, as Amazon allows few requests. Run it again to go on where it was
    stopped, or each day for what is new: then `vtrkit report FOLDER`.
    """
    today = (datetime.now(tz=UTC) - _SETTLED).date()
    with progress_bar() as progress:
        new = bring(folder, Wanted.of(marketplaces, today, **chosen), history, progress)
    say(f"{number_of(new, 'new file')} in {folder}.")
    say(f"Next: vtrkit report {folder}")
