"""How a finished skill is done: first reach, then reach with less haste, then a bit less of that."""

from _settings import SETTINGS

import armchair

WISH = SETTINGS.pop("wish", {})  # settings of the run of wishes


def slower(left: armchair.Clip, right: armchair.Clip) -> str:
    """The clip in which the tool goes less far."""
    ways = [float(clip["tool"].diff(dim=0).norm(dim=1).sum()) for clip in (left, right)]
    return "left" if ways[0] < ways[1] else "right"


if __name__ == "__main__":
    skill = armchair.teach("reach", teacher="oracle", config=SETTINGS)
    run = armchair.teach_wishes(skill, {"Which one moves more slowly?": slower}, config=WISH)
    for name, weight in run.policy.wishes.items():
        print(f"{name} at weight {weight:g}, where it costs next to nothing: success {run.success:.0%}")
    print(f"other weights: armchair choose {run.path}")
