"""Zip archives that may be hostile: books, office files.

Nothing is unpacked to a disk, and no more than `MAX_UNPACKED` bytes to memory, whatever the archive
says of itself.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from chatkeep.knowledge.parse.parsed import Refused

MAX_MEMBERS = 20_000
MAX_UNPACKED = 200_000_000
"""Bytes read from one archive, unpacked."""

_PIECE = 1 << 18
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_TOO_LARGE = f"it unpacks to more than {MAX_UNPACKED:,} bytes."


class Archive:
    """The members of a zip file, by name."""

    def __init__(self, data: bytes, kind: str) -> None:
        """Raises Refused: `data` is not `kind`, such as "a Word document"."""
        if data.startswith(COMPOUND_FILE):
            raise Refused(f"it is protected by a password, or of an old kind. Save it anew as {kind}.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise Refused(f"it is damaged, or not {kind}.") from None
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise Refused(f"it has more than {MAX_MEMBERS:,} files inside.")
        self._members = {member.filename: member for member in members}
        self._left = MAX_UNPACKED

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member's content, bit by bit. Raises Refused: it is damaged, encrypted or too large."""
        member = self._members.get(name)
        if member is None:
            return
        if member.flag_bits & 0x1:
            raise Refused("it is protected by a password.")
        if member.file_size > self._left:
            raise Refused(_TOO_LARGE)
        try:
            with self._zip.open(member) as opened:
                while piece := opened.read(_PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise Refused(_TOO_LARGE)
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
            raise Refused(f"it is damaged: {name} inside it cannot be unpacked.") from None

    def read(self, name: str) -> bytes:
        """A member's content; empty where there is none."""
        return b"".join(self.pieces(name))
