"""Answers as the zip file that Uni-RLHF's platform exports."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from armchair.errors import InvalidInput, StoreError
from armchair.exchange.unirlhf.files import LABELS, META, NUMBERS, STEPS
from armchair.jsonable import Json
from armchair.runs.files import write_atomic
from armchair.store.rows.records import Record
from armchair.store.store import Store

COLUMNS = (
    *("id", "query_id", "project_id", "completion_time", "marked_num", "skip_num", "video_url"),
    *(*STEPS, "feedback_type", "label", "extra", "annotator_id", "annotator_name"),
)
WORDS = ("Left is better", "Right is better", "Equal")  # of the options, as `files.OPTIONS` has them


def export_unirlhf(store: Store, path: Path, question: str) -> int:
    """Write the skill's answers in force into a zip file, in place of what is there. -> how many questions.

    question: that was asked. "Both bad" is "Equal", "can't tell" is a skip; strengths are lost. Raises
    InvalidInput for another name than NAME.zip, and where there is no answer.
    """
    if path.suffix != ".zip":
        raise InvalidInput(f"Uni-RLHF's files are NAME.zip, got {path}")
    by_question: dict[str, list[Record]] = {}
    for record in store.records(wish=None):
        by_question.setdefault(record.question.id, []).append(record)
    if not by_question:
        raise InvalidInput("there is no answer to write: nobody has answered yet")
    people = {name: number for number, name in enumerate(sorted(store.annotators()), start=1)}
    at: dict[str, tuple[int, int]] = {}
    obs: list[Tensor] = []
    act: list[Tensor] = []
    rows: list[dict[str, object]] = []
    for number, given in enumerate(by_question.values(), start=1):
        asked = given[0].question
        for clip in store.clips([asked.left, asked.right]):
            if clip.id not in at:
                begin = sum(len(part) for part in obs)
                at[clip.id] = (begin, begin + len(clip.visible))
                obs.append(clip.visible)
                act.append(clip.action)
        steps = dict(zip(STEPS, (*at[asked.left], *at[asked.right]), strict=True))
        rows.append(
            {"id": number, "query_id": asked.id, "project_id": path.stem, **steps, **_said(given, people)}
        )
    meta: dict[str, Json] = {"project_id": path.stem, "project_name": path.stem, "mode": "offline"}
    meta |= {"feedback_type": "comparative", "query_num": len(rows), "query_length": len(obs[0])}
    meta |= {"question": json.dumps({question: list(WORDS)}, ensure_ascii=False), "is_deleted": False}
    numbers = io.BytesIO()
    np.savez_compressed(numbers, observations=torch.cat(obs).numpy(), actions=torch.cat(act).numpy())
    _write(
        path, {META: json.dumps(meta, indent=4).encode(), LABELS: _table(rows), NUMBERS: numbers.getvalue()}
    )
    return len(rows)


def _said(given: list[Record], people: Mapping[str, int]) -> dict[str, object]:
    """The columns that hold what was said of a question, by whomever."""
    option = {"left": 0, "right": 1, "tie": 2, "both_bad": 2}
    label = {
        str(people[one.answer.annotator]): {"0": option[one.answer.choice]}
        for one in given
        if one.answer.choice in option
    }
    first = given[0].answer
    return {
        "completion_time": f"{first.created:.3f}",
        "marked_num": len(label),
        "skip_num": len(given) - len(label),
        "video_url": "",
        "feedback_type": "comparative" if label else "",
        "label": str(label) if label else "",
        "extra": "",
        "annotator_id": people[first.annotator],
        "annotator_name": first.annotator,
    }


def _table(rows: list[dict[str, object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _write(path: Path, members: Mapping[str, bytes]) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content.getvalue())
    except OSError as error:
        raise StoreError(f"cannot write to {path}: {error.strerror}") from error
