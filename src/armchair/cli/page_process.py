"""`python -m armchair.cli.page_process JSON`: the labelling page's server beside a trainer.

A process of its own, so that serving and training do not share an interpreter; it must not import torch.
It says on standard output where it listens, and ends when its standard input does.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from armchair.cli.draw import films_of
from armchair.errors import ArmchairError
from armchair.web.options import Options
from armchair.web.serve import serve


def main(argv: Sequence[str]) -> int:
    """Serve; 2 and one line on standard error where that cannot be."""
    asked = json.loads(argv[0])
    options = Options(
        run=asked["run"],
        run_path=Path(asked["run_path"]),
        host=asked["host"],
        port=asked["port"],
        films=films_of(asked["store"]),
    )
    ended = threading.Event()
    threading.Thread(target=_wait_for_end, args=[ended], daemon=True).start()
    try:
        serve(asked["store"], options, ready=_say, until=ended.is_set)
    except ArmchairError as error:
        print(f"armchair: {error}", file=sys.stderr)
        return 2
    return 0


def _say(where: str) -> None:
    print(json.dumps({"listening": where}), flush=True)


def _wait_for_end(ended: threading.Event) -> None:
    """Standard input is a pipe from the trainer and ends with it, however that ends."""
    while sys.stdin.buffer.read(1024):
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
