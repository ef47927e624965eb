"""What is shipped for Prime, as a tally of its own: programmes for Prime are measured by it."""

import polars as pl

from vtrkit.metric.tally import tally
from vtrkit.schema import PRIME_KEY, Frame


def prime_tally(verdicts: Frame) -> Frame:
    """The packages that sellers ship for Prime, which count among all others in most places.

    ```
    account  marketplace  ship_date   promised_date  reason  packages  …
    default  US           2026-01-02  2026-01-05     valid   12
    ```

    Args:
        verdicts: what `classify` returns.

    Returns:
        A tally by `PRIME_KEY`; empty where no file says that a package is Prime.

    Examples:
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 2],
        ...                          "fulfilled_by": ["seller_prime", "seller"]})
        >>> prime_tally(classify(packages)).select("reason", "packages").rows()
        [('no_scan', 1)]
    """
    return tally(verdicts.filter(pl.col("fulfilled_by") == "seller_prime"), PRIME_KEY)
