"""Parquet by pyarrow, which is an extra: tables that grow row group by row group, and tables of others.

A kind of column is written as Arrow names it, "int64" or "string", with [7] for so many of it in each row and
[] for any number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from armchair.errors import InvalidInput
from armchair.offers.extras import need
from armchair.reading.files import open_regular
from armchair.reading.limits import DIMENSIONS, IMPORT_BYTES, TABLE_ROWS, TEXT_ROWS

Numbers = NDArray[np.generic]
Values = Numbers | Sequence[object]
"""Of a column, a row each."""
LONGEST_TEXT = 10_000  # letters
_KIND = re.compile(r"(\w+)((?:\[\d*\])*)")


class TableWriter:
    """A Parquet file that grows; a context manager. Raises MissingDependency without pyarrow."""

    def __init__(self, path: Path, kinds: Mapping[str, str], about: Mapping[str, str] | None = None) -> None:
        """kinds: of the columns by name. about: texts that the file says of itself."""
        need("parquet", "Parquet")
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
        self._arrow, self._kinds, self.bytes = arrow, kinds, 0
        fields = [(name, _type(kind)) for name, kind in kinds.items()]
        self._schema = arrow.schema(fields, metadata=dict(about or {}))
        self._writer = parquet.ParquetWriter(path, self._schema)

    def add(self, columns: Mapping[str, Values]) -> None:
        """Write rows as a row group of their own; every column must be there, all of one length."""
        arrays = [self._array(columns[name], kind) for name, kind in self._kinds.items()]
        table = self._arrow.Table.from_arrays(arrays, schema=self._schema)
        self.bytes += table.nbytes
        self._writer.write_table(table)

    def _array(self, values: Values, kind: str) -> object:
        wanted, sizes = _type(kind), re.findall(r"\[(\d+)\]", kind)
        if sizes:
            flat = self._arrow.array(np.asarray(values).reshape(-1), _type(kind.partition("[")[0]))
            return self._arrow.FixedSizeListArray.from_arrays(flat, int(sizes[0]))
        plain = values.reshape(-1) if isinstance(values, np.ndarray) else values  # (rows, 1)
        return self._arrow.array(plain, wanted)

    def close(self) -> None:
        """End the file."""
        self._writer.close()

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_table(
    path: Path,
    columns: Mapping[str, Values],
    kinds: Mapping[str, str],
    about: Mapping[str, str] | None = None,
) -> None:
    """Write a file at once, under another name until it is whole."""
    draft = path.with_name(f".{path.name}.tmp")
    try:
        with TableWriter(draft, kinds, about) as writer:
            writer.add(columns)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _type(kind: str) -> object:
    """Arrow's own, of the fixed-size lists those of one dimension only."""
    arrow = import_module("pyarrow")
    found = _KIND.fullmatch(kind)
    assert found is not None, kind
    made = arrow.type_for_alias(found[1])
    for size in re.findall(r"\[(\d*)\]", found[2]):
        made = arrow.list_(made, int(size)) if size else arrow.list_(made)
    return made


class Table(NamedTuple):
    """Columns that were read, and what the file says of itself."""

    numbers: dict[str, NDArray[np.float64]]  # (rows,), or (rows, width, …) of lists
    texts: dict[str, list[str | None]]
    rows: int
    about: dict[str, str]


def column_names(path: Path, where: str) -> list[str]:
    """Names of the columns of a file; errors as of `read_table`."""
    with _opened(path, where) as file:
        return [str(name) for name in file.schema_arrow.names]


def read_table(
    path: Path,
    where: str,
    numbers: Sequence[str],
    texts: Sequence[str] = (),
    *,
    optional: Sequence[str] = (),
) -> Table:
    """Columns of a file by others. where: what an error calls it. optional: those that may be missing.

    A number that is missing (null) is NaN. Raises InvalidInput for a file that is none, lacks a column, has
    one of another kind, or would take more memory than is allowed.
    """
    with _opened(path, where, texts) as file:
        names = [str(name) for name in file.schema_arrow.names]
        missing = [name for name in (*numbers, *texts) if name not in names and name not in optional]
        if missing:
            raise InvalidInput(f"{where} has no column {', '.join(missing)}: it has {', '.join(names)[:400]}")
        wanted = [name for name in (*numbers, *texts) if name in names]
        _check_size(file, wanted, where, TEXT_ROWS if texts else TABLE_ROWS)
        table = file.read(columns=wanted)
        said = {k.decode(): v.decode() for k, v in (file.schema_arrow.metadata or {}).items()}
        return Table(
            {name: _numbers(table.column(name), f"{name} in {where}") for name in numbers if name in names},
            {name: _texts(table.column(name), f"{name} in {where}") for name in texts if name in names},
            int(table.num_rows),
            said,
        )


