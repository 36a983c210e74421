from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.values import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    name: str
    number: int = 7
    parts: tuple[str, ...] = field(default_factory=tuple)
    hidden: bytes = field(default=b"", repr=False)
    aside: str = field(default="", compare=False)

    @property
    def doubled(self) -> int:
        return 2 * self.number


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    name: str
    number: int = 7
    parts: tuple[str, ...] = field(default_factory=tuple)
    hidden: bytes = field(default=b"", repr=False)
    aside: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Longer(Ours):
    more: str = "more"


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    _value: str

    def __repr__(self) -> str:
        return "Sealed"


@dataclass(frozen=True, slots=True)
class Checked:
    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("below zero")


@dataclass
class Growing:
    items: list[str] = field(default_factory=list)


ARGUMENTS = st.fixed_dictionaries(
    {"name": st.sampled_from("ab")},
    optional={
        "number": st.integers(0, 2),
        "parts": st.tuples(st.sampled_from("ab")),
        "hidden": st.sampled_from([b"", b"x"]),
        "aside": st.sampled_from(["", "x"]),
    },
)


@given(ARGUMENTS, ARGUMENTS)
def test_a_value_is_what_the_standard_library_makes(one: dict[str, Any], other: dict[str, Any]) -> None:
    ours, theirs = (Ours(**one), Ours(**other)), (Theirs(**one), Theirs(**other))
    assert (ours[0] == ours[1]) is (theirs[0] == theirs[1])
    assert (hash(ours[0]) == hash(ours[1])) is (hash(theirs[0]) == hash(theirs[1]))
    assert repr(ours[0]) == repr(theirs[0]).replace("Theirs", "Ours")
    assert dataclasses.asdict(ours[0]) == dataclasses.asdict(theirs[0])
    assert dataclasses.asdict(dataclasses.replace(ours[0], number=9)) == dataclasses.asdict(
        dataclasses.replace(theirs[0], number=9)
    )
    assert ours[0] != object()
    assert ours[0].__eq__(theirs[0]) is NotImplemented


@given(ARGUMENTS)
def test_arguments_may_be_given_by_place(arguments: dict[str, Any]) -> None:
    made = Ours(**arguments)
    assert Ours(made.name, made.number, made.parts, hidden=made.hidden, aside=made.aside) == made


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ((), {}),
        (("a", 1, (), b"", "", "too much"), {}),
        (("a",), {"name": "again"}),
        (("a",), {"unknown": 1}),
    ],
)
def test_wrong_arguments_are_refused_as_ever(given_: tuple[Any, ...], named: dict[str, Any]) -> None:
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(*given_, **named)


def test_nothing_can_be_changed_taken_away_or_added() -> None:
    made: Any = Ours("a")
    with pytest.raises(FrozenInstanceError):
        made.name = "b"
    with pytest.raises(FrozenInstanceError):
        made.new = "b"
    with pytest.raises(FrozenInstanceError):
        del made.name
    assert made == Ours("a")
    assert not hasattr(made, "__dict__")


def test_a_value_can_be_taken_apart_copied_and_sent() -> None:
    made = Longer("a", aside="b")
    match made:
        case Ours(name, number):
            assert (name, number, made.doubled) == ("a", 7, 14)
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301
        assert again == made
        assert again.aside == "b"
    assert [one.name for one in dataclasses.fields(made)] == ["name", "number", "parts", "hidden", "aside", "more"]
    assert made != Ours("a")


def test_a_class_keeps_the_methods_of_its_own() -> None:
    assert repr(Sealed("secret")) == "Sealed"
    with pytest.raises(ValueError, match="below zero"):
        Checked(-1)


def test_a_class_with_an_equality_of_its_own_can_be_hashed_as_ever() -> None:
    @dataclass(frozen=True, slots=True)
    class Alike:  # noqa: PLW1641  (it gets one)
        name: str

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Alike)

    assert Alike("a") == Alike("b")
    assert hash(Alike("a")) == hash(("a",))


@pytest.mark.parametrize("options", [{"init": False}, {"kw_only": True}])
def test_a_field_that_the_shared_methods_would_pass_over_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"Partial: aside must be arguments"):

        @dataclass(frozen=True, slots=True)
        class Partial:
            name: str
            aside: str = field(default="", **options)  # type: ignore[misc]


def test_a_constant_of_the_class_is_no_field() -> None:
    @dataclass(frozen=True, slots=True)
    class Constant:
        name: str
        limit: ClassVar[int] = 3

    assert (repr(Constant("a")).rpartition(".")[2], Constant.limit) == ("Constant(name='a')", 3)


def test_a_class_may_be_given_directly() -> None:
    class Plain:
        name: str

    made: Any = dataclass(Plain, frozen=True, slots=True)
    assert made("a") == made(name="a")


def test_a_default_that_would_be_shared_is_refused_as_ever() -> None:
    with pytest.raises(ValueError, match="mutable default"):

        @dataclass(frozen=True, slots=True)
        class Shared:
            items: list[str] = []  # noqa: RUF012


def test_what_changes_is_the_standard_librarys() -> None:
    one, other = Growing(), Growing()
    one.items.append("a")
    assert (one, other) == (Growing(["a"]), Growing())
