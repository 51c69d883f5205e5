"""What is said of a policy in the files that hold it: how to feed it, what its numbers mean, its origin.

It is one JSON object under the key `armchair`. Beside it stand a few plain texts under the keys that other
projects look for: joint_names, default_joint_pos, observation_names, action_scale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from armchair.envs.spec import EnvConfig
from armchair.errors import InvalidInput
from armchair.reading.limits import NETWORK_INPUTS, NETWORK_WIDTH, TOLD_BYTES
from armchair.reading.plain import parse_object

KEY, FORMAT = "armchair", "armchair-policy-1"
Name = Annotated[str, Field(max_length=400)]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class Observed:
    """One number of an observation: the quantity in its unit, times `scale`."""

    name: Name
    unit: Name = ""
    scale: Number = 1.0


@dataclass(frozen=True)
class Acted:
    """One number a of an action, in [-1, 1]: `offset + scale · a` is the quantity in its unit."""

    name: Name
    unit: Name = ""
    scale: Number = 1.0
    offset: Number = 0.0


@dataclass(frozen=True)
class Jointed:
    """A joint that is driven, in rad and rad/s, or m and m/s where it slides."""

    name: Name
    home: Number
    lower: Number
    upper: Number
    speed: Number


@dataclass(frozen=True)
class Surroundings:
    """How an environment of others was set up; see `EnvConfig`."""

    points: dict[Name, int | Name] = field(default_factory=dict[str, int | str])
    scalars: dict[Name, int | Name] = field(default_factory=dict[str, int | str])
    differences: bool = False
    horizon: Annotated[int, Field(ge=0, le=100_000)] = 0
    repeat: Annotated[int, Field(ge=1, le=10_000)] = 1

    @staticmethod
    def of(config: EnvConfig) -> Surroundings:
        """What there is of it in the settings."""
        points, scalars = dict(config.points), dict(config.scalars)
        return Surroundings(points, scalars, config.differences, config.horizon, config.repeat)

    def onto(self, config: EnvConfig) -> EnvConfig:
        """`config` with these."""
        tables = {"points": self.points, "scalars": self.scalars}
        return replace(
            config, **tables, differences=self.differences, horizon=self.horizon, repeat=self.repeat
        )


@dataclass(frozen=True)
class PolicyAbout:
    """What is said of a policy."""

    format: Literal["armchair-policy-1"]
    armchair: Name  # version
    task: Name
    engine: Name
    control: Literal["tool", "joint"]
    rate: Annotated[float, Field(gt=0.0, le=1e6)]  # Hz, of decisions
    env_steps: Count  # it was trained for
    observation: Annotated[tuple[Observed, ...], Field(min_length=1, max_length=NETWORK_INPUTS)]
    action: Annotated[tuple[Acted, ...], Field(min_length=1, max_length=NETWORK_WIDTH)]
    joints: Annotated[tuple[Jointed, ...], Field(max_length=64)] = ()
    arm: Annotated[str, Field(max_length=4096)] = ""  # the file that describes it; "" for the built-in one
    wishes: dict[Name, Annotated[float, Field(ge=0.0, le=1.0)]] = field(default_factory=dict[str, float])
    """The weights of the policy's wishes: those that are built in, or those to begin with."""
    weights: Literal["fixed", "input"] = "fixed"
    """Whether `wishes` are built in, or the second input, in this order."""
    wish: Annotated[str, Field(max_length=4000)] | None = None  # that was taught, if not the task's
    env: Surroundings = Surroundings()

    def __post_init__(self) -> None:
        """Raises InvalidInput where weights are an input and there are none."""
        if self.weights == "input" and not self.wishes:
            raise InvalidInput("weights are an input, and no wish is named")

    @property
    def asked(self) -> tuple[str, ...]:
        """The wishes whose weights are an input."""
        return tuple(self.wishes) if self.weights == "input" else ()

    def texts(self) -> dict[str, str]:
        """All of it as texts by key, for the metadata of a file."""
        found = {
            KEY: json.dumps(asdict(self), ensure_ascii=False),
            "observation_names": ",".join(one.name for one in self.observation),
            "action_scale": ",".join(f"{one.scale:.9g}" for one in self.action),
        }
        if self.joints:
            found["joint_names"] = ",".join(joint.name for joint in self.joints)
            found["default_joint_pos"] = ",".join(f"{joint.home:g}" for joint in self.joints)
        return found


def parse_about(texts: Mapping[str, str], where: Path) -> PolicyAbout:
    """What the metadata of a file say. Raises InvalidInput where they are not such as `texts` makes."""
    if KEY not in texts:
        raise InvalidInput(
            f"{where} does not say what it is for: it has no metadata {KEY!r}, as files of "
            "`armchair export RUN --policy FOLDER` have"
        )
    told = parse_object(texts[KEY], f"what {where} says", TOLD_BYTES)
    if told.get("format") != FORMAT:
        kind = str(told.get("format"))[:80]
        raise InvalidInput(f"{where} is no policy, it holds {kind!r}: `armchair play` takes policy.onnx")
    try:
        return _ADAPTER.validate_python(told)
    except InvalidInput as error:
        raise InvalidInput(f"what {where} says of itself cannot be used: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "all of it"
        raise InvalidInput(f"what {where} says of itself cannot be used: {place}: {first['msg']}") from None


_ADAPTER = TypeAdapter(PolicyAbout)
