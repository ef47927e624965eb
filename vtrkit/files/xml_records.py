"""XML feeds and reports to the records that JSON gives: tags to keys, repeated tags to lists."""

from collections.abc import Collection
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from vtrkit.errors import InputError
from vtrkit.files.forms import plain


def document(content: bytes, name: str, wanted: Collection[str]) -> dict[str, Any]:
    """The document of a file, its tags as keys.

    Args:
        content: the file's bytes, in the encoding that it names itself.
        name: what messages call it.
        wanted: the tags, compared as headers are, that are kept; others are dropped at once.

    Raises:
        InputError: it is not XML, or XML that would read other files or fill the memory.

    Examples:
        >>> document(b"<a><b>1</b><b>2</b><c/></a>", "a.xml", {"a", "b"})
        {'a': {'b': ['1', '2']}}
    """
    try:
        root = fromstring(content)
    except ParseError as e:
        raise InputError(
            f"{name}: line {e.position[0]} is not XML; the file is damaged or cut short: download "
            "it again"
        ) from None
    except DefusedXmlException:
        raise InputError(
            f"{name}: it declares entities, which no export of Amazon does; check where it is from"
        ) from None
    except (ValueError, LookupError):
        raise InputError(f"{name}: of no encoding that is known; save it as UTF-8") from None
    return {_tag(root): _value(root, wanted)}


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]  # without its namespace


def _value(element: Element, wanted: Collection[str]) -> Any:
    if not len(element):
        return (element.text or "").strip()
    values: dict[str, Any] = {}
    for child in element:
        if plain(tag := _tag(child)) in wanted:
            values.setdefault(tag, []).append(_value(child, wanted))
    return {tag: found[0] if len(found) == 1 else found for tag, found in values.items()}
