"""The checksum inside a file of tensors: of all its bytes, with zeros in the place of the checksum."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from armchair.errors import InvalidInput
from armchair.reading.tensors import METADATA, Header, parse_header

KEY = "sha256"  # among the file's metadata
ZEROS = "0" * 64
_PIECE = 2**20  # bytes hashed at a time


def sealed(content: bytes) -> bytes:
    """The content of a file that was made with `ZEROS` under `KEY`, with its checksum there.

    The library writes several metadata in any order; here the same file always has the same bytes.
    """
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    header[METADATA] = dict(sorted(header[METADATA].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # tensors begin at a multiple of 8 bytes
    content = len(text).to_bytes(8, "little") + text + content[begin:]
    at = _place(content[: 8 + len(text)], ZEROS)
    return content[:at] + hashlib.sha256(content).hexdigest().encode() + content[at + len(ZEROS) :]


def resealed(content: bytes) -> bytes:
    """The content of a sealed file in which numbers were changed, with the checksum that it has now.

    Older ones have none, and stay without. Raises InvalidInput for what is no such file.
    """
    header = parse_header(content, len(content), "the file")
    told = header.metadata.get(KEY)
    if told is None:
        return content
    at = _place(content[: header.begin], told)
    blank = content[:at] + ZEROS.encode() + content[at + len(ZEROS) :]
    return blank[:at] + hashlib.sha256(blank).hexdigest().encode() + blank[at + len(ZEROS) :]


def check_seal(file: Path, header: Header) -> None:
    """Raises InvalidInput where a file is not what was written; older ones have no checksum."""
    told = header.metadata.get(KEY)
    if told is None:
        return
    with file.open("rb") as data:
        start = data.read(header.begin)
        at = _place(start, told)
        found = hashlib.sha256(start[:at] + ZEROS.encode() + start[at + len(ZEROS) :])
        while piece := data.read(_PIECE):
            found.update(piece)
    if found.hexdigest() != told:
        raise InvalidInput("it is not what was written")


def _place(header: bytes, told: str) -> int:
    """Where the checksum begins; a quotation mark inside a text would have a backslash before it."""
    before = f'"{KEY}":"'
    at = header.find(f'{before}{told}"'.encode())
    if at < 0 or len(told) != len(ZEROS):
        raise InvalidInput("its checksum is damaged")
    return at + len(before)
