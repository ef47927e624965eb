"""Orders that are in several accounts or marketplaces, as of a folder that was copied.

Amazon gives an order id once, so whatever is in two places counts twice.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import polars as pl

from vtrkit.files.one_file import File
from vtrkit.files.plausible import listed
from vtrkit.tracking.cleaning import SOLD_ID

COUNTS_TWICE = " in several accounts or marketplaces and counted in each"
"""By this a note is known that is about the figures of every place."""
IN_SEVERAL = "order_id is in several accounts or marketplaces, so its packages count in each"
_ORDER, _PLACE = pl.col("order_id").hash(), pl.struct("account", "marketplace").hash()


def order_keys(packages: pl.DataFrame) -> pl.Series:
    """A number for each of Amazon's order ids, once for each place that it is in."""
    ours = packages.filter(pl.col("order_id").str.contains(SOLD_ID))
    both = ours.select(_ORDER, both=_ORDER.hash() ^ _PLACE)
    return both["order_id"].gather(both["both"].arg_unique())


def in_several(parts: Sequence[pl.DataFrame], keys: pl.Series) -> pl.DataFrame:
    """The list of packages whose order is in several places.

    Args:
        parts: the packages.
        keys: of the orders of all parts.
    """
    twice = keys.filter(keys.is_duplicated()).unique().implode()
    return pl.concat(listed(part.filter(_ORDER.is_in(twice)), IN_SEVERAL) for part in parts)


def copied(files: Sequence[File], doubts: pl.DataFrame) -> Iterator[str]:
    """What to do about files that are the same in several accounts, and about orders that are."""
    accounts: dict[str, list[File]] = defaultdict(list)
    for file in files:
        if file.layout.tells != "scans":  # one export of labels may be that of several accounts
            accounts[file.source.sha256].append(file)
    for same in accounts.values():
        if len({file.account for file in same}) > 1:
            first, *others = (file.source.name for file in same)
            yield (
                f"{first} is byte for byte the same file as {', '.join(others)}, in another "
                "account: if a folder was copied, delete one of the two, for all counts twice."
            )
    if orders := doubts.filter(rule=IN_SEVERAL)["order_id"].n_unique():
        yield (
            f"{orders:,} {'order is' if orders == 1 else 'orders are'}{COUNTS_TWICE}, so the "
            "figures are not right: Amazon gives an order id once. The first folder below the one "
            "that you give is the account; give each account one folder, or --account NAME for "
            "all, and check the marketplaces that you name."
        )
