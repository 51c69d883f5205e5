"""What `armchair teach` is told of wishes: which flags go together, and what comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from armchair.cli.flags import WishesFlags
from armchair.errors import InvalidInput

if TYPE_CHECKING:
    from armchair.config.teach import TeachConfig


def asked_for(args: WishesFlags) -> dict[str, str]:
    """The questions about wishes on top of a skill, by name; none where a run teaches something else."""
    from armchair.config.on_skill import asked_of

    return asked_of(args.wish, args.style) if args.policy is not None else {}


def check_wishes(args: WishesFlags, *, task: str | None, teacher: str | None) -> None:
    """Raises InvalidInput, which says how it is done, where flags do not go together."""
    task = task or "reach"
    if args.style_weight is not None:
        style = args.style[0] if args.style else "from_above"
        raise InvalidInput(
            f"a style beside the task is taught in two steps: `armchair teach {task} --teacher oracle`, "
            f"then `armchair teach --policy runs/{task}-001 --teacher oracle --style {style}`; "
            "--wish-weight says how much of it"
        )
    if args.policy is None:
        _check_alone(args, task)
    if args.wish and teacher not in (None, "person"):
        raise InvalidInput(
            f"{teacher} cannot read: people answer a --wish; simulated teachers take --style NAME"
        )
    if args.wish_weight and not (args.policy and (args.wish or args.style)):
        raise InvalidInput("--wish-weight goes with --policy and a --wish or --style")


def _check_alone(args: WishesFlags, task: str) -> None:
    if args.wish:
        raise InvalidInput(
            f"a wish comes on top of a skill: `armchair teach {task}` first, then `armchair teach --policy "
            f"runs/{task}-001 --wish ...`"
        )
    if len(args.style) > 1:
        raise InvalidInput("several styles go with --policy: without one, a single style is taught alone")


def wishes_on_skill(args: WishesFlags, task: str | None, config: str | None) -> TeachConfig:
    """The configuration to begin with; flags go over it. Raises InvalidInput where the skill does not fit."""
    from armchair.cli.wishes.weights import read_weights
    from armchair.config.on_skill import on_skill
    from armchair.config.read import from_run
    from armchair.rewards.saved import reward_of
    from armchair.runs.folder import RunDir

    assert args.policy is not None
    if config is not None:
        raise InvalidInput("--config goes without --wish and --style: a wish has the settings of its skill")
    run, asked = RunDir.open(args.policy), asked_for(args)
    skill = from_run(run.config())
    if task not in (None, skill.task):
        raise InvalidInput(f"{args.policy} is a run of {skill.task}, not of {task}")
    reward_of(run, skill.task)  # without one there is nothing to keep
    weights = read_weights(args.wish_weight, tuple(asked), args.policy)
    return on_skill(skill, asked, weights, str(args.policy))
