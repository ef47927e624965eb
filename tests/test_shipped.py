"""What comes with the package is there, is what it says, and says under which licence."""

import re

import vl_convert

from tests import vega as vega_file
from vtrkit.shipped import VEGA, vega


def test_the_script_that_draws_charts_is_what_vl_convert_makes() -> None:
    assert vega() == vega_file.made(), "python -m tests.vega writes it anew"


def test_the_script_that_draws_charts_cannot_end_the_script_of_a_page() -> None:
    assert not re.search(rb"</script|<!--", vega(), re.IGNORECASE)


def test_the_versions_of_the_script_stand_beside_it_with_the_licences() -> None:
    told = VEGA.with_name("vega.LICENSE").read_text("utf-8")
    assert f"vega {vl_convert.get_vega_version()}, " in told
    assert f"vega-embed {vl_convert.get_vega_embed_version()}\n" in told
    assert "vega-lite 6.4.1\n" in told
    assert b'"6.4.1"' in vega()
    assert told.count("Permission ") + told.count("Redistribution and use") > 8
