"""Harms that know a format: archives of arrays, YAML, scenes, stores."""

from __future__ import annotations

import io
import json
import random
import sqlite3
import zipfile
from contextlib import suppress

import numpy as np
import yaml
from fuzz_mutations import harm_bytes, harm_json, harm_tensors, harm_value, odd_value

from armchair.store.rows.codec import digest

SHAPES = ("(1000000000000,)", "(-1, 3)", "(3,) * 9", "(2**62, 4)", "()", "(5, 3)", "'x'")
DESCRS = ("<f4", "<f8", "<c16", "<M8[s]", "|O", "<U9999999", "|V8", "<f2", "<g", ">i8", "|b1")
ODD = [
    *(np.array([1j]), np.array(["2026-01-01"], "M8[s]"), np.full((5, 3), np.nan)),
    *(np.zeros((0, 3)), np.array("\ud800"), np.full((5, 3), 1e300)),
]
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)


def harm_npz(data: bytes, rng: random.Random) -> bytes:
    """An array's header that lies, another kind of number, another member; or any zip file's harms."""
    if rng.random() < 0.4:
        return harm_zip(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    name = rng.choice(sorted(members))
    kind = rng.randrange(4)
    if kind == 0:
        members[name] = harm_bytes(members[name], rng)
    elif kind == 1:
        shape, descr = rng.choice(SHAPES), rng.choice(DESCRS)
        header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
        header += b" " * (64 - (len(header) + 11) % 64) + b"\n"
        size = len(header).to_bytes(2, "little")
        members[name] = b"\x93NUMPY\x01\x00" + size + header + members[name][128:]
    elif kind == 2:
        out = io.BytesIO()
        np.save(out, rng.choice(ODD), allow_pickle=False)
        members[name] = out.getvalue()
    else:
        members.pop(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", rng.choice(PACKINGS)) as new:
        for key, value in members.items():
            new.writestr(key, value)
    return out.getvalue()


def harm_zip(data: bytes, rng: random.Random) -> bytes:
    """Fields of the lists of members: sizes, flags, kinds of compression; or any bytes."""
    if rng.random() < 0.5:
        return harm_bytes(data, rng)
    out = bytearray(data)
    for mark in (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6"):
        at = data.find(mark, rng.randrange(max(1, len(data) // 2)))
        if at >= 0 and rng.random() < 0.6:
            field = at + rng.randrange(4, 48)
            out[field : field + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\1\0\0\0", rng.randbytes(4))
            )
    return bytes(out)


def harm_yaml(data: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.4:
        return harm_bytes(data, rng)
    try:
        return yaml.safe_dump(harm_value(yaml.safe_load(data), rng)).encode("utf-8", "surrogatepass")
    except (yaml.YAMLError, RecursionError):
        return data[: rng.randrange(len(data))]


def harm_scene(data: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.4:
        return harm_bytes(data, rng)
    begin = 4 + int.from_bytes(data[:4], "little")
    header = harm_json(data[4:begin], rng)
    return len(header).to_bytes(4, "little") + header + data[begin:]


def harm_store(data: bytes, rng: random.Random) -> bytes:
    """A value that no armchair writes, an array of a clip that is another, or any bytes."""
    if rng.random() < 0.3:
        return harm_bytes(data, rng)
    raw = sqlite3.connect(":memory:")
    raw.deserialize(data[:18] + b"\1\1" + data[20:])  # in memory there is no log
    try:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        for _ in range(rng.choice((1, 1, 3))):
            _harm_row(raw, rng)
        raw.commit()
        out = bytes(raw.serialize())
        return out[:18] + rng.choice((b"\1\1", b"\2\2")) + out[20:]
    finally:
        raw.close()


def _harm_row(raw: sqlite3.Connection, rng: random.Random) -> None:
    """Change something of one table. Nothing where an earlier harm leaves nothing to change."""
    tables = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    table = rng.choice(tables)
    if "clips" in tables and (table == "clips" or rng.random() < 0.1):
        _harm_clip(raw, rng)
    elif rng.random() < 0.1:
        name = f"{rng.getrandbits(128):032x}"
        harms = (f"DELETE FROM [{table}]", f"DROP TABLE [{table}]", f"CREATE TABLE [{name}] (x)")
        raw.execute(rng.choice(harms)) if not table.startswith("sqlite_") else None
    else:
        _harm_column(raw, table, rng)


def _harm_clip(raw: sqlite3.Connection, rng: random.Random) -> None:
    """A clip's arrays are others, and its hash is theirs."""
    rows = raw.execute("SELECT id, arrays FROM clips").fetchall()
    name, arrays = rng.choice(rows) if rows else (None, None)
    if isinstance(arrays, bytes):
        changed = harm_tensors(arrays, rng)
        sealed = digest(changed, None).hex()
        raw.execute("UPDATE clips SET arrays = ?, sha256 = ? WHERE id = ?", (changed, sealed, name))


def _harm_column(raw: sqlite3.Connection, table: str, rng: random.Random) -> None:
    """A text that says something else, or an odd value in each row."""
    columns = [row[1] for row in raw.execute(f"PRAGMA table_info([{table}])")]
    value = odd_value(rng)
    if isinstance(value, dict | list):
        value = json.dumps(value)
    if isinstance(value, str):
        texts = (value.encode("utf-8", "surrogatepass"), value.encode("ascii", "replace").decode())
        value = rng.choice(texts)
    if isinstance(value, int) and abs(value) >= 2**63:
        value = str(value)
    texts = [column for column in columns if column in ("value", "line")]
    column = rng.choice(texts or columns)
    if column in texts and rng.random() < 0.7:
        rows = raw.execute(f"SELECT rowid, [{column}] FROM [{table}]").fetchall()
        row = rng.choice(rows) if rows else (None, None)
        if isinstance(row[1], str) and row[1][:1] in "{[":
            changed = harm_json(row[1].encode("utf-8", "replace"), rng).decode("utf-8", "replace")
            raw.execute(f"UPDATE [{table}] SET [{column}] = ? WHERE rowid = ?", (changed, row[0]))
            return
    with suppress(sqlite3.IntegrityError):  # a key that is no whole number
        raw.execute(f"UPDATE OR IGNORE [{table}] SET [{column}] = ?", (value,))
