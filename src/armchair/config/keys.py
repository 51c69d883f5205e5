"""The names of settings: where each belongs, and what it is called without its group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from armchair.errors import ConfigError, nearest

ALIASES = ("env_name", "reward_model_path")  # what a file may have besides the fields of `TeachConfig`
UNGROUPED = {
    **{
        name: f"env.{name}"
        for name in (
            *("engine", "device", "control", "arm", "threads", "ray"),
            *("motion", "frames", "poses", "workers", "time_limit"),
        )
    },
    **{name: f"queries.{name}" for name in ("labels", "first", "strategy", "random_share", "clip_length")},
    **{name: f"queries.{name}" for name in ("film_envs", "same_start", "alike", "progress_share")},
    **{name: f"schedule.{name}" for name in ("session", "session_every", "updates", "patience", "queue")},
    **{name: f"practice.{name}" for name in ("num_envs", "rollout", "critic_updates")},
    **{name: f"demonstrations.{name}" for name in ("starts", "pull")},
    "demos": "demonstrations.source",
    "clone": "demonstrations.cloning",
    "free": "demonstrations.implicit",
    "evaluate_every": "evaluation.every",
    "evaluate_episodes": "evaluation.episodes",
}
"""Names without a group -> dotted keys. Flags have such names, and files written before there were groups."""

_PLACE = "a number of the observation or text such as site:NAME"
TABLES = {
    "env.points": (_PLACE, "{hand: 0, goal: 7}"),
    "env.scalars": (_PLACE, "{hand: 0, goal: 7}"),
    "wishes.asked": ("a question", "{smooth: 'Which one moves more smoothly?'}"),
    "wishes.weights": ("a number from 0 to 1", "{smooth: 0.4}"),
}
"""Keys with names of one's own below them: what stands there must be, and what the whole looks like."""


def flat(found: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Dotted keys and what is no section with anything in it: {"ppo": {"std": 1}} -> ("ppo.std", 1)."""
    for key, value in found.items():
        if isinstance(value, Mapping) and value and f"{prefix}{key}" not in TABLES:
            yield from flat(cast("Mapping[str, object]", value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """The inverse of `flat`."""
    whole: dict[str, object] = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        inner = whole
        for section in sections:
            inner = cast("dict[str, object]", inner.setdefault(section, {}))
        inner[name] = value
    return whole


def by_key(found: Mapping[str, object], where: str) -> dict[str, object]:
    """Values by dotted key, however they are grouped; ConfigError for a key that is given by two names."""
    values: dict[str, object] = {}
    names: dict[str, str] = {}
    for name, value in flat(found):
        head, dot, rest = name.partition(".")
        key = UNGROUPED.get(head, head) + dot + rest
        if key in values:
            raise ConfigError(f"{where} has both {names[key]} and {name}, which are the same: leave one out")
        values[key], names[key] = value, name
    return values


def unknown(key: str, known: Iterable[str]) -> str:
    """What to say of a key that does not exist: the nearest one, wherever it belongs, and its neighbours."""
    paths = [path.split(".") for path in known]
    every = {".".join(path[: k + 1]): path[k] for path in paths for k in range(len(path))}
    every |= {alias: alias for alias in ALIASES}
    section, dot, name = key.rpartition(".")
    if section not in every and section.rpartition(".")[0] in every:  # then that is what does not exist
        key = section
        section, dot, name = key.rpartition(".")
    near = nearest(name, [*every.values(), *UNGROUPED])
    places = [place for place, last in every.items() if last == near] or [UNGROUPED.get(str(near), "")]
    own = f"{section}{dot}{near}"
    hint = f"did you mean {own if own in places else ' or '.join(places)}? " if near else ""
    valid = ", ".join(last for place, last in every.items() if place.rpartition(".")[0] == section)
    return f"unknown key {key}: {hint}valid: {valid}"
