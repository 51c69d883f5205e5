"""A command's arguments: a frozen dataclass on one side, the command line on the other.

The flags, their types, defaults and help come from the dataclass through tyro. Its error boxes are
folded into one line, so that bad input reads the same in every command.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import sys
from collections.abc import Sequence
from typing import TypeVar

import tyro

from armchair.errors import ArmchairError, nearest

Args = TypeVar("Args")
BOX = "│╭╮╰╯─ "
RULE = re.compile(r"[-+|= ]*")  # a line of a frame where the terminal knows no other characters
KINDS = {"INT": "a whole number", "FLOAT": "a number"}
_SAID = (
    r"no type matching \{None\}\|(?P<kind>\w+) could be instantiated from \[",
    r"invalid literal for (?P<kind>int)\(\) with base 10: ",
    r"could not convert string to (?P<kind>float): ",
)
UNREADABLE = [re.compile(rf"Error parsing (?P<flag>\S+): {said}'(?P<value>.*)'\]?\.?") for said in _SAID]
"""What tyro and Python say of a word that should have been a number."""


class UsageError(ArmchairError):
    """A command line that cannot be understood."""


def parse(args_type: type[Args], command: str, argv: Sequence[str], examples: Sequence[str]) -> Args:
    """The arguments of `armchair COMMAND`, read from `argv` (what follows the command's name).

    `args_type` is a dataclass whose docstring is the command's description and whose field docstrings
    are the flags' help. `examples` are full command lines, shown at the end of --help. Raises UsageError
    for a flag that does not exist or a value that cannot be read, SystemExit(0) after --help.
    """
    prog = f"armchair {command}"
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            args, unknown = tyro.cli(
                args_type,
                prog=prog,
                description=args_type.__doc__,
                args=list(argv),
                config=(tyro.conf.FlagCreatePairsOff,),
                return_unknown_args=True,
            )
    except SystemExit as stop:
        if stop.code:
            raise UsageError(f"{one_line(complaint.getvalue())} (see {prog} --help)") from None
        print("\n".join(("examples:", *(f"  {line}" for line in examples))))
        raise
    sys.stderr.write(complaint.getvalue())
    if unknown:
        raise UsageError(_unknown(unknown[0], args_type, prog))
    return args


def one_line(box: str) -> str:
    """The sentence inside one of tyro's boxes: its first paragraph, without frame and line breaks."""
    lines: list[str] = []
    for line in box.splitlines()[1:]:
        text = line.strip(BOX)
        if not RULE.fullmatch(text):
            lines.append(text.removeprefix("| ").removesuffix(" |").strip())
        elif lines:
            break
    text = " ".join(lines) or box.strip()
    found = next(filter(None, (pattern.fullmatch(text) for pattern in UNREADABLE)), None)
    if found is None:
        return text
    kind = found["kind"].upper()
    return f"{found['flag']} takes {KINDS.get(kind, kind)}, got {found['value']!r}"


def flags_of(args_type: type[object]) -> list[str]:
    """The long flags a dataclass of arguments gives rise to, and --help."""
    assert dataclasses.is_dataclass(args_type)
    names = [field.name for field in dataclasses.fields(args_type) if "Positional" not in str(field.type)]
    return [f"--{name.replace('_', '-')}" for name in names] + ["--help"]


def _unknown(word: str, args_type: type[object], prog: str) -> str:
    """What to say about a word on the command line that means nothing."""
    if not word.startswith("-"):
        return f"unexpected argument {word!r} (see {prog} --help)"
    flags = flags_of(args_type)
    near = nearest(word.split("=")[0], flags)
    hint = f"did you mean {near}? " if near else ""
    return f"unknown flag {word!r}: {hint}valid: {', '.join(flags)}"
