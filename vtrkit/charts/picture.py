"""Charts as pictures, for copies of a notebook that draw none."""

import os
import zlib
from collections.abc import Mapping
from typing import Any

from vtrkit.shipped import DRAWN

SCALE = 2
"""Pixels of a picture for each of the page, so that it is sharp on any screen."""


def picture(spec: Mapping[str, Any]) -> bytes | None:
    """A chart as PNG, for GitHub, e-mail and other copies of a notebook that draw nothing."""
    return None if os.environ.get(DRAWN) else as_png(spec)


def as_png(spec: Mapping[str, Any]) -> bytes:
    """A chart as PNG, wherever it is wanted."""
    from vl_convert import vegalite_to_png  # noqa: PLC0415 - 84 MB, once a picture is wanted

    return packed(vegalite_to_png({**spec, "$schema": None}, vl_version="6.4", scale=SCALE))


def packed(png: bytes) -> bytes:
    """The same picture in a third of the bytes: vl-convert packs in haste."""
    head, place, pixels = 8 + 25, 8 + 25, b""  # the signature and the chunk with the size
    while (kind := png[place + 4 : place + 8]) != b"IEND":
        length = int.from_bytes(png[place : place + 4])
        pixels += png[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += length + 12
    data = b"IDAT" + zlib.compress(zlib.decompress(pixels))
    chunk = (len(data) - 4).to_bytes(4) + data + zlib.crc32(data).to_bytes(4)
    return png[:head] + chunk + png[place:]
