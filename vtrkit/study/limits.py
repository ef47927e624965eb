"""What a reader has to know before believing the figures, a sentence each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from vtrkit.files.copies import COUNTS_TWICE
from vtrkit.files.gaps import SCANS, SHIPPED
from vtrkit.files.inference import concerns
from vtrkit.metric.status import UNDATED_LIMIT_BP
from vtrkit.rules.notices import notices as notices_of_rules
from vtrkit.rules.policies import Policy
from vtrkit.rules.policy_files import BASIS_POINTS
from vtrkit.rules.reasons import MORE_DATA
from vtrkit.schema import DISPUTED, GROUP, OUTCOMES_OF, UNKNOWN_CATEGORY, Outcome, Reason
from vtrkit.study.package_lists import ON_ORIGIN
from vtrkit.tracking.carriers import integrated_lists, month_text, nearest_carriers
from vtrkit.words import number_of

_NAMED = 5
"""Unrecognised carriers that a note names."""


def notes(
    view: pl.DataFrame,
    totals: pl.DataFrame,
    policies: Sequence[Policy],
    typed: pl.DataFrame,
    concerned: Mapping[str, int],
) -> list[str]:
    """What limits the figures of a report.

    Args:
        view: the cells that rates are computed from.
        totals: the rates by account and marketplace.
        policies: the rules in force.
        typed: packages by carrier as typed, where it is not recognised.
        concerned: how many packages each notice is about, by its id, and each gap.
    """
    enforced = totals.filter("is_enforced_window")
    found = (
        _assumed(concerned),
        _delivered(view),
        _undated(enforced),
        _unverified(enforced, concerned),
        _too_little_known(enforced),
        _default(policies),
        _incomplete(enforced),
        _unrecognised(typed),
        _disputed(view),
        _uncategorised(view),
        *_old_lists(view),
        *_notices(concerned),
    )
    return [text for text in found if text]


def of_files(
    assumed: Iterable[str], places: Sequence[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """What was assumed of the files of these places: what makes all figures wrong, and the rest."""
    own = [note for note in assumed if any(concerns(note, market) for _, market in places)]
    twice = [note for note in own if COUNTS_TWICE in note]
    return twice, [note for note in own if note not in twice]


def _assumed(concerned: Mapping[str, int]) -> str | None:
    if not (count := concerned.get(ON_ORIGIN)):
        return None
    return (
        f"Packages that count and whose verdict rests on an assumed country of origin: {count:,}. "
        "--origin says where they ship from; so does a table [origin] in a vtrkit.toml."
    )


def _delivered(view: pl.DataFrame) -> str | None:
    counted = ~pl.col("reason").is_in(OUTCOMES_OF[Outcome.EXEMPT])
    dated = view.filter(counted, pl.col("promised_date").is_not_null())
    unsure = dated.filter(pl.col("delivered") < pl.col("packages"))
    if dated.is_empty() or unsure.height or set(dated["reason"]) != {Reason.VALID}:
        return None
    return (
        "Every package here was delivered, and a delivery is a carrier scan, so the Valid "
        "Tracking Rate is 100 %. What varies is on-time delivery: look there."
    )


def _undated(enforced: pl.DataFrame) -> str | None:
    if not (undated := enforced["undated"].sum()):
        return None
    return (
        f"Packages without a promised day, which are in no window: {undated:,}. Above "
        f"{UNDATED_LIMIT_BP * 100 // BASIS_POINTS} % no status is given. An order report with "
        "latest-delivery-date would date them."
    )


def unverified(enforced: pl.DataFrame) -> int:
    """Packages that count and have no scan data."""
    return int(enforced["unknown"].sum()) - int(enforced["too_little_known"].sum())


def _unverified(enforced: pl.DataFrame, concerned: Mapping[str, int]) -> str | None:
    if not (unknown := unverified(enforced)):
        return None
    one, every = unknown == 1, concerned.get(SCANS, 0)
    of_all = f", and for {every:,} of all {concerned[SHIPPED]:,} shipped" if every > unknown else ""
    return (
        f"We have no scan data for {number_of(unknown, 'package')} that "
        f"{'counts' if one else 'count'}{of_all}, so some rates are ranges. The tracking export of "
        "the carrier or shipping tool, or Amazon's Valid Tracking report, would settle "
        f"{'it' if one and not of_all else 'them'}."
    )


def _too_little_known(enforced: pl.DataFrame) -> str | None:
    if not (unclear := int(enforced["too_little_known"].sum())):
        return None
    return (
        f"Of {number_of(unclear, 'package')} we know too little to tell whether a second scan is "
        "needed, or whether they count at all, so some rates are ranges. What would tell: "
        f"{MORE_DATA}."
    )


def _default(policies: Sequence[Policy]) -> str | None:
    if all(p.marketplace for p in policies):
        return None
    return (
        "No marketplace is named, or we know no rule for it: the default (95 % over 30 days, what "
        "missing it costs not known) stands in."
    )


def _incomplete(enforced: pl.DataFrame) -> str | None:
    if enforced.filter(~pl.col("complete"), pl.col("counted") > 0).is_empty():
        return None
    several = enforced.select(GROUP).unique().height > 1
    whose, show = (" for some accounts", "these show") if several else ("", "the page shows")
    return (
        f"The files do not cover all of the days that count{whose}, so {show} counts and a rate "
        "but no status. Load older or newer exports."
    )


def _uncategorised(view: pl.DataFrame) -> str | None:
    counted = ~pl.col("reason").is_in(OUTCOMES_OF[Outcome.EXEMPT])
    nameless = pl.col("category").cast(pl.String) == UNKNOWN_CATEGORY
    if not (count := view.filter(counted, nameless)["packages"].sum()):
        return None
    return (
        f"Packages whose category no file names: {count:,}. Each may belong to any category of its "
        "account and marketplace, so rates by category are ranges. Fill in categories.csv beside "
        "the report and give it as --categories."
    )


def _disputed(view: pl.DataFrame) -> str | None:
    if not (count := view.filter(pl.col("reason").is_in(DISPUTED))["packages"].sum()):
        return None
    return (
        f"Packages that may or may not count: {count:,}, so rates are ranges. Amazon's pages "
        "disagree on them (vtrkit rules names these), they have no number and its report of "
        "defects leaves them out, or your file's word for Prime is none that is known."
    )


def _old_lists(view: pl.DataFrame) -> Iterator[str]:
    refused = view.filter(reason=Reason.UNSUPPORTED_CARRIER).group_by("marketplace")
    for name, count in refused.agg(pl.col("packages").sum()).sort("marketplace").rows():
        seen = month_text(integrated_lists()[name].seen)
        yield (
            f"Packages in {name} that fail because their carrier does not report to Amazon: "
            f"{count:,}. The newest list of those that do is of {seen}: a carrier that came later "
            "would be valid, Other never is."
        )


def _notices(concerned: Mapping[str, int]) -> Iterator[str]:
    for notice in notices_of_rules():
        if count := concerned.get(notice.id):
            yield f"{notice.title}, by carrier Other: {count:,} packages. {notice.text}"


def _unrecognised(typed: pl.DataFrame) -> str | None:
    names = typed.group_by("carrier").agg(pl.col("packages").sum())
    if names.is_empty():
        return None
    most = names.sort("packages", "carrier", descending=[True, False]).head(_NAMED).rows()
    said = [f"{name} ({count:,} packages{_nearest(name)})" for name, count in most]
    return f"Carriers that are not recognised: {'; '.join(said)}."


def _nearest(name: str) -> str:
    near = nearest_carriers(name)
    return f", nearest: {' or '.join(near)}" if near else ""
