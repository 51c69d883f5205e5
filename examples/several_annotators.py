"""Several annotators share the questions; one of them does not look at all, which the answers give away."""

import random

from _settings import SETTINGS

import armchair

COIN = random.Random(0)


def careful(clip: armchair.Clip) -> float:
    """The nearer to the goal, the better."""
    return -float((clip["tool"] - clip["goal"]).norm(dim=1).mean())


def careless(left: armchair.Clip, right: armchair.Clip) -> str:
    """Whatever comes to mind."""
    return COIN.choice(("left", "right"))


if __name__ == "__main__":
    teachers = {"ann": careful, "bob": "oracle", "eve": careless}
    # answers may be wrong here: more members, see docs/adr/0014
    run = armchair.teach("reach", teacher=teachers, labels=60, config={"reward.members": 20, **SETTINGS})
    run.finish()
    reward, clips = run.reward, run.clips
    for name, given in run.answers.groupby("annotator"):
        right = 0
        for row in given.to_dict("records"):
            values = [float(reward.of(clips[row[side]]).mean()) for side in ("left", "right")]
            right += row["choice"] == ("left" if values[0] > values[1] else "right")
        print(f"{name}: the learned reward agrees with {right} of {len(given)} answers")
    print(f"success {run.success:.0%}")
