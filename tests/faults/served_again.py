"""The page's server, started anew for every line on standard input: python served_again.py STORE PORT.

For each it says its process and where it listens. Forked from a process that has all modules, so that
hundreds of starts take no time.
"""

from __future__ import annotations

import os
import signal
import sys

from armchair.web.__main__ import main

if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    store, port = sys.argv[1:]
    for _ in sys.stdin:
        if not (pid := os.fork()):
            os._exit(main(["--store", store, "--run", "x", "--port", port, "--no-dashboard"]))
        print(pid, flush=True)
