"""A run's folder: what it was asked to do, what came of it, and the way back into it.

    runs/reach-001/
      config.yaml      the resolved configuration
      metrics.jsonl    one JSON object a line, in the order in which things happened
      checkpoints/     NAME.safetensors with NAME.json beside it; see `armchair.runs.checkpoint`
      videos/

Files are replaced as wholes: written under another name, synced, renamed. Whoever reads finds the old
content or the new one, also after a power cut.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import yaml
from safetensors import SafetensorError, safe_open

from armchair.errors import InvalidInput, RunError, nearest
from armchair.jsonable import Json
from armchair.reading.files import check_no_links, read_bytes, read_text
from armchair.reading.limits import CONFIG_BYTES, METRICS_BYTES, METRICS_VALUES, TOLD_BYTES
from armchair.reading.plain import check_plain, parse_object, parse_yaml
from armchair.reading.tensors import Header, read_header
from armchair.runs.files import open_to_append, sync, write_atomic
from armchair.runs.seal import KEY, ZEROS, check_seal, sealed
from armchair.runs.trust import gate

if TYPE_CHECKING:
    from torch import Tensor


T = TypeVar("T")
OF_RUNS = ("compare", "sweep")  # commands whose folders hold other runs, and nothing learned themselves
STORE_KEY = "store"  # in the configuration of a run whose answers are in a database elsewhere: its URL


class RunDir:
    """An existing run's folder. `create` makes one, `open` finds one."""

    def __init__(self, path: Path, checkpoints: Path | None = None) -> None:
        """checkpoints: where saved tensors are, if not in `path`/checkpoints."""
        self.path = path
        self.name = path.name
        self.checkpoints = checkpoints or path / "checkpoints"
        self.config_file = path / "config.yaml"
        self.metrics_file = path / "metrics.jsonl"
        self.videos = path / "videos"
        self.store_file = path / "armchair.db"  # unless the run keeps its answers in a database elsewhere

    def at(self, checkpoints: Path) -> RunDir:
        """The same run with its saved tensors in another folder."""
        return RunDir(self.path, checkpoints)

    @staticmethod
    def create(root: Path, prefix: str, config: Mapping[str, Json]) -> RunDir:
        """A new folder `root/prefix-NNN` with the first free number, holding its configuration.

        Raises RunError when that cannot be written; then there is no such folder.
        """
        run = None
        try:
            run = RunDir(_free_folder(root, prefix))
            run.begin(config)
        except (OSError, RunError) as error:
            if run is not None:
                shutil.rmtree(run.path, ignore_errors=True)
            told = (isinstance(error, OSError) and error.strerror) or error
            raise RunError(f"no run can be made in {root}: {told}") from None
        return run

    def begin(self, config: Mapping[str, Json]) -> None:
        """Put into the folder, which is there and empty, what every run begins with. OSError or RunError."""
        self.checkpoints.mkdir()
        self.videos.mkdir()
        write_atomic(self.config_file, yaml.safe_dump(dict(config), sort_keys=False).encode())

    @staticmethod
    def fill(
        root: Path, prefix: str, config: Mapping[str, Json], put: Callable[[RunDir], T]
    ) -> tuple[RunDir, T]:
        """A new folder as of `create`, once `put` has filled it. -> the run, and what `put` returned.

        Until then it has a name that nobody looks for. When `put` raises, whatever that is, nothing is left.
        """
        missing = [folder for folder in (root, *root.parents) if not folder.exists()]
        draft = None
        try:
            draft = RunDir.create(root, f".{prefix}.{os.getpid()}", config)
            result = put(draft)
            return RunDir(_moved(draft.path, root, prefix)), result
        finally:
            if draft is not None:
                shutil.rmtree(draft.path, ignore_errors=True)
            for folder in missing:
                with contextlib.suppress(OSError):  # there is something in it
                    folder.rmdir()

    @staticmethod
    def open(path: Path) -> RunDir:
        """The run in this folder. Raises RunError, with the nearest name there is, where it holds none.

        And where something in it is a link out of it, see `config`.
        """
        run = RunDir(path)
        if not run.config_file.is_file():
            near = nearest(path.name, (found.name for found in runs_in(path.parent)))
            hint = f"did you mean {path.parent / near}? " if near else ""
            raise RunError(f"no run in {path}: {hint}a run's folder holds a config.yaml")
        run.check_links()
        return run

    def check_links(self) -> None:
        """Raises RunError where something in the folder is a link out of it."""
        try:
            check_no_links(self.path)
        except (OSError, InvalidInput) as error:
            raise RunError(f"{self.path} cannot be used: {error}") from None

    @property
    def store(self) -> Path | str:
        """Where this run's clips, questions and answers are: that file, or a database by URL.

        Raises RunError, on the command line, for a database that nobody there asked for: see `trust`.
        """
        config = self.config() if self.config_file.is_file() else {}
        url = config.get(STORE_KEY)
        if not isinstance(url, str):
            return self.store_file
        gate.check_store(self.path, config)
        return url

    def config(self) -> dict[str, Json]:
        """The configuration the run was started with.

        Raises RunError when it cannot be read, and where something in the folder is a link out of it: every
        use of a run begins here, and would read or write there.
        """
        self.check_links()
        try:
            found = parse_yaml(read_text(self.config_file, CONFIG_BYTES), str(self.config_file))
        except (OSError, InvalidInput) as error:
            raise RunError(f"{self.config_file} cannot be read: {error}") from None
        if not isinstance(found, dict):
            raise RunError(f"{self.config_file} must hold keys and values")
        return {str(key): value for key, value in cast("dict[object, Json]", found).items()}

    def log(self, record: Mapping[str, Json]) -> None:
        """Add a line to the metrics. It reaches the disk with the next `save` at the latest."""
        line = json.dumps(record, allow_nan=True, ensure_ascii=False)
        try:
            with open_to_append(self.metrics_file) as file:
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":  # a crash cut the last line short
                        line = f"\n{line}"
                file.write(f"{line}\n".encode())
        except OSError as error:
            raise RunError(f"{self.metrics_file} cannot be written: {error.strerror or error}") from None

    def metrics(self) -> list[dict[str, Json]]:
        """All lines of the metrics, less those that a crash cut short."""
        try:
            content = read_bytes(self.metrics_file, METRICS_BYTES)
        except FileNotFoundError:
            return []
        except (OSError, InvalidInput) as error:
            raise RunError(f"{self.metrics_file} cannot be read: {error}") from None
        records: list[dict[str, Json]] = []
        values = 0
        for line in content.splitlines():
            with contextlib.suppress(InvalidInput):
                record = parse_object(line, "a line of the metrics", TOLD_BYTES)
                values += check_plain(record, "a line of the metrics")
                records.append(record)
            if values > METRICS_VALUES:
                raise RunError(f"{self.metrics_file} has more than {METRICS_VALUES} values")
        return records

    def cut_metrics(self, after_env_steps: int) -> None:
        """Remove the lines whose "env_steps" lie after that, as a run needs that goes back."""
        lines = self.metrics()
        kept = [line for line in lines if not is_after(line, after_env_steps)]
        if len(kept) < len(lines):
            text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in kept)
            write_atomic(self.metrics_file, text.encode())

    def save(self, name: str, tensors: Mapping[str, Tensor], about: Mapping[str, Json]) -> Path:
        """Write tensors and what is to be known of them as the checkpoint `name`. -> the tensors' file.

        `about` is inside the tensors' file too, so that the two cannot get apart; the JSON is for people.
        """
        from safetensors.torch import save  # here, because the page's server does without torch

        text = json.dumps(about, ensure_ascii=False)
        file = self.checkpoints / f"{name}.safetensors"
        plain = {key: tensor.contiguous() for key, tensor in tensors.items()}
        if self.metrics_file.exists():
            sync(self.metrics_file)
        write_atomic(file, sealed(save(plain, {"about": text, KEY: ZEROS})))
        pretty = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
        write_atomic(file.with_suffix(".json"), pretty.encode())
        return file

    def header(self, name: str) -> tuple[Header, dict[str, Json]]:
        """What a checkpoint holds, and what was said of it, without its tensors; errors as of `load`."""
        file = self._saved(name)
        try:
            header = read_header(file)
            return header, parse_object(header.metadata["about"], f"what {file} says", TOLD_BYTES)
        except (OSError, InvalidInput, KeyError) as error:
            told = f"it says nothing of {error}" if isinstance(error, KeyError) else error
            raise RunError(f"{file} is damaged: {told}") from None

    def load(self, name: str) -> tuple[dict[str, Tensor], dict[str, Json]]:
        """The tensors of a checkpoint, and what was said of them. Raises RunError when they cannot be had."""
        header, about = self.header(name)
        file = self._saved(name)
        try:
            check_seal(file, header)
            with safe_open(file, framework="pt") as found:
                # copies: where numbers lie in memory, and so how sums are rounded, must not hang on the file
                return {key: found.get_tensor(key).clone() for key in header.tensors}, about
        except (SafetensorError, OSError, ValueError, TypeError) as error:
            raise RunError(f"{file} is damaged: {error}") from None

    def _saved(self, name: str) -> Path:
        file = self.checkpoints / f"{name}.safetensors"
        if not file.is_file():
            have = sorted(found.stem for found in self.checkpoints.glob("*.safetensors"))
            raise RunError(f"{self.path} has no checkpoint {name!r}: it has {', '.join(have) or '(none)'}")
        return file


def is_after(line: Mapping[str, Json], env_steps: int) -> bool:
    """Whether a line of the metrics is of a later moment than after so many environment steps."""
    steps = line.get("env_steps")
    return isinstance(steps, int | float) and steps > env_steps


def runs_in(root: Path) -> list[RunDir]:
    """The runs whose folders are in `root`, by name; those that are not filled yet are left out."""
    found = sorted(root.glob("*/config.yaml"))
    return [RunDir(file.parent) for file in found if not file.parent.name.startswith(".")]


def _moved(draft: Path, root: Path, prefix: str) -> Path:
    """Give a folder the first free number. -> its new path. Raises RunError where that cannot be done."""
    number = 0
    while True:
        number += 1
        path = root / f"{prefix}-{number:03d}"
        if path.exists():
            continue
        try:
            draft.rename(path)
        except OSError as error:
            if path.exists():  # made meanwhile
                continue
            raise RunError(f"no run can be made in {root}: {error.strerror}") from None
        return path


def _free_folder(root: Path, prefix: str) -> Path:
    """A folder that was just made, with the first free number."""
    root.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        number += 1
        path = root / f"{prefix}-{number:03d}"
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            return path
