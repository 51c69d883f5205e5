"""The pace of a simulated teacher's questions: how many there can be, and a schedule for another number."""

from __future__ import annotations

import math
from dataclasses import replace

from armchair.config.teach import TeachConfig

LAST_ASKED = 0.8  # share of the updates by which all is asked: what follows is learning from the last answers


def most_asked(config: TeachConfig) -> int:
    """How many questions a simulated teacher is asked in a run of these settings."""
    plan, queries = config.schedule, config.queries
    sessions = (plan.updates - 1) // plan.session_every
    if _shown(config):  # there is a reward before the first question, and a session at once
        return min(queries.labels, plan.session * (sessions + 1))
    return min(queries.labels, queries.first + plan.session * sessions)


def updates_for(config: TeachConfig) -> int:
    """The fewest updates in which a simulated teacher is asked all of the budget."""
    plan, queries = config.schedule, config.queries
    shown = _shown(config)
    left = queries.labels - (plan.session if shown else queries.first)
    return 1 + plan.session_every * max(0, math.ceil(left / plan.session))


def told_short(config: TeachConfig) -> str:
    """What to say, before a run begins, where a simulated teacher cannot be asked all of the budget."""
    most, labels = most_asked(config), config.queries.labels
    if most == labels:
        return ""
    return (
        f"only {most} of the {labels} questions fit into {config.schedule.updates} updates of the policy: "
        f"{updates_for(config)} updates have room for all, or schedule.session for more at a time"
    )


def paced(config: TeachConfig, base: TeachConfig, *, fixed_updates: bool = False) -> TeachConfig:
    """`config`, which is `base` with another budget of questions, with a schedule that asks all of them.

    More questions than `base` has are asked at its pace, in more updates. Fewer are spread over its updates,
    the first ones becoming fewer in proportion; so are more where the number of updates is fixed. The same
    budget changes nothing.
    """
    asked, usual = config.queries.labels, base.queries.labels
    if asked == usual:
        return config
    if asked < usual:
        first = max(1, round(base.queries.first * asked / usual))
        return _spread(replace(config, queries=replace(config.queries, first=first)), base)
    if not fixed_updates:
        plan = base.schedule
        grown = plan.updates + math.ceil((asked - usual) * plan.session_every / plan.session)
        config = replace(config, schedule=replace(plan, updates=grown))
    return _spread(config, base) if fixed_updates or most_asked(config) < asked else config


def _spread(config: TeachConfig, base: TeachConfig) -> TeachConfig:
    """Ask in sessions of about the size that goes with the number of questions, evenly over the updates."""
    plan, left = config.schedule, _after_first(config)
    if not left:
        return config
    room = max(1, int(LAST_ASKED * plan.updates))  # the last session comes after so many updates
    size = max(1, round(base.schedule.session * left / max(1, _after_first(base))), math.ceil(left / room))
    every = max(1, room // math.ceil(left / size))
    return replace(config, schedule=replace(plan, session=size, session_every=every))


def _after_first(config: TeachConfig) -> int:
    """Questions that are asked session by session."""
    queries = config.queries
    return queries.labels - (0 if _shown(config) else queries.first)


def _shown(config: TeachConfig) -> bool:
    """Whether demonstrations take the place of the first questions; those of a wish do not."""
    return bool(config.demonstrations.source) and not config.wishes.asked
