"""What is said to `vtrkit.spark` is checked before a cluster is asked, so without Spark."""

import msgspec
import polars as pl
import pytest

import vtrkit.spark
from vtrkit import classify
from vtrkit.errors import ParameterError, TallyError
from vtrkit.rules.classify import rules_id
from vtrkit.rules.policies import rules_or_ours
from vtrkit.schema import COUNTS, TALLY_KEY
from vtrkit.spark import _parts, _typed
from vtrkit.study.elsewhere import Told
from vtrkit.study.settings import Settings


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"marketplaces": "US"}, r"unknown key marketplaces \(did you mean marketplace\?\)"),
        ({"absence": False}, "unknown key absence"),
        ({"seen": "yesterday"}, "seen must be a day such as 2026-01-31"),
        ({"max_rejected_share": 2}, "max_rejected_share must be a share from 0 to 1"),
    ],
)
def test_what_nobody_knows_is_refused(said, why):
    for function in (vtrkit.spark.tally, vtrkit.spark.store):
        with pytest.raises(ParameterError, match=f"^vtrkit.spark: {why}"):
            function(None, *(["STORE"] if function is vtrkit.spark.store else []), **said)


def test_workers_that_judge_by_other_rules_are_refused():
    """As with another version of vtrkit: their cells must not be added up."""
    told = Told(1, 1, {})
    about = [
        {"rules": rules, "told": msgspec.to_builtins(told)}
        for rules in (rules_id(rules_or_ours(None)), "0123456789abcdef")
    ]
    said = [msgspec.json.encode(one).decode() for one in about]
    assert _parts(said[:1], Settings()) == [told]
    with pytest.raises(TallyError, match="install the same version of vtrkit"):
        _parts(said, Settings())


def test_summed_cells_have_the_types_of_a_tally():
    """Texts, as Spark has them, become what `rates` and `merge` take."""
    expected = vtrkit.tally(classify(pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 2]})))
    texts = [name for name in TALLY_KEY if name not in ("ship_date", "promised_date", "enforced")]
    cells = expected.select(
        pl.col(texts).cast(pl.String), "ship_date", "promised_date", "enforced", *COUNTS
    )
    typed = _typed(cells.lazy(), Settings()).collect()
    assert typed.schema == expected.schema
    assert vtrkit.merge(typed, expected)["packages"].sum() == 4
