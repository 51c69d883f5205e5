"""What `play` does where there are no poses: run the episodes, and film them if asked to."""

from __future__ import annotations

from armchair.cli.playing.args import Args
from armchair.cli.playing.cast import Cast, policy_of, weighed
from armchair.cli.report import Report
from armchair.cli.wishes.weights import told_weights
from armchair.envs.base import tells_success
from armchair.evaluate import evaluate
from armchair.playback.film import film_policy


def play_unposed(cast: Cast, args: Args, report: Report) -> int:
    """Play and tell how it went; returns 0."""
    episodes, seed, video = args.episodes, args.seed, args.video
    env = cast.spec.make(1, cast.config)
    try:
        found = evaluate(env, policy_of(cast, env, seed), episodes, seed)
    finally:
        env.close()
    if video is not None:  # the same episodes once more, as the seed is the same
        act = policy_of(cast, env, seed)
        report.say(f"{video}: {film_policy(cast.spec, cast.config, act, video, (episodes, seed)):.1f} s")
    own = cast.wish is None
    success = found.success.value if own and tells_success(env) else None
    total = found.total.value if own else None
    share = "" if success is None else f", success {success:.0%}"
    came_to = f'taught "{cast.wish}",' if total is None else f"return {total:.1f} over"
    report.say(f"{cast.spec.name}: {came_to} {episodes} episodes{share}{told_weights(cast.weights)}")
    summary = {
        "task": cast.spec.name,
        "policy": cast.policy,
        "seed": seed,
        "success": success,
        **weighed(cast),
    }
    shown = None if video is None else str(video)
    report.finish({**summary, "return": total, "episodes": episodes, "video": shown})
    return 0
