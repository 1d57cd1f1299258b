"""Reads FlatBuffers tables without a schema compiler, and without trusting the bytes.

Every offset is checked before it is followed, so that a damaged or hostile file gives a
``BundleError`` and not a crash or an endless loop. The layout is that of the FlatBuffers internals
document: little-endian, a table starts with a signed offset back to its vtable, the vtable holds
the offset of each field or 0 where the default applies.
"""

from collections.abc import Iterator
from struct import Struct, unpack_from
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_runtime.errors import BundleError

MAX_ELEMENTS: Final = 4_000_000
"""Table and vector elements one file may make us look at; a few thousand are usual."""

_UINT8, _INT8, _UINT16 = Struct("<B"), Struct("<b"), Struct("<H")
_INT32, _UINT32, _UINT64 = Struct("<i"), Struct("<I"), Struct("<Q")


class Reader:
    """Bounds-checked access to the bytes, and the account of how much has been read."""

    def __init__(self, data: bytes, identifier: bytes) -> None:
        """Take the bytes of one FlatBuffer.

        Raises:
            BundleError: too short, or the file identifier (bytes 4 to 8) is another one.
        """
        self.data = data
        self._left = MAX_ELEMENTS
        if len(data) < 8:
            raise BundleError(
                f"flatbuffer check failed: {len(data)} bytes is too short for a network"
            )
        if data[4:8] != identifier:
            raise BundleError(
                f"flatbuffer check failed: no {identifier.decode()} identifier, so this is not a"
                " TensorFlow Lite file"
            )

    def root(self) -> "Table":
        """The table the file starts with."""
        return Table(self, self.offset(0))

    def spend(self, elements: int) -> None:
        """Count elements about to be read; a file of tables that share tables stops here."""
        self._left -= elements
        if self._left < 0:
            raise BundleError("flatbuffer check failed: it has more parts than any real network")

    def number(self, kind: Struct, position: int) -> int:
        """One scalar at a byte position."""
        if position < 0 or position + kind.size > len(self.data):
            self.check(position, kind.size)
        value: int = kind.unpack_from(self.data, position)[0]
        return value

    def offset(self, position: int) -> int:
        """The byte position that the unsigned offset stored at ``position`` points to."""
        return position + self.number(_UINT32, position)

    def check(self, position: int, size: int) -> None:
        """Refuse a range that is not inside the file."""
        if position < 0 or size < 0 or position + size > len(self.data):
            raise BundleError(
                f"flatbuffer check failed: {size} bytes at {position} lie outside the network's"
                f" {len(self.data)} bytes (damaged or truncated file)"
            )


class Table:
    """One table; its fields are named by their number in the schema."""

    __slots__ = ("_entries", "_size", "_vtable", "position", "reader")

    def __init__(self, reader: Reader, position: int) -> None:
        """Find the table at a byte position and check its frame, so that fields need less doubt.

        Raises:
            BundleError: it lies outside the file or is damaged.
        """
        reader.spend(1)
        self.reader = reader
        self.position = position
        self._vtable = position - reader.number(_INT32, position)
        vtable_size = reader.number(_UINT16, self._vtable)
        self._size = reader.number(_UINT16, self._vtable + 2)
        reader.check(self._vtable, vtable_size)
        reader.check(position, self._size)
        if vtable_size < 4 or vtable_size % 2 or self._size < 4:
            raise BundleError(f"flatbuffer check failed: damaged table at byte {position}")
        self._entries = (vtable_size - 4) // 2

    def field(self, number: int) -> int | None:
        """Byte position of a field's value, None where the default applies."""
        if number >= self._entries:
            return None
        offset: int = _UINT16.unpack_from(self.reader.data, self._vtable + 4 + 2 * number)[0]
        if offset >= self._size:
            raise BundleError(f"flatbuffer check failed: damaged table at byte {self.position}")
        return self.position + offset if offset else None

    def _scalar(self, kind: Struct, number: int, default: int) -> int:
        position = self.field(number)
        return default if position is None else self.reader.number(kind, position)

    def uint8(self, number: int, default: int = 0) -> int:
        """A field of one unsigned byte."""
        return self._scalar(_UINT8, number, default)

    def int8(self, number: int, default: int = 0) -> int:
        """A field of one signed byte."""
        return self._scalar(_INT8, number, default)

    def int32(self, number: int, default: int = 0) -> int:
        """A field of four signed bytes."""
        return self._scalar(_INT32, number, default)

    def uint32(self, number: int, default: int = 0) -> int:
        """A field of four unsigned bytes."""
        return self._scalar(_UINT32, number, default)

    def uint64(self, number: int, default: int = 0) -> int:
        """A field of eight unsigned bytes."""
        return self._scalar(_UINT64, number, default)

    def table(self, number: int) -> "Table | None":
        """A field that is a table."""
        position = self.field(number)
        return None if position is None else Table(self.reader, self.reader.offset(position))

    def _vector(self, number: int, item_size: int) -> tuple[int, int]:
        """Position of the first item and the number of items; (0, 0) where there is none."""
        position = self.field(number)
        if position is None:
            return 0, 0
        start = self.reader.offset(position)
        count = self.reader.number(_UINT32, start)
        self.reader.check(start + 4, count * item_size)
        return start + 4, count

    def tables(self, number: int) -> Iterator["Table"]:
        """The tables of a vector field."""
        start, count = self._vector(number, 4)
        for i in range(count):
            yield Table(self.reader, self.reader.offset(start + 4 * i))

    def array(self, number: int, dtype: str) -> npt.NDArray[np.generic]:
        """The items of a vector field of numbers, e.g. dtype ``"<i4"``."""
        item = np.dtype(dtype)
        start, count = self._vector(number, item.itemsize)
        self.reader.spend(count)
        return np.frombuffer(self.reader.data, item, count, start)

    def ints(self, number: int) -> tuple[int, ...]:
        """The items of a vector field of int32."""
        start, count = self._vector(number, 4)
        self.reader.spend(count)
        return unpack_from(f"<{count}i", self.reader.data, start) if count else ()

    def bytes_length(self, number: int) -> int:
        """Length of a vector field of bytes; the bytes are not read."""
        return self._vector(number, 1)[1]

    def bytes_at(self, number: int) -> bytes:
        """The bytes of a vector field, copied."""
        start, count = self._vector(number, 1)
        return self.reader.data[start : start + count]

    def string(self, number: int) -> str:
        """A text field; undecodable bytes become replacement characters."""
        start, count = self._vector(number, 1)
        self.reader.spend(count)
        return self.reader.data[start : start + count].decode("utf-8", "replace")
