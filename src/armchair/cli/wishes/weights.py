"""`--wish-weight`: how much each wish of a policy counts, as it is typed and as it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from armchair.errors import InvalidInput, check_choice

if TYPE_CHECKING:
    from armchair.agents.agent import Agent
    from armchair.agents.saved import PolicyInfo
    from armchair.runs.folder import RunDir


def read_weights(words: Sequence[str], wishes: Sequence[str], where: object) -> dict[str, float]:
    """What `carry_high=0.4` and the like say; a number alone will do where there is one wish.

    where: whose policy an error names. Raises InvalidInput, which says what would have been right.
    """
    from armchair.agents.choosing import check_weights

    if not words:
        return {}
    check_weights({}, wishes, where)  # whether there are any
    given: dict[str, float] = {}
    for word in words:
        name, equals, number = word.rpartition("=")
        if not equals and len(wishes) > 1:
            raise InvalidInput(
                f"--wish-weight {word} may be of {' or '.join(wishes)}: write {wishes[0]}={word}, say"
            )
        name = check_choice("wish", name, wishes) if equals else wishes[0]
        if name in given:
            raise InvalidInput(f"--wish-weight names {name} twice: give one weight for each wish")
        try:
            given[name] = float(number)
        except ValueError:
            raise InvalidInput(f"the weight of {name} is a number from 0 to 1, got {number!r}") from None
    check_weights(given, wishes, where)
    return given


def use_weights(words: Sequence[str], run: RunDir, agent: Agent, info: PolicyInfo) -> dict[str, float]:
    """Give a loaded policy the weights that were typed, if any. -> those that it has now, by wish."""
    from armchair.agents.weighted import weigh

    weigh(agent.net, info.wishes, read_weights(words, info.wishes, run.path))
    values = agent.net.weights.tolist()
    return {name: round(value, 6) for name, value in zip(info.wishes, values, strict=True)}


def told_weights(weights: Mapping[str, float]) -> str:
    """Weights at the end of a line; nothing where there are no wishes."""
    return "".join(f", {name} {weight:g}" for name, weight in weights.items())
