"""The first screen as markup: the sentences of `first_words`, a gauge and a chart.

It brings its own style, so that it reads alike on a page, in JupyterLab and in a saved notebook.
"""

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from vtrkit.sections.first_style import STYLE
from vtrkit.sections.first_todos import Todo
from vtrkit.sections.first_words import FirstWords, Gauge
from vtrkit.sections.saying import BAD, END, END_NAME, END_WIDE, GOOD, NAME, STRONG, WIDE, Answer
from vtrkit.study.first_facts import Kind
from vtrkit.words import Html

_TAGS = {
    STRONG: "<strong>",
    GOOD: '<strong class="good">',
    BAD: '<strong class="bad">',
    END: "</strong>",
    NAME: "<bdi>",
    END_NAME: "</bdi>",
    WIDE: '<span class="w">',
    END_WIDE: "</span>",
}
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_TOGETHER = ((r"(\d) %", "\\1\u202f%"), (rf"(\d) (?=(?:{_MONTHS})\b)", "\\1\u00a0"))
"""What no line may break: a number and its sign, a day and its month."""
_SQUARES = 60
"""Packages that a gauge draws one by one; more are a bar."""

_OCTAGON = "M9 1h12l8 8v12l-8 8H9l-8-8V9z"
_ICONS = {
    Kind.BELOW: (
        "below",
        f'<path d="{_OCTAGON}" fill="currentColor"/>',
        "M10 10l10 10M20 10L10 20",
    ),
    Kind.RECOVERING: (
        "risk",
        f'<path d="{_OCTAGON}" fill="none" stroke="currentColor" stroke-width="2.5"/>',
        "M15 22V9M9.5 14L15 8.5 20.5 14",
    ),
    Kind.AT_RISK: (
        "risk",
        '<path d="M15 1.500L29 28H1z" fill="currentColor"/>',
        "M15 11v8M15 23v1",
    ),
    Kind.FINE: (
        "fine",
        '<circle cx="15" cy="15" r="14" fill="currentColor"/>',
        "M8.5 15.500l4.5 4.5 8.5-9.5",
    ),
    Kind.CANNOT_TELL: (
        "untold",
        '<rect x="1" y="1" width="28" height="28" rx="5" fill="currentColor"/>',
        "M10.5 11.500a4.5 4.5 0 1 1 6 4.200q-1.5.8-1.5 2.800M15 22v1",
    ),
    Kind.NOTHING: (
        "quiet",
        '<circle cx="15" cy="15" r="12.5" fill="none" stroke="currentColor" stroke-width="2.5"/>',
        "M9.5 15h11",
    ),
}
_ICONS |= {Kind.FEW: _ICONS[Kind.BELOW], Kind.GOAL_ONLY: _ICONS[Kind.NOTHING]}
"""Colour, ground and sign of each variant: shape and word accompany the colour."""
_ON_GROUND = {Kind.RECOVERING, Kind.NOTHING, Kind.GOAL_ONLY}


def first_screen(
    words: FirstWords,
    title: str,
    caveats: Sequence[str],
    chart: Mapping[str, Any] | None = None,
    work_list: str = "",
) -> Html:
    """The four answers as a piece of a page, and as plain text; below them what limits them.

    Args:
        words: what is said.
        title: that of the report, in the line at the top; none where it is the usual one.
        caveats: what a reader has to know before believing the figures.
        chart: the specification of the chart beside the answers.
        work_list: the file beside the page that has the numbers and orders of what is to be done.
    """
    parts = [
        f"<style>{STYLE}</style>",
        _head(words, title),
        f'<div class="danger"><p class="q">{_of(words.danger.question)}</p>',
        f"<h1>{_icon(words.kind)}<span>{_of(words.danger.text)}</span></h1>",
        f'<p class="lead">{_of(words.danger.more)}</p></div>' if words.danger.more else "</div>",
        '<div class="grid">',
        _answer("when", words.when),
        _gauge(words.gauge) if words.gauge else "",
        _figure(chart) if chart else "",
        _answer("why", words.why),
        _todos(words.todos, words.closing, work_list),
        "</div>",
        "".join(f'<p class="m">{_of(caveat)}</p>' for caveat in caveats),
    ]
    markup = f'<section class="vtr-first" lang="en">{"".join(parts)}</section>'
    return Html(markup, "\n".join([words.text, *caveats]))


def _of(text: str) -> str:
    """A sentence as markup: escaped, what stands out as tags, figures unbroken."""
    escaped = html.escape(text)
    for pattern, together in _TOGETHER:
        escaped = re.sub(pattern, together, escaped)
    return re.sub("[\x01-\x08]", lambda mark: _TAGS[mark[0]], escaped)


