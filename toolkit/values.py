"""`dataclass`, whose frozen classes are defined six to ten times as fast, so that a command starts sooner.

The standard library's writes the source of six methods for each frozen class and compiles it: a third of a millisecond,
and one command needs about seventy such classes. Here they share their methods, which look up the fields when they run.
Finding the fields is left to the standard library, whose `replace`, `fields` and `asdict`, and `match`, work as ever.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  (what it is, to whoever checks types)
else:

    def dataclass(
        cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, **options: bool
    ) -> type | Callable[[type], type]:
        """Do what `dataclasses.dataclass` does. With `frozen=True, slots=True`, `repr=False` is the one other option,
        and every field is an argument: no `init=False`, `kw_only` or InitVar.
        """
        if frozen and slots:
            return _frozen(**options) if cls is None else _frozen(**options)(cls)
        return dataclasses.dataclass(cls, frozen=frozen, slots=slots, **options)


def _frozen(*, repr: bool = True) -> Callable[[type], type]:  # noqa: A002  (named as in dataclasses)
    def made(cls: type) -> type:
        cls.__doc__ = cls.__doc__ or cls.__name__  # or a signature would be worked out to stand there
        value: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        if kept := [one.name for one in dataclasses.fields(value) if not one.init or one.kw_only]:
            raise TypeError(f"{cls.__name__}: {', '.join(kept)} must be arguments, by place as by name")
        for name, method in _METHODS.items():
            # A class with an __eq__ of its own has None for __hash__.
            if cls.__dict__.get(name) is None and (repr or method is not _repr):
                setattr(value, name, method)
        return value

    return made


def _init(self: Any, /, *given: Any, **named: Any) -> None:
    fields = self.__dataclass_fields__
    names = self.__match_args__
    for name, value in zip(names, given):  # noqa: B905  (what is too much is told below, with the rest)
        _put(self, name, value)
    for name in names[len(given) :]:
        _put(self, name, named.pop(name) if name in named else _default(self, fields[name]))
    if named or len(given) > len(names):
        raise TypeError(f"{type(self).__name__} takes {', '.join(names)}; given: {len(given)} and {', '.join(named)}")
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _default(self: Any, field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    if field.default is MISSING:
        raise TypeError(f"{type(self).__name__} needs {field.name}")
    return field.default


def _compared(self: Any) -> tuple[Any, ...]:
    fields = self.__dataclass_fields__
    return tuple(getattr(self, name) for name in self.__match_args__ if fields[name].compare)


def _eq(self: Any, other: object) -> bool:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _repr(self: Any) -> str:
    fields = self.__dataclass_fields__
    shown = (name for name in self.__match_args__ if fields[name].repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _setattr(_: Any, name: str, __: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _reduce(self: Any) -> tuple[type, tuple[Any, ...]]:
    """Copy and pickle by making it again: they would set attributes."""
    return type(self), tuple(getattr(self, name) for name in self.__match_args__)


_put = object.__setattr__
_METHODS: dict[str, Callable[..., Any]] = {
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__reduce__": _reduce,
}
