"""The model card: README.md of an exported policy, with the header that the Hugging Face Hub reads."""

from __future__ import annotations

import math
from collections.abc import Sequence

import yaml

from armchair.exchange.deploy.about import PolicyAbout
from armchair.exchange.deploy.facts import Facts

HEAD = {
    "library_name": "armchair",
    "pipeline_tag": "reinforcement-learning",
    "tags": ["robotics", "reinforcement-learning", "preference-learning", "onnx", "armchair"],
}
FILES = {
    "policy.onnx": "the policy for onnxruntime: observation normaliser and action limits inside",
    "policy.pt2": "the same for `torch.export.load`",
    "policy.safetensors": "the same as numbers: scale, shift, layers.K.weight, layers.K.bias",
    "reward.onnx": "the reward model: what a person sees -> mean and std of its members",
    "config.yaml": "with `checkpoints/`: what armchair goes on from; it is not pushed to the Hub",
}
PLAY = """\
```python
import json
import numpy as np
import onnxruntime

policy = onnxruntime.InferenceSession("policy.onnx")
about = json.loads(policy.get_modelmeta().custom_metadata_map["armchair"])
print(about["task"], about["control"], about["rate"], "Hz")
observation = np.zeros((1, len(about["observation"])), dtype=np.float32)
{feed}
action = policy.run(["action"], feed)[0]
print(action.shape, action)
```"""


def card(about: PolicyAbout, facts: Facts, files: Sequence[str]) -> str:
    """The text. files: those that the folder has."""
    head = yaml.safe_dump(HEAD, sort_keys=False).strip()
    parts = [
        f"---\n{head}\n---",
        f"# {about.task}: a policy taught with armchair",
        _what(about, facts),
        "## Files\n" + "\n".join(f"- `{name}`: {FILES[name]}" for name in files if name in FILES),
        *([_how(about)] if "policy.onnx" in files else []),
        _numbers(about),
        _limits(about, facts),
    ]
    return "\n\n".join(parts) + "\n"


def _what(about: PolicyAbout, facts: Facts) -> str:
    rows = [
        ("Task", f"`{about.task}`" + (f", taught another wish: {_line(about.wish)}" if about.wish else "")),
        ("Learned on", f"engine `{about.engine}`" if about.joints else "an environment of others"),
        ("Taught by", facts.taught_by),
        ("Answers", "unknown" if facts.answers is None else str(facts.answers)),
        ("Environment steps", f"{about.env_steps:,}"),
        ("Success", _success(facts)),
    ]
    if facts.total is not None:
        rows.append(("Return", f"{facts.total:.1f} of an episode, on average"))
    if about.wishes:
        told = ", ".join(f"{_line(name)} {weight:g}" for name, weight in about.wishes.items())
        rows.append(("Wishes", f"{told}; {'a second input' if about.asked else 'built in'}"))
    return "| | |\n|---|---|\n" + "\n".join(f"| {name} | {_cell(text)} |" for name, text in rows)


def _success(facts: Facts) -> str:
    if facts.success is None:
        return "not told"
    value, low, high = facts.success
    if math.isnan(low):
        return f"{value:.0%} at the end of episodes, in simulation"
    return f"{value:.0%} ({low:.0%} to {high:.0%}) at the end of {facts.episodes} episodes, in simulation"


def _how(about: PolicyAbout) -> str:
    feed = 'feed = {"observation": observation}'
    if about.asked:
        feed = 'weights = np.array([list(about["wishes"].values())], dtype=np.float32)\n'
        feed += 'feed = {"observation": observation, "weights": weights}'
    shown = "" if about.task.count(":") else "\nIn simulation: `armchair play policy.onnx`."
    return f"## How to run it\n{PLAY.format(feed=feed)}\n{shown}".rstrip()


def _numbers(about: PolicyAbout) -> str:
    rate = f"It decides {about.rate:g} times a second."
    names = _listed([one.name for one in about.observation])
    seen = f"{len(about.observation)} numbers go in, in this order: {names}."
    moved = f"{len(about.action)} numbers in [-1, 1] come out: {_listed([one.name for one in about.action])}."
    more = "Units and scales are in the metadata: the number fed in is the quantity times its `scale`; "
    more += "what comes out is `offset + scale · a`."
    law = ""
    if about.joints:
        what = "moves targets of the tool" if about.control == "tool" else "moves targets of the joints"
        law = f" Control mode `{about.control}`: an action {what}; the law is in armchair's docs/deploy.md."
    return f"## Numbers\n{rate} {seen} {moved} {more}{law}"


def _limits(about: PolicyAbout, facts: Facts) -> str:
    lines = [
        "- It was trained and measured in simulation only. Nothing here makes a robot safe: keep its own",
        "  limits, its emergency stop, and low speed.",
        "- It knows nothing but what it observes, and was trained on the layouts of its task.",
        "- An observation that is not finite gives an action that is not finite: check before you feed it.",
    ]
    if facts.success is not None and not math.isnan(facts.success.low):
        lines.append("- The interval of success (95 %) is of episodes of this policy, not of training again.")
    return "## Limits\n" + "\n".join(lines)


def _listed(names: Sequence[str], most: int = 60) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"`{_line(name)}`" for name in names[:most]) + more


def _line(text: str | None) -> str:
    """A text of others on one line, without what Markdown or HTML would make something of."""
    plain = " ".join((text or "").split())
    return "".join(sign for sign in plain if sign.isprintable() and sign not in "`<>[]")[:200]


def _cell(text: str) -> str:
    return text.replace("|", "/")
