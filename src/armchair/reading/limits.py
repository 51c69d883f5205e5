"""How much of what others wrote is read; far above what armchair itself writes.

What is parsed takes up to thirty times its bytes in memory, so texts have smaller limits than arrays.
"""

from __future__ import annotations

MIB = 2**20

CONFIG_BYTES = 64 * 2**10  # of a YAML file; armchair's have 3 kB
JSON_BYTES = 8 * MIB  # of a JSON file
TOLD_BYTES = MIB  # of JSON inside something else: a line, a value in a store
METRICS_BYTES = 64 * MIB  # of metrics.jsonl, ...
METRICS_VALUES = 2_000_000  # ... and values in it
ARRAYS_BYTES = 64 * MIB  # that the arrays of one clip may take, or its film
IMPORT_BYTES = 1024 * MIB  # that all clips of an import may take
TENSORS_BYTES = 2048 * MIB  # of a file of tensors
HEADER_BYTES = 4 * MIB  # of the header of one
ONNX_BYTES = 256 * MIB  # of an ONNX file; a policy of ours has 40 kB
ONNX_NODES = 5000  # operations in one
RUN_BYTES = 4096 * MIB  # of the files of a run that are copied

FILM_BYTES = 4096 * MIB  # of a film of a data set, which is read frame by frame
FILM_SIDE = 4096  # pixels, of the longer side of a film
TABLE_ROWS = 20_000_000  # of a Parquet file of numbers, ...
TEXT_ROWS = 1_000_000  # ... and of one with texts

DEPTH = 64  # of lists and mappings inside each other
NODES = 20_000  # values in a YAML file, those named by aliases counted each time
COLLECTIONS = 200_000  # lists and objects in a JSON text
TENSORS = 20_000  # in a file
DIMENSIONS = 8  # of an array
MEMBERS = 64  # arrays in an npz file
WHOLE = 2**63  # whole numbers lie below it, either way
STATE = 2**256  # those in the state of a random generator, which is written as JSON

NETWORK_WIDTH = 4096  # units in a layer
NETWORK_INPUTS = 2**20
NETWORK_LAYERS = 16
NETWORK_SIZE = 2**26  # parameters
COPIES = 16_384  # of an environment: each takes some 100 kB
HOLES_FROM = 64 * MIB  # bytes of a file that must not be almost empty
