"""Values of files, options and arguments: what is taken as it is meant, and what is refused how."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from vtrkit.errors import FactsError, ParameterError
from vtrkit.facts import checked
from vtrkit.files.forms import Events, Layout
from vtrkit.metric.requirements import Requirement
from vtrkit.rules.policy_files import Clause, Policy
from vtrkit.schema import Reason
from vtrkit.tracking.carriers import Carrier
from vtrkit.tracking.codes import Check
from vtrkit.tracking.formats import Format, Text
from vtrkit.whatif.levers import Lever
from vtrkit.whatif.worth import Factor

READ = [Carrier, Check, Clause, Events, Factor, Format, Layout, Lever, Policy, Requirement, Text]


@pytest.mark.parametrize("kind", READ)
def test_every_field_that_a_file_gives_says_in_words_what_it_must_be(kind: type) -> None:
    refused = 0
    for name, hint in checked._hints(kind).items():
        if name in {"two_scans", "exempt"}:  # clauses, which are built one by one
            continue
        with pytest.raises(FactsError, match=f"x: {name}") as caught:
            checked.checked(hint, object(), checked.Place(f"x: {name}"))
        assert " must be " in str(caught.value)
        assert "typing" not in str(caught.value)
        refused += 1
    assert refused


@pytest.mark.parametrize(
    ("hint", "value", "kept"),
    [
        (checked.Texts, "one", ("one",)),
        (checked.Texts, ["one", Reason.NO_SCAN], ("one", "no_scan")),
        (checked.Share, 1, 1.0),
        (checked.Share, Decimal("0.1"), 0.1),
        (checked.Share, np.float32(0.5), 0.5),
        (int, np.int64(3), 3),
        (date, "2026-01-31", date(2026, 1, 31)),
        (date | None, None, None),
    ],
)
def test_what_is_meant_is_kept_as_pythons_own(hint: Any, value: object, kept: object) -> None:
    found = checked.checked(hint, value, checked.Place("x"))
    assert repr(found) == repr(kept)


@pytest.mark.parametrize(
    ("hint", "value", "message"),
    [
        (int, True, "x must be a whole number, not True"),
        (int, Decimal("10.5"), "x must be a whole number, not 10.5"),
        (int, "4", "x must be a whole number, not '4'"),
        (bool, 1, "x must be true or false, not 1"),
        (date, 5, "x must be a day such as 2026-01-31, not 5"),
        (checked.Share, float("nan"), "x must be a share from 0 to 1, not nan"),
        (checked.Share, "0.5", "x must be a share from 0 to 1, not '0.5'"),
        (checked.Texts, ["a", 1], r"x must be text or a list of texts, not \['a', 1\]"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_it_must_be(
    hint: Any, value: object, message: str
) -> None:
    with pytest.raises(ParameterError, match=f"^{message}$"):
        checked.checked(hint, value, checked.Place("x", ParameterError))


def test_a_long_value_is_shown_shortened() -> None:
    with pytest.raises(FactsError) as caught:
        checked.checked(int, "9" * 10_000, checked.Place("x"))
    assert len(str(caught.value)) < 100
