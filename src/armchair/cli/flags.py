"""Flags that several commands share: bases of their dataclasses of arguments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class JsonFlag:
    """Of every command."""

    json: bool = False
    """End the output with one JSON object; the other lines go to standard error."""


@dataclass(frozen=True, kw_only=True)
class TrustFlag:
    """Of commands that read what others may have made."""

    trust: bool = False
    """Let run what RUN or the file names, module:factory or a database, and remember that; look first."""


@dataclass(frozen=True, kw_only=True)
class TrackFlag:
    """Of commands that train."""

    track: str | None = None
    """Tell these trackers of the run, with commas between them: tensorboard, wandb, trackio, mlflow,
    comet_ml, aim, clearml, dvclive, swanlab. If not given, TensorBoard's files are in the run's folder."""


@dataclass(frozen=True, kw_only=True)
class WishFlag:
    """Of commands that let a run's policy act, which may have weights of wishes as inputs."""

    wish_weight: tuple[str, ...] = ()
    """How much the wishes count, from 0 to 1: carry_high=0.4, or a number where there is one wish; for this
    once, in place of the chosen weights."""


@dataclass(frozen=True, kw_only=True)
class WishesFlags:
    """Of teaching how a skill should be done."""

    wish: tuple[str, ...] = ()
    """With --policy: how the skill should be done, a question in words each, such as 'Which one moves more
    smoothly?'. The policy keeps the skill and learns the wish on top of it; see docs/wishes.md."""
    style: tuple[str, ...] = ()
    """The teacher judges how the arm moves: from_above, from_the_side, left_of_goal, keep_away,
    low_over_table, smooth, slow_near_goal, slow_start, carry_high, lift_straight or place_gently. With
    --policy a wish each, on top of the skill."""
    wish_weight: tuple[str, ...] = ()
    """How much of the wishes, from 0 to 1: carry_high=0.4, or a number where there is one. If not given, as
    much as costs next to nothing."""
    style_weight: float | None = None
    """Not any more: wishes come on top of a finished skill, see --policy."""
    policy: Path | None = None
    """Go on with this run's policy, in place of one that knows nothing: answers then refine it, or, with
    --wish or --style, say how it should be done."""


@dataclass(frozen=True, kw_only=True)
class RunsFlag(JsonFlag):
    """Of commands that make a run."""

    runs: Path = Path("runs")
    """Folder in which the run's folder is made."""


@dataclass(frozen=True, kw_only=True)
class SetupFlags(RunsFlag):
    """Of commands that train a new policy. None: as the preset or the file has it."""

    seed: int | None = None
    """Fixes everything that is random; 0 if nothing says otherwise."""
    engine: str | None = None
    """The simulator, mujoco if nothing says otherwise; `armchair envs` lists them."""
    device: str | None = None
    """Where the policy practises and learns: cpu, or cuda with --engine warp; see docs/gpu.md."""
    control: str | None = None
    """What actions move: "tool" (if nothing says otherwise) or "joint"."""
    arm: str | None = None
    """An arm of your own: a YAML, MJCF or URDF, see docs/arms.md; "" for the built-in one."""
    threads: int | None = None
    """Simulation threads, 0 for one a core."""
    workers: int | None = None
    """Processes that copies of an environment of others are shared among; 0: none of their own."""
    ray: str | None = None
    """The Ray cluster that they are on: auto, HOST:PORT or ray://HOST:PORT; see docs/cluster.md."""


@dataclass(frozen=True, kw_only=True)
class SideBySideFlags:
    """Of commands that make several runs."""

    workers: int = 1
    """Processes that the runs are shared among, a run at a time each; results are the same, to the bit."""
    ray: str = ""
    """Make the runs on this Ray cluster instead: auto, HOST:PORT or ray://HOST:PORT; see docs/cluster.md."""


@dataclass(frozen=True, kw_only=True)
class PointsFlags:
    """Of commands that look into an environment of others."""

    points: tuple[str, ...] = ()
    """Where its points are, such as hand=0 object=4 goal=site:target; see docs/environments.md."""
    scalars: tuple[str, ...] = ()
    """The same of single numbers, such as gripper=3."""


@dataclass(frozen=True, kw_only=True)
class ProxyFlags:
    """Of commands that serve a page which a proxy may stand in front of."""

    https: bool = False
    """A proxy in front speaks HTTPS: cookies are Secure, plain HTTP is refused, its headers are believed."""
    allow_host: tuple[str, ...] = ()
    """Further names by which the page is reached, such as labels.example.org."""


@dataclass(frozen=True, kw_only=True)
class PageFlags(ProxyFlags):
    """Of commands that serve the page: how it is reached."""

    host: str = "127.0.0.1"
    """Where the page listens: 0.0.0.0 lets others in, who must be invited."""
    port: int = 8642
    """The page's port."""
    invite: tuple[str, ...] = ()
    """Names of further people who answer; a link is printed for each."""
    cookie: str = ""
    """The name of the session's cookie, for servers that share sessions, or a host, but not a port."""
    base_path: str = ""
    """The path below which the page is, behind a proxy that has others too, such as /armchair."""
    no_open: bool = False
    """Leave the browser alone: the link is printed in any case."""


@dataclass(frozen=True, kw_only=True)
class DatasetFlags:
    """Of labelling recorded data, `dataset:DIR`."""

    runs: Path = Path("runs")
    """With dataset:DIR: folder in which the run's folder is made, or found."""
    camera: str = ""
    """With dataset:DIR: which of its films is shown, such as observation.images.front; "": the first."""
    clip_length: int = 0
    """With dataset:DIR: frames in a clip; 0: two seconds, or as many as the shortest episode has."""
    labels: int = 100
    """With dataset:DIR: questions that may be asked, in all."""
    question: str = ""
    """With dataset:DIR: what people are asked; about the data set's task if not given."""
    write: bool = False
    """With dataset:DIR: write the learned progress and the answers beside the data, too."""
    overwrite: bool = False
    """With --write: in place of such files that are there."""


@dataclass(frozen=True, kw_only=True)
class TrainerFlags(PageFlags):
    """Of commands that train while people answer on a page."""

    no_page: bool = False
    """Train without a page of its own, where `armchair` or `armchair label RUN` serves it."""
    exit_when_done: bool = False
    """End with the last update of the policy, in place of waiting for more to do; so does --json."""
