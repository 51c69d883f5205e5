"""What `demos` may say."""

from __future__ import annotations

import re

from armchair.config.teach import TeachConfig
from armchair.errors import ConfigError

MOST = 1000  # scripted ones
SCRIPTED = re.compile(r"scripted:(\d+)")


def check_demos(config: TeachConfig, where: str) -> None:
    """Raises ConfigError where `config.demos` or `motion` says nothing that can be used."""
    if config.motion and ":" in config.task:
        raise ConfigError(f"{where}: motion must be false: {config.task} is none of armchair's own tasks")
    wanted = config.demos
    if not wanted:
        return
    if ":" in config.task:
        raise ConfigError(f"{where}: demos must be empty: {config.task} is none of armchair's own tasks")
    number = SCRIPTED.fullmatch(wanted)
    if number is None:
        if wanted.startswith("scripted"):
            raise ConfigError(f"{where}: demos must be scripted:N, such as scripted:20, got {wanted!r}")
        return
    if not 1 <= int(number[1]) <= MOST:
        raise ConfigError(f"{where}: demos must be scripted:1 to scripted:{MOST}, got {wanted!r}")
    if config.control != "tool":
        raise ConfigError(f"{where}: the script moves the tool: use control tool, or a folder of demos")
