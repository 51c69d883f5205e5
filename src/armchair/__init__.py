"""Teach a robot arm from your armchair: watch two short clips, click the better one.

Importing the package makes its ids known to Gymnasium, which has no other way to find them since 1.0
(docs/adr/0005). It loads neither torch nor a simulator.
"""

from armchair.envs.gym.registration import register_envs
from armchair.version import __version__

__all__ = ["__version__", "register_envs"]

register_envs()
