"""A teacher of one's own, who compares two clips, and functions that are called on the way."""

from _settings import SETTINGS

import armchair

NEAR = 0.01  # m: whom this is all the same to


def prefer(left: armchair.Clip, right: armchair.Clip) -> str:
    """The clip that ends nearer to the goal; a tie where both end about as near."""
    ends = [float((clip["tool"][-1] - clip["goal"][-1]).norm()) for clip in (left, right)]
    if abs(ends[0] - ends[1]) < NEAR:
        return "tie"
    return "left" if ends[0] < ends[1] else "right"


if __name__ == "__main__":
    on: armchair.Moments = {
        "fit": lambda report: print(
            f"the reward fits {report.train.accuracy:.0%} of {report.answers} answers"
        ),
        "evaluation": lambda found: print(f"success {found.success.value:.0%}"),
    }
    run = armchair.teach("reach", teacher=prefer, config=SETTINGS, on=on)
    for progress in run:
        if progress.updates and progress.updates % 10 == 0:
            print(f"{progress.updates}/{progress.of_updates} updates, {progress.answers} answers")
    print(f"done: {run.path}, of whose answers {(run.answers['choice'] == 'tie').sum()} are ties")
