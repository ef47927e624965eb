"""Values from TOML tables, options and arguments, checked by msgspec against their types.

What a value must be stands once, at its type, and every refusal has the same form: the place, the
key, what it must be and what stands there.

```
vtrkit.toml: lag_days must be a whole number from 0 to 60, not 99
own.toml line 2: [policy.no-2026]: unknown key titel (did you mean title?)
```

Bounds stand on plain types and None beside them, never in a union with a tuple of fixed length:
msgspec 0.22 ends the process with a segmentation fault on `Annotated[float, Meta(ge=0)] |
tuple[float, float]`.
"""

import inspect
import reprlib
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache, wraps
from numbers import Real
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NamedTuple,
    ParamSpec,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import Meta

from vtrkit.errors import FactsError, ParameterError, VtrkitError, nearest
from vtrkit.given import read_day

T = TypeVar("T")
P = ParamSpec("P")
READ_AS, KEPT_AS = "read_as", "kept_as"
"""In a type's `Meta.extra`: what turns a value as it is written into one of the type, and the type
that it then has, where that is another one."""


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[
    tuple[str, ...],
    Meta(description="text or a list of texts", extra={READ_AS: _one_or_more}),
]
"""Texts in a list; one text stands for a list of one."""
Share = Annotated[float, Meta(ge=0, le=1, description="a share from 0 to 1")]


