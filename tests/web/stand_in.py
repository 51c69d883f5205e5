"""Stands in for `armchair teach` and `armchair resume`: takes the run's lock as they do, and waits."""

import signal
import sys
import time
from pathlib import Path

from armchair.runs.folder import RunDir
from armchair.store.store import Store
from armchair.store.trainer_lock import trainer_lock

command, *words = sys.argv[1:]
if "bad" in words or "--labels=0" in words:
    print("armchair: the command line: labels must be at least 1, got 0", file=sys.stderr)
    sys.exit(2)
if "--wish=" in words:
    print("armchair: a wish is a question in words", file=sys.stderr)
    sys.exit(2)
signal.signal(signal.SIGTERM, signal.default_int_handler)
if command == "teach":
    config = {"task": "reach", "teacher": {"name": "person"}, "queries": {"labels": 30}, "words": words}
    run = RunDir.create(Path(words[words.index("--runs") + 1]), "reach", config)
else:
    run = RunDir(Path(words[0]))
if (run.path / "over").exists():
    print("success 100%")
    sys.exit()
if (run.path / "broken").exists():
    sys.exit("armchair: the checkpoint does not fit this run")
with trainer_lock(run), Store.open(run.store_file) as store:
    status = {"task": "reach", "question": "Which one is closer?", "labels": 30, "success": 0.5}
    store.board.set_status({**status, "phase": "waiting"})
    print("at work", flush=True)
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        store.board.set_status({**status, "phase": "stopped"})
        print("stopped", flush=True)
