"""What a wish's model has made of the answers, for the page to show: "here is what I understood"."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from armchair.feedback import objections
from armchair.jsonable import Json
from armchair.rewards.criteria import plain
from armchair.rewards.ensemble import RewardEnsemble
from armchair.rewards.motion import MOTION
from armchair.store.store import Store

AFTER = 20  # answers about a wish, before there is something to show
SHOWN, TOLD = 2, 5  # clips at either end, relations
PAIRS = {
    "way": "the way from {} to {}",
    "distance": "the distance of {} and {}",
    "planar": "how far {} and {} are apart, seen from above",
}


def understood(
    store: Store, wish: str, model: RewardEnsemble, relevance: Sequence[tuple[str, float]]
) -> Json:
    """The clips that the model likes best and worst, of those that were asked about, and what it goes by.

    None before there are enough answers, and while those are missing that somebody's objection asks for.
    """
    records = store.records(wish=wish)
    if len(records) < AFTER or not objections.settled(store, wish):
        return None
    names = list(dict.fromkeys(name for r in records for name in (r.question.left, r.question.right)))
    clips = torch.stack([clip.visible for clip in store.clips(names)])
    order = model.clip_values(clips).mean(0).argsort().tolist()
    told: list[Json] = [[in_words(name) + _way(name, model), share] for name, share in relevance[:TOLD]]
    best: list[Json] = [names[k] for k in reversed(order[-SHOWN:])]
    return {"wish": wish, "best": best, "worst": [names[k] for k in order[:SHOWN]], "relations": told}


def _way(relation: str, model: RewardEnsemble) -> str:
    """Whether more of a criterion is better, or less; nothing of what networks look at in many ways."""
    if model.config.inputs != "criteria":
        return ""
    column = model.relations.names.index(relation)
    return f": the {'more' if float(model.weights.w1[:, column].sum()) > 0 else 'less'}, the better"


def in_words(relation: str) -> str:
    """A relation's name as a person would say it: "block_a:height" -> "the height of block a"."""
    if relation.endswith(MOTION):
        return plain(relation)
    points, colon, kind = relation.partition(":")
    if not colon:
        return plain(relation)
    names = [plain(point) for point in points.split("-")]
    if kind == "height":
        return f"the height of {names[0]}"
    if kind == "angle":
        return f"how straight it is from {names[0]} by {names[1]} to {names[2]}"
    return PAIRS[kind].format(*names)
