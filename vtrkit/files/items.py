"""The items that a record of JSON or XML lists: what was ordered, and what is in a package."""

from decimal import Decimal
from typing import Any

from vtrkit.files.forms import Listed
from vtrkit.files.json_records import records_at, text


def listed(record: Any, how: Listed) -> str | None:
    """The items of a list as `id*quantity`, apart by blanks; none without a list."""
    items = [(text(one, how.id), text(one, how.quantity)) for one in records_at(record, how.at)]
    return " ".join(f"{i}*{n or ''}" for i, n in items if i) or None


def inside(record: Any, packed: Listed, ordered: Listed) -> dict[str, str | None]:
    """What is in a package: its units and worth, how many skus, and what its dearest item is.

    Units and worth only where those of every item are known; {} without a list of items.

    Examples:
        >>> of = {"i": "7", "quantity": "3", "value": "30", "s": "A"}
        >>> record = {"packed": [{"i": "7", "quantity": "2"}], "ordered": [of]}
        >>> inside(record, Listed("packed", "i", "quantity"),
        ...     Listed("ordered", "i", "quantity", "value", "s"))  # doctest: +NORMALIZE_WHITESPACE
        {'quantity': '2', 'goods_value': '20.000000', 'skus': '1', 'order_item_id': '7', 'sku': 'A',
         'asin': None}
    """
    lines = {text(one, ordered.id): one for one in records_at(record, ordered.at)}
    held = [(one, lines.get(text(one, packed.id))) for one in records_at(record, packed.at)]
    if not held:
        return {}
    worth = [_worth(one, line, packed, ordered) for one, line in held]
    units = [text(one, packed.quantity) or "" for one, _ in held]
    one, line = max(zip(worth, held, strict=True), key=lambda pair: pair[0])[1]
    skus = {text(line, ordered.sku) for _, line in held} - {None}
    told = all(value.is_finite() for value in worth) and f"{sum(worth):f}"
    known = all(n.isdecimal() for n in units) and str(sum(map(int, units)))
    return {
        "quantity": known or None,
        "goods_value": told or None,
        "skus": str(len(skus)) if skus else None,
        "order_item_id": text(one, packed.id),
        "sku": text(line, ordered.sku),
        "asin": text(line, ordered.asin),
    }


def _worth(one: Any, line: Any, packed: Listed, ordered: Listed) -> Decimal:
    """What an item of a package costs, by its units; less than anything where it is not known."""
    cells = (one, packed.quantity), (line, ordered.quantity), (line, ordered.value)
    try:
        units, of, value = (Decimal(text(node, path) or "nan") for node, path in cells)
        found = round(value * min(units / of, Decimal(1)), 6)
    except ArithmeticError:  # a word, a signalling nan, nothing ordered, too many digits
        return Decimal("-Infinity")
    return found if found.is_finite() else Decimal("-Infinity")
