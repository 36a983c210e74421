from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from toolkit.media.udf.tag import TAG_SIZE, Tag, TagId, is_at, read_tag, resealed, sealed

TAGS = st.builds(
    Tag,
    identifier=st.sampled_from(list(TagId)).map(int),
    version=st.sampled_from([2, 3]),
    serial=st.integers(0, 0xFFFF),
    covered=st.just(0),
    location=st.integers(0, 0xFFFF_FFFF),
)


def test_the_crc_is_the_one_of_the_standard() -> None:
    """ECMA-167 3/7.2.6 gives 70 6A 77 and their CRC, 3299."""
    assert sealed(Tag(2, 2, 0, 3, 0), b"\x70\x6a\x77")[8:10] == (0x3299).to_bytes(2, "little")


@given(TAGS, st.binary(max_size=300))
def test_a_sealed_descriptor_is_read_back(tag: Tag, body: bytes) -> None:
    full = Tag(tag.identifier, tag.version, tag.serial, len(body), tag.location)
    assert read_tag(sealed(full, body)) == full


@given(TAGS, st.binary(min_size=1, max_size=300), st.data())
def test_any_flipped_bit_breaks_the_seal(tag: Tag, body: bytes, data: st.DataObject) -> None:
    descriptor = bytearray(sealed(Tag(tag.identifier, tag.version, tag.serial, len(body), tag.location), body))
    at = data.draw(st.integers(0, len(descriptor) - 1).filter(lambda index: index != 5))  # 5 is reserved
    descriptor[at] ^= 1 << data.draw(st.integers(0, 7))
    assert read_tag(bytes(descriptor)) is None


@given(TAGS, st.binary(max_size=100), st.integers(0, 0xFFFF_FFFF))
def test_resealing_moves_a_descriptor(tag: Tag, body: bytes, location: int) -> None:
    moved = resealed(sealed(Tag(TagId.FILE_ENTRY, 3, 0, len(body), tag.location), body), location)
    assert is_at(moved, TagId.FILE_ENTRY, location)
    assert moved[TAG_SIZE:] == body


def test_a_descriptor_elsewhere_or_of_another_kind_is_not_the_one() -> None:
    descriptor = sealed(Tag(TagId.ANCHOR, 2, 0, 0, 256), b"")
    assert is_at(descriptor, TagId.ANCHOR, 256)
    assert not is_at(descriptor, TagId.ANCHOR, 257)
    assert not is_at(descriptor, TagId.PARTITION, 256)


def test_what_is_too_short_or_blank_has_no_tag() -> None:
    assert read_tag(b"") is None
    assert read_tag(bytes(2048)) is None
