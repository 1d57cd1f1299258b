"""One file per model: a TensorFlow Lite flatbuffer with a ZIP archive behind it.

    NAME.tflite = flatbuffer | ZIP of card.json, charset.txt and, where there is one, lexicon.bin

Any TFLite tool opens the file, because a flatbuffer is read from its start; ``unzip -l`` lists the
archive, because a ZIP is read from its end. That is how the TensorFlow Lite Metadata convention
attaches files. Everything is verified when a bundle is opened; the interpreter only gets bytes
whose hash, structure and output size are those the card promises.
"""

import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from edge_runtime.atomic import write_atomically
from edge_runtime.card import Card
from edge_runtime.charset import Charset
from edge_runtime.errors import BundleError, DataError
from edge_runtime.network_file import IDENTIFIER, NetworkFile
from edge_runtime.shipped import find_model

MAX_BUNDLE_BYTES: Final = 256 * 2**20
"""A file over this is no model for a small board; it is refused before it is read."""
CARD, CHARSET, LEXICON = "card.json", "charset.txt", "lexicon.bin"
_LIMITS: Final = {CARD: 2**20, CHARSET: 2**18, LEXICON: 64 * 2**20}
"""Bytes each member may have unpacked; a compressed bomb is refused before it is unpacked."""
_ZIP_ERRORS: Final = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError),
    *(ValueError, OverflowError, NotImplementedError, RuntimeError, OSError),
)
"""What the zip module may raise on damaged or hostile archives."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bundle:
    """A verified model: the network's bytes and all that is needed to use them."""

    network: bytes
    """The flatbuffer alone, without the archive."""
    card: Card
    charset: Charset
    lexicon: bytes | None = None
    path: Path | None = None
    """Where it was read from."""
    file_bytes: int = 0
    """Size of the whole file."""

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Read and verify a model file.

        Args:
            path: of the file, or the bare name of a model that comes with the package.

        Raises:
            BundleError: missing, unreadable, damaged, foreign or inconsistent; the message begins
                with the path and names the check that failed.
        """
        path = find_model(path)
        try:
            return replace(cls.from_bytes(_read(path)), path=path)
        except BundleError as error:
            raise BundleError(f"{path}: {error}") from None

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Take the bytes of a model file apart and verify them.

        Raises:
            BundleError: damaged, foreign or inconsistent; the message names the check.
        """
        if data[4:8] != IDENTIFIER:
            raise BundleError(
                "identifier check failed: no TFL3 mark, so this is not a TensorFlow Lite model"
                " (expected a .tflite written by 'edge-htr convert')"
            )
        members = _unpack(data)
        card = Card.from_json(_text(members[CARD], CARD))
        if not 0 < card.network_bytes <= len(data):
            raise BundleError(
                f"size check failed: the card names {card.network_bytes} bytes of network, the"
                f" file has {len(data)} (truncated?)"
            )
        bundle = cls(
            data[: card.network_bytes],
            card,
            _charset(_text(members[CHARSET], CHARSET)),
            members.get(LEXICON),
            file_bytes=len(data),
        )
        bundle.verify()
        return bundle

    def verify(self) -> None:
        """Check the parts against each other.

        Raises:
            BundleError: the network's hash, the charset's hash, the structure of the flatbuffer,
                its input or its number of output classes is not what the card says.
        """
        found = hashlib.sha256(self.network).hexdigest()
        if len(self.network) != self.card.network_bytes or found != self.card.network_sha256:
            raise BundleError(
                f"hash check failed: the network's SHA-256 is {found[:16]}…, the card says"
                f" {self.card.network_sha256[:16]}… (damaged file)"
            )
        if self.charset.sha256 != self.card.charset_sha256:
            raise BundleError("charset check failed: charset.txt is not the one the card names")
        _check_interface(NetworkFile.parse(self.network), self.card, self.charset)


def write_bundle(
    path: Path, network: bytes, card: Card, charset: Charset, lexicon: bytes | None = None
) -> Bundle:
    """Write a model file atomically; what would not verify is not written.

    Args:
        path: the file to make or replace.
        network: a TensorFlow Lite flatbuffer.
        card: its card; the hashes and the network's length are filled in here.
        charset: one symbol per output class but the last, which is the CTC blank.
        lexicon: contents of ``lexicon.bin``.

    Returns:
        The bundle as it stands in the file.

    Raises:
        BundleError: the parts do not fit each other, or exceed a limit.
        OSError: the file cannot be written.
    """
    data = pack(network, card, charset, lexicon)
    bundle = Bundle.from_bytes(data)
    write_atomically(path, data)
    return replace(bundle, path=path)


