"""`python tests/faults/fuzz_files.py FOLDER TRIES SEED [KIND …]`: harmed files of every kind are read.

A find is an exception that is no ArmchairError, more than 5 s of processor time, or more than 200 MB more
memory. Ends with one JSON line of figures; exit status 1 with finds, whose files are left in FOLDER/finds.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import random
import resource
import signal
import sys
import time
import traceback
import zlib
from pathlib import Path

from fuzz_kinds import Kind, kinds

from armchair.errors import ArmchairError

MOST_SECONDS, MOST_GROWTH = 5.0, 200.0  # of processor time; MB
DEAD = 300  # s after which a try that does not return ends everything, with its traceback


class TooLong(BaseException):
    """A try took longer than it may."""


def _late(*_: object) -> None:
    raise TooLong


def memory() -> float:
    """The most MB that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def attempt(kind: Kind) -> tuple[bool, str | None]:
    """Read the file as it is now. -> whether it could be read, and what is wrong with how it went."""
    faulthandler.dump_traceback_later(DEAD, exit=True)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            kind.read()
        return True, None
    except ArmchairError as error:
        return False, None if str(error) else "an error without a word"
    except (Exception, TooLong):
        return False, traceback.format_exc(limit=-4)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()


def fuzz(name: str, kind: Kind, tries: int, seed: int, folder: Path) -> dict[str, object]:
    """Read so many harmed files of a kind; finds are left in the folder. -> figures."""
    rng = random.Random(zlib.crc32(name.encode()) + seed)
    good = kind.file.read_bytes()
    assert attempt(kind) == (True, None), f"{name} is good"  # and what is loaded once is loaded
    before, read, slowest = memory(), 0, 0.0
    finds: list[str] = []
    for number in range(tries):
        harmed = kind.harm(good, rng)
        kind.file.unlink(missing_ok=True)  # another file may have this name, too
        kind.file.write_bytes(harmed)
        began = time.process_time()
        done, found = attempt(kind)
        seconds = time.process_time() - began
        read, slowest = read + done, max(slowest, seconds)
        if found is None and seconds > MOST_SECONDS:
            found = f"it took {seconds:.1f} s"
        if found is not None:
            folder.mkdir(exist_ok=True)
            (folder / f"{name}-{number}").write_bytes(harmed)
            finds.append(f"{name}-{number}: {found}")
    kind.file.write_bytes(good)
    growth = memory() - before
    if growth > MOST_GROWTH:
        finds.append(f"{name}: {growth:.0f} MB more")
    told = {"tries": tries, "read": read, "slowest": round(slowest, 2), "growth": round(growth)}
    return told | {"finds": finds}


def main() -> int:
    """Runs the kinds that were named, or all."""
    folder, tries, seed, *names = sys.argv[1:]
    signal.signal(signal.SIGPROF, _late)
    every = kinds(Path(folder))
    figures: dict[str, dict[str, object]] = {}
    for name, kind in every.items():
        if not names or name in names:
            figures[name] = fuzz(name, kind, int(tries), int(seed), Path(folder) / "finds")
            print(
                name, {key: value for key, value in figures[name].items() if key != "finds"}, file=sys.stderr
            )
    finds = [find for told in figures.values() for find in told["finds"]]  # pyright: ignore
    for find in finds:
        print(find, file=sys.stderr)
    print(json.dumps(figures))
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
