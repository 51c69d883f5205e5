"""Answers that the reward model most surely contradicts: worth a second look by whoever gave them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from torch import Tensor

from armchair.store.rows.records import Record

MOST = 4  # at once
DOUBTED = 0.5  # an answer that is meant with less than this probability is likelier a slip
TARGETS = {"left": 0.0, "right": 1.0}


def contradicted(
    records: Sequence[Record], target: Tensor, trust: Sequence[float], passed_over: Collection[str]
) -> list[str]:
    """Questions whose answers are likelier slips than not, the surest first.

    records: what was answered, in the order of `target` and of `trust`, the probability that it is no
    slip, see `armchair.slips`. passed_over: not these questions.
    """
    found: list[tuple[float, str]] = []
    for record, wanted, meant in zip(records, target.tolist(), trust, strict=True):
        side = TARGETS.get(record.answer.choice)
        if side is None or side != wanted or record.question.id in passed_over:
            continue
        if meant < DOUBTED:
            found.append((meant, record.question.id))
    return list(dict.fromkeys(question for _, question in sorted(found)))[:MOST]