class _Column(Protocol):
    """Of `pyarrow.ChunkedArray`, what is used."""

    type: object
    null_count: int

    def combine_chunks(self) -> _Column: ...
    def cast(self, to: object) -> _Column: ...
    def flatten(self) -> _Column: ...
    def to_pylist(self) -> list[str | None]: ...
    def to_numpy(self, *, zero_copy_only: bool) -> NDArray[np.generic]: ...
    def __len__(self) -> int: ...


class _Schema(Protocol):
    names: list[str]
    metadata: dict[bytes, bytes] | None


class _Chunk(Protocol):
    path_in_schema: str
    num_values: int
    total_uncompressed_size: int


class _Group(Protocol):
    num_columns: int

    def column(self, i: int) -> _Chunk: ...


class _Footer(Protocol):
    num_rows: int
    num_row_groups: int

    def row_group(self, i: int) -> _Group: ...


class _Table(Protocol):
    num_rows: int

    def column(self, name: str) -> _Column: ...


class _ParquetFile(Protocol):
    """Of `pyarrow.parquet.ParquetFile`, what is used."""

    schema_arrow: _Schema
    metadata: _Footer

    def read(self, columns: Sequence[str]) -> _Table: ...


@contextmanager
def _opened(path: Path, where: str, texts: Sequence[str] = ()) -> Generator[_ParquetFile]:
    """A file by others; whatever goes wrong with it is InvalidInput."""
    need("parquet", "Parquet")
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    try:
        with open_regular(path, IMPORT_BYTES, where) as raw:
            there = parquet.ParquetFile(raw).schema_arrow.names
            raw.seek(0)
            yield parquet.ParquetFile(raw, read_dictionary=[name for name in texts if name in there])
    except InvalidInput:
        raise
    except (arrow.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        told = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
        raise InvalidInput(f"{where} cannot be read as Parquet: {told[:200]}") from None


def _check_size(file: _ParquetFile, wanted: Sequence[str], where: str, rows: int) -> None:
    """InvalidInput for more rows or bytes than are read, by what the footer says."""
    footer = file.metadata
    if footer.num_rows > rows:
        raise InvalidInput(f"{where} has {footer.num_rows} rows, at most {rows} are read")
    taken = 0
    for i in range(footer.num_row_groups):
        group = footer.row_group(i)
        for chunk in map(group.column, range(group.num_columns)):
            if chunk.path_in_schema.partition(".list.")[0] in wanted:
                taken += max(8 * chunk.num_values, chunk.total_uncompressed_size)
    if taken > IMPORT_BYTES:
        raise InvalidInput(f"{where} would take {taken} bytes, at most {IMPORT_BYTES} are read")


def _numbers(column: _Column, where: str) -> NDArray[np.float64]:
    """(rows,), or (rows, width, …) of lists, and lists in them, that have one length."""
    types = import_module("pyarrow.types")
    column = column.combine_chunks()
    rows, kind = len(column), column.type
    shape = [rows]
    while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        if column.null_count:
            raise InvalidInput(f"{where} has rows without a list of numbers")
        before, column = len(column), column.flatten()
        shape.append(len(column) // max(before, 1))
        if len(column) != math.prod(shape) or len(shape) > DIMENSIONS:
            raise InvalidInput(f"{where} has lists of different lengths: all must be as long")
        kind = column.type
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        raise InvalidInput(f"{where} holds {kind}: it must be numbers, or lists of them")
    values = column.to_numpy(zero_copy_only=False)
    if types.is_boolean(kind) and column.null_count:
        raise InvalidInput(f"{where} has rows without a value")
    with np.errstate(all="ignore"):
        floats = np.array(values, dtype=np.float64)
    return floats.reshape(shape)


def _texts(column: _Column, where: str) -> list[str | None]:
    arrow, types = import_module("pyarrow"), import_module("pyarrow.types")
    kind = column.type
    if types.is_dictionary(kind):
        for chunk in getattr(column, "chunks", ()):
            longest = max((len(text or "") for text in chunk.dictionary.to_pylist()), default=0)
            if longest > LONGEST_TEXT:
                raise InvalidInput(
                    f"{where} has a text of {longest} letters, at most {LONGEST_TEXT} are read"
                )
        kind = getattr(kind, "value_type", kind)
    if not (types.is_string(kind) or types.is_large_string(kind)):
        raise InvalidInput(f"{where} holds {kind}: it must be texts")
    return column.cast(arrow.string()).to_pylist()