def pack(network: bytes, card: Card, charset: Charset, lexicon: bytes | None = None) -> bytes:
    """The bytes of a model file; equal parts give equal bytes. See ``write_bundle``."""
    card = replace(
        card,
        charset_sha256=charset.sha256,
        network_sha256=hashlib.sha256(network).hexdigest(),
        network_bytes=len(network),
    )
    stream = io.BytesIO()
    stream.write(network)
    # Mode "a" behind foreign bytes gives offsets from the start of the file, as unzip wants them.
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
        for name, content in (
            (CARD, card.to_json().encode("utf-8")),
            (CHARSET, charset.symbols.encode("utf-8")),
            (LEXICON, lexicon),
        ):
            if content is not None:
                member = zipfile.ZipInfo(name, _EPOCH)
                member.external_attr = 0o644 << 16
                archive.writestr(member, content)
    return stream.getvalue()


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise BundleError("is a folder, not a model file")
        size = path.stat().st_size
        if size > MAX_BUNDLE_BYTES:
            raise BundleError(
                f"size check failed: {size / 2**20:.0f} MiB is over the limit of"
                f" {MAX_BUNDLE_BYTES // 2**20} MiB"
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise BundleError("no such file") from None
    except OSError as error:
        raise BundleError(f"cannot be read ({error.strerror or error})") from None


def _unpack(data: bytes) -> dict[str, bytes]:
    """The members of the archive behind the network, each within its limit."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if len(members) != len(archive.infolist()):
                raise BundleError("archive check failed: a member is there twice")
            for name in (CARD, CHARSET):
                if name not in members:
                    raise BundleError(
                        f"archive check failed: no {name}; a plain .tflite has to go through"
                        " 'edge-htr convert' to become a model"
                    )
            return {name: _member(archive, members[name]) for name in _LIMITS if name in members}
    except _ZIP_ERRORS:
        raise BundleError(
            "archive check failed: no readable ZIP with card.json behind the network (a plain"
            " .tflite, or a truncated model)"
        ) from None


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    limit = _LIMITS[info.filename]
    if info.file_size > limit:
        raise BundleError(
            f"archive check failed: {info.filename} would unpack to {info.file_size} bytes, the"
            f" limit is {limit}"
        )
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise BundleError(f"archive check failed: {info.filename} is encrypted or oddly compressed")
    with archive.open(info) as stream:
        content = stream.read(limit + 1)
    if len(content) != info.file_size:
        raise BundleError(f"archive check failed: {info.filename} has not the size it declares")
    return content


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise BundleError(f"archive check failed: {name} is not UTF-8 text") from None


def _charset(symbols: str) -> Charset:
    try:
        return Charset(symbols)
    except DataError as error:
        raise BundleError(f"charset check failed: {error}") from None


def _check_interface(network: NetworkFile, card: Card, charset: Charset) -> None:
    """The network's input and output must be those of a line reader with this card."""
    given, made = network.single_input(), network.single_output()
    height = card.preprocessing.get("height")
    if len(given.shape) != 4 or given.signature[0] != 1 or given.signature[3] != 1:
        raise BundleError(
            f"input check failed: the network takes {list(given.signature)}, a line reader takes"
            " [1, height, width, 1]"
        )
    if given.signature[1] != height:
        raise BundleError(
            f"input check failed: the network takes lines {given.signature[1]} high, the card's"
            f" preprocessing makes them {height!r} high"
        )
    dynamic = given.signature[2] == -1
    if dynamic != (card.layout == "dynamic"):
        raise BundleError(f"input check failed: the network's width is not {card.layout}")
    if not dynamic and given.signature[2] != card.max_width:
        raise BundleError(
            f"input check failed: the network is {given.signature[2]} wide, the card says"
            f" {card.max_width}"
        )
    if len(made.shape) != 3 or made.shape[2] != len(charset) + 1:
        raise BundleError(
            f"charset check failed: the network's output is {list(made.signature)}, {len(charset)}"
            f" symbols and the blank need [1, steps, {len(charset) + 1}]"
        )
