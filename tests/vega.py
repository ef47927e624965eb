"""The script that draws charts, made anew by vl-convert: `python -m tests.vega` rewrites it.

Set the versions in `vega.LICENSE` beside it as well.
"""

import gzip

import vl_convert

from vtrkit.shipped import VEGA


def made() -> bytes:
    """Vega, Vega-Lite and vega-embed as one script."""
    bundle: str = vl_convert.javascript_bundle(vl_version="6.4")
    return bundle.encode()


if __name__ == "__main__":
    VEGA.write_bytes(gzip.compress(made(), 9, mtime=0))