def _path(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _day(value: Any) -> object:
    with suppress(ParameterError):
        return read_day(value) if isinstance(value, str | int) else value
    return value


APath = Annotated[str | Path, Meta(description="a path", extra={READ_AS: _path, KEPT_AS: str})]
ATable = Annotated[
    str | Path | Mapping[str, Any],
    Meta(
        description="a path, or a table of keys and values",
        extra={READ_AS: _path, KEPT_AS: str | Mapping[str, Any]},
    ),
]
Origin = Annotated[
    str | Mapping[str, str],
    Meta(description="a country such as US, or a table of countries by marketplace and account"),
]
Marketplace = Annotated[
    str | Mapping[str, str],
    Meta(description="a marketplace such as US, or a table of marketplaces by names of files"),
]
Day = Annotated[
    date | str | int,
    Meta(description="a day such as 2026-01-31", extra={READ_AS: _day, KEPT_AS: date}),
]

Days = Annotated[int, Meta(ge=1, le=36_525, description="a whole number of days from 1 on")]

_MUST: dict[Any, str] = {
    str: "text in quotes",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    date: "a day such as 2026-01-31",
    tuple[int, ...]: "a list of whole numbers",
}


class Place(NamedTuple):
    """Where values stand, as messages begin with it, and which error is raised about them."""

    name: str
    error: type[VtrkitError] = FactsError

    def __str__(self) -> str:
        return self.name

    def of(self, key: str) -> "Place":
        """The place of one of its keys."""
        return Place(f"{self.name}: {key}", self.error)


def build(kind: type[T], table: object, place: Place, **known: Any) -> T:
    """A dataclass from a table, with every key known, present and of its type.

    Args:
        kind: the dataclass; its types say what the keys must be.
        table: keys and values as TOML has them.
        place: where the table stands.
        known: fields that no key gives.

    Raises:
        VtrkitError: of the place's kind, with the place and the key.

    Examples:
        >>> from vtrkit.tracking.codes import Check
        >>> build(Check, {"weights": [3, 1]}, Place("checks")).weights
        (3, 1)
    """
    stated = keys_of(kind, table, place, known)
    hints = _hints(kind)
    return kind(**known, **{k: checked(hints[k], v, place.of(k)) for k, v in stated.items()})


def keys_of(
    kind: type[Any], table: object, place: Place, known: Iterable[str] = ()
) -> dict[str, Any]:
    """A table whose keys are those of a dataclass, none unknown and none missing."""
    stated: dict[str, Any] = checked(Mapping[str, Any], table, place)
    keys = [f for f in fields(kind) if f.name not in known]
    refuse_unknown(stated, [f.name for f in keys], place)
    needed = [f for f in keys if f.default is MISSING and f.default_factory is MISSING]
    if missing := [f.name for f in needed if f.name not in stated]:
        raise place.error(f"{place}: missing {', '.join(missing)}")
    return stated


def refuse_unknown(given: Iterable[str], known: Collection[str], place: Place) -> None:
    """Refuse a key that nobody knows, with those most like it."""
    if unknown := sorted(set(given) - set(known)):
        raise place.error(f"{place}: unknown key {unknown[0]}{nearest(unknown[0], known)}")


class ByName:
    """A dataclass whose fields are all given by name, or refused in words."""

    def __new__(cls, *unnamed: object, **given: object) -> Self:
        """Refuse what Python would refuse with a TypeError.

        Raises:
            ParameterError: a value without a name, an unknown name, or one that is missing.
        """
        if unnamed:
            first = fields(cls)[0].name  # type: ignore[arg-type] # of dataclasses alone
            raise ParameterError(
                f"{cls.__name__}: {reprlib.repr(unnamed[0])} has no name; write "
                f"{cls.__name__}({first}=…)"
            )
        if given:  # a copy is made of nothing, and filled afterwards
            keys_of(cls, given, Place(cls.__name__, ParameterError))
        return super().__new__(cls)


def settle(value: Any, name: str) -> None:
    """Check a frozen dataclass in its `__post_init__`, and keep its fields as their types say.

    Raises:
        ParameterError: a field is not what its type says.
    """
    place = Place(name, ParameterError)
    for key, hint in _hints(type(value)).items():
        object.__setattr__(value, key, checked(hint, getattr(value, key), place.of(key)))


def checks(function: Callable[P, T]) -> Callable[P, T]:
    """A function that refuses an argument that is not what its type says, and keeps it as that.

    Only simple values are looked at; tables, levers and rules are read by who takes them.

    Raises:
        ParameterError: an argument is of another type or beyond its bounds, unknown or missing.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def checking(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            given, hints = signature.bind(*args, **kwargs), _hints(function)
        except TypeError as e:
            takes = ", ".join(n for n in signature.parameters if n != "self") or "nothing"
            raise ParameterError(f"{function.__name__}: {e}; it takes {takes}") from None
        for name, value in given.arguments.items():
            kind = without_none(hints.get(name, Any))
            if get_origin(kind) is Callable and not callable(value) and value is not None:
                raise ParameterError(f"{name} must be a function, not {_shown(value)}")
            if kind in _MUST or get_origin(kind) is Annotated:
                place = Place(name, ParameterError)
                given.arguments[name] = checked(hints[name], value, place)
        return function(*given.args, **given.kwargs)

    return checking


def checks_methods(kind: type[T]) -> type[T]:
    """A class whose public methods are checked like functions; see `checks`."""
    for name, method in vars(kind).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(kind, name, checks(method))
    return kind


def checked(hint: Any, value: Any, place: Place, *, strict: bool = True) -> Any:
    """A value as its type says.

    Args:
        hint: a type; with `msgspec.Meta`, bounds, and in words what a value must be.
        value: as TOML, Python or a command line has it.
        place: where it stands.
        strict: whether "5" is no number.

    Raises:
        VtrkitError: of the place's kind: what it must be, and what it is.

    Examples:
        >>> checked(Share, 1, Place("x")), checked(Texts, "a", Place("x"))
        (1.0, ('a',))
        >>> checked(Share, 95, Place("own.toml: share"))
        Traceback (most recent call last):
        vtrkit.errors.FactsError: own.toml: share must be a share from 0 to 1, not 95
    """
    kind = without_none(hint)
    if kind is Any:
        return value
    if get_origin(kind) is Mapping:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise place.error(f"{place} must be a table, not {_shown(value)}")
        inner = get_args(kind)[1]
        return {k: checked(inner, v, place._replace(name=f"{place}.{k}")) for k, v in value.items()}
    if is_dataclass(kind) and not isinstance(value, kind | None):  # type: ignore[operator]
        return build(kind, value, place)  # type: ignore[arg-type]
    meta: Meta = getattr(kind, "__metadata__", (Meta(),))[0]
    extra = meta.extra or {}
    written = extra.get(READ_AS, lambda given: given)(value)
    if KEPT_AS in extra:
        hint = extra[KEPT_AS] if kind is hint else extra[KEPT_AS] | None
    try:
        return msgspec.convert(_plain(written), hint, strict=strict)
    except (msgspec.ValidationError, AttributeError):  # a Polars table passes for a mapping
        # what is left are closed sets: a Literal, or an Enum
        must = meta.description or _MUST.get(kind) or f"one of {', '.join(get_args(kind) or kind)}"
        raise place.error(f"{place} must be {must}, not {_shown(value)}") from None


def _types(kind: Any) -> dict[str, Any]:
    try:
        return get_type_hints(kind, include_extras=True)
    except NameError:  # of types that are imported for a checker alone
        return {}


_hints: Callable[[Any], dict[str, Any]] = cache(_types)
"""The types of what a function or a dataclass takes."""


def without_none(hint: Any) -> Any:
    """A type without the None that it may be instead."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    return kinds[0] if get_origin(hint) in (Union, UnionType) and len(kinds) == 1 else hint


def _plain(value: Any) -> Any:
    """Python's own value of a number of NumPy's and of a member of an Enum."""
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    if isinstance(value, Real) and hasattr(value, "item"):
        return value.item()
    return str(value) if isinstance(value, str) else value


def _shown(value: object) -> str:
    return str(value) if isinstance(value, date | Decimal) else reprlib.repr(value)