def _head(words: FirstWords, title: str) -> str:
    named = f" · {html.escape(title)}" if title else ""
    account = f"<b>{_of(words.account)}</b>" if words.account else ""
    place = " ".join(filter(None, (account, _of(words.market))))
    return f"<header><span>{place}{named}</span><time>{_of(words.day)}</time></header>"


def _icon(kind: Kind) -> str:
    colour, ground, sign = _ICONS[kind]
    stroke = "currentColor" if kind in _ON_GROUND else "var(--vtr-ground)"
    line = (
        f'<path d="{sign}" fill="none" stroke="{stroke}" stroke-width="3" stroke-linecap="round"/>'
    )
    style = f"color:var(--vtr-{colour})"
    label = html.escape(str(kind))
    return (
        f'<svg viewBox="0 0 30 30" role="img" aria-label="{label}" style="{style}">'
        f"{ground}{line}</svg>"
    )


def _answer(where: str, answer: Answer | None) -> str:
    if not answer:
        return ""
    more = f'<p class="m">{_of(answer.more)}</p>' if answer.more else ""
    return (
        f'<div class="{where}"><h2 class="q">{_of(answer.question)}</h2>'
        f'<p class="a">{_of(answer.text)}</p>{more}</div>'
    )


def _gauge(gauge: Gauge) -> str:
    over = " class=over" if gauge.over.endswith("over the limit") else ""
    ends = f"<span>{gauge.allowed}</span><span{over}>{gauge.over}</span>"
    return (
        f'<div class="gauge"><p><strong>{_of(gauge.title)}</strong></p>'
        f'<div class="sq" aria-hidden="true">{_squares(gauge)}</div>'
        f'<p class="ends">{ends}</p></div>'
    )


def _squares(gauge: Gauge) -> str:
    """A square a package: failed, then not known, then those that may still fail; the limit."""
    most = max(gauge.failed + gauge.unknown, gauge.budget)
    if most > _SQUARES:
        return _bar(gauge, most)
    squares = []
    for n in range(most):
        if n == gauge.budget:
            squares.append("<u></u>")
        if n < gauge.failed:
            squares.append("<i class=over></i>" if n >= gauge.budget else "<i></i>")
        else:
            known = n >= gauge.failed + gauge.unknown
            squares.append("<i class=open></i>" if known else "<i class=may></i>")
    if most == gauge.budget:
        squares.append("<u></u>")
    return "".join(squares)


def _bar(gauge: Gauge, most: int) -> str:
    within, over = min(gauge.failed, gauge.budget), max(0, gauge.failed - gauge.budget)
    before = max(0, gauge.budget - gauge.failed)
    unknown_in = min(gauge.unknown, before)
    parts = [
        (within, ""),
        (unknown_in, " class=may"),
        (before - unknown_in, " class=open"),
        (0, "limit"),
        (over, " class=over"),
        (gauge.unknown - unknown_in, " class=may"),
    ]
    return "".join(
        "<u></u>"
        if kind == "limit"
        else f'<i{kind} style="flex:{count / most * 100:.2f};max-width:none"></i>'
        for count, kind in parts
        if count or kind == "limit"
    )


def _figure(chart: Mapping[str, Any]) -> str:
    """The specification, which the page draws, and the same in words where nothing draws it."""
    title, _, rest = str(chart["description"]).partition(", day by day. ")
    spec = json.dumps(chart).replace("<", "\\u003c")
    rows = chart["datasets"]
    shaded = "as Amazon shows it each day"
    if rows["open"]:
        shaded = "where it is not known, shaded: from all of these failed to none"
    if rows["expected"] or rows["steps"]:
        shaded += "; later 9 of 10 cases" if rows["open"] else "; shaded: 9 of 10 cases"
    elif rows["shipped"]:
        shaded += "; later what has already shipped"
    return (
        f'<div class="line"><p class="t"><strong>{html.escape(title)}</strong> '
        f"<span>{shaded}</span></p>"
        f'<figure class="vtr-chart"><script type="application/json">{spec}</script>'
        f"<figcaption>{html.escape(rest)}</figcaption></figure></div>"
    )


def _todos(todos: tuple[Todo, ...], closing: str, work_list: str) -> str:
    badge = f'<a href="{html.escape(work_list)}">{{}}</a>' if work_list else "{}"
    items = "".join(
        f"<li><h3>{_of(todo.title)}"
        + (f" <em>{badge.format(_of(todo.badge))}</em>" if todo.badge else "")
        + "</h3>"
        + (f"<p>{_of(todo.text)}</p>" if todo.text else "")
        + "</li>"
        for todo in todos
    )
    kind = "many" if len(todos) > 1 or todos[0].badge else "one"
    last = "".join(f'<p class="c">{_of(line)}</p>' for line in closing.splitlines())
    return (
        f'<div class="do"><h2 class="q">What do I do first?</h2><ol class="{kind}">{items}</ol>'
        f"{last}</div>"
    )
