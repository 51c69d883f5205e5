"""`armchair play`: watch a scripted, random or saved policy live, film it, or keep it as a replay."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from armchair.cli.flags import PageFlags
from armchair.cli.parse import parse
from armchair.cli.playing.args import Args
from armchair.cli.report import Report
from armchair.errors import InvalidInput

EXAMPLES = (
    "armchair play runs/reach-001",
    "armchair play runs/reach-001 --html replay.html --episodes 3",
    "armchair play stack --policy scripted --episodes 3",
    "armchair play reach --policy random --video reach.mp4",
    "armchair play pick_place --policy scripted --engine bullet --json",
    "armchair play runs/reach-001 --episodes 5 --video taught.mp4",
    "armchair play runs/lift-001 --wish-weight carry_high=0.4",
    "armchair play lifting/policy.onnx",
    "armchair play runs/reach-001 --episodes 50 --dataset reaches",
)


def main(argv: Sequence[str]) -> int:
    """Plays the episodes; returns 0."""
    args = parse(Args, "play", argv, EXAMPLES)
    check(args)
    report = Report("play", args.json)
    if Path(args.what).suffix == ".safetensors":
        from armchair.cli.playing.dump import play_dump

        if args.video is not None or args.dataset is not None or args.window:
            raise InvalidInput("a dump is replayed in the browser: use --html, or no flag at all")
        if args.wish_weight:
            raise InvalidInput("a dump is replayed as it was: --wish-weight goes with a run's policy")
        return play_dump(Path(args.what), args.html, report, trust=args.trust)
    from armchair.cli.playing.cast import choose

    cast = choose(args)
    if args.dataset is not None:
        from armchair.cli.playing.dataset import record_dataset

        return record_dataset(cast, args, args.dataset, report)
    posed = cast.spec.shows_poses(cast.config)
    if not posed and args.html is not None:
        raise InvalidInput(f"{cast.spec.name} has pictures and no poses to replay: use --video")
    shown = args.html is not None or args.window or is_live(args)
    if not posed or (cast.spec.foreign and not shown):  # of others the return is told, too
        from armchair.cli.playing.unposed import play_unposed

        return play_unposed(cast, args, report)
    if is_live(args):
        from armchair.cli.playing.live import play_live

        return play_live(cast, args.seed, PageFlags(port=args.port or 0, no_open=args.no_open), report)
    from armchair.cli.playing.episodes import play_posed

    return play_posed(cast, args, report)


def is_live(args: Args) -> bool:
    """Whether to play in the browser until Ctrl-C; nothing waits for ever where nobody is there to end it."""
    if args.video or args.html or args.dataset or args.window or args.json:
        return False
    return args.port is not None or all(stream.isatty() for stream in (sys.stdin, sys.stdout))


def check(args: Args) -> None:
    """Raises InvalidInput for arguments that cannot be used, before anything heavy starts."""
    if args.episodes < 1:
        raise InvalidInput(f"--episodes must be at least 1, got {args.episodes}")
    if args.size < 2 or args.size % 2:
        raise InvalidInput(f"--size must be an even number of pixels, got {args.size}")
    if sum(map(bool, (args.video, args.html, args.dataset, args.window))) > 1:
        raise InvalidInput("--video, --html, --dataset and --window show the same episodes: give one of them")
    if args.video is not None:
        from armchair.video import check_video_path

        check_video_path(args.video)
    if args.html is not None:
        from armchair.playback.replay_html import check_replay_path, template

        check_replay_path(args.html)
        template()
