"""The configuration of a run of wishes: what is simulated, and how policies learn, is the skill's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from armchair.config.teach import DemonstrationConfig, TeachConfig
from armchair.config.wishes import MOST_WISHES, WISH_LABELS
from armchair.errors import InvalidInput, check_choice
from armchair.feedback.styles import QUESTIONS
from armchair.rewards.ensemble import RewardConfig
from armchair.rewards.relations import InputMode

FIRST, SESSION, SESSION_EVERY, UPDATES = 12, 4, 5, 60
FILMED = 64  # copies: there is more to choose from
MEMBERS = 32
NAME = re.compile(r"[^a-z0-9]+")
ASKING = re.compile(r"^(in )?which( one| clip| arm)?( does the (arm|robot|block))?\s*", re.IGNORECASE)


def on_skill(
    skill: TeachConfig, asked: Mapping[str, str], weights: Mapping[str, float], policy: str
) -> TeachConfig:
    """Defaults of a run of these wishes on top of the skill in the run `policy`, which `skill` configured."""
    several = max(1, len(asked))
    return replace(
        skill,
        policy=policy,
        queries=replace(
            skill.queries,
            labels=WISH_LABELS * several,
            first=FIRST * several,
            strategy="information",
            random_share=0.0,
            film_envs=FILMED,
            same_start=True,
            alike=1.0,
            least_jnd=0.0,
            memory=3,
        ),
        schedule=replace(
            skill.schedule, session=SESSION * several, session_every=SESSION_EVERY, updates=UPDATES, rival=0.0
        ),
        demonstrations=DemonstrationConfig(),
        evaluation=replace(skill.evaluation, every=UPDATES),
        reward=RewardConfig(inputs=wish_inputs(skill.reward), form="linear", members=MEMBERS),
        wishes=replace(skill.wishes, asked=dict(asked), weights=dict(weights)),
    )


def wish_inputs(skill: RewardConfig) -> InputMode:
    """A wish is one of many criteria, whatever the skill was chosen to look at; where nobody said which
    numbers are points, a weighted sum of all numbers, see `WishReward`.
    """
    return "raw" if skill.inputs == "raw" else "criteria"


def asked_of(wishes: Sequence[str], styles: Sequence[str]) -> dict[str, str]:
    """Names and questions of wishes in words and of simulated styles, in this order. Raises InvalidInput."""
    asked = {check_choice("style", name, QUESTIONS): QUESTIONS[name] for name in styles}
    for words in wishes:
        question = " ".join(words.split())
        if not question:
            raise InvalidInput("a wish is a question in words, such as 'Which one carries the block higher?'")
        asked[name_of(question, asked)] = question
    if len(asked) > MOST_WISHES:
        raise InvalidInput(f"at most {MOST_WISHES} wishes are learned in a run, got {len(asked)}")
    return asked


def name_of(question: str, taken: Mapping[str, str]) -> str:
    """A short name for a question: "Which one carries the block higher?" -> carries_the_block_higher."""
    words = NAME.sub("_", ASKING.sub("", question).lower()).strip("_")[:40].strip("_") or "wish"
    number = 2
    name = words
    while name in taken:
        name, number = f"{words}_{number}", number + 1
    return name
