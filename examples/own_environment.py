"""An environment of one's own: a puck that is to slide to a mark, made by a function of this script."""

import gymnasium
import numpy as np
from _settings import SETTINGS

import armchair


class Puck(gymnasium.Env):
    """Observes where the puck and the mark are on a plane, (4,) m; acts on the puck's speed."""

    metadata = {"armchair": {"points": {"puck": "0,1", "mark_goal": "2,3"}}}  # noqa: RUF012
    observation_space = gymnasium.spaces.Box(-2.0, 2.0, (4,), np.float32)
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict]:
        """Both somewhere on the plane."""
        super().reset(seed=seed)
        self.state = self.np_random.uniform(-1.0, 1.0, 4).astype(np.float32)
        return self.state.copy(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Slide for a twentieth of a second; no reward is written."""
        self.state[:2] = np.clip(self.state[:2] + 0.1 * np.asarray(action), -2.0, 2.0)
        return self.state.copy(), 0.0, False, False, {"is_success": self.distance() < 0.1}

    def distance(self) -> float:
        """Of the puck from the mark, in m."""
        return float(np.linalg.norm(self.state[:2] - self.state[2:]))


def make_puck() -> gymnasium.Env:
    """What a run keeps the place of: a function at the top of a module, without arguments."""
    return gymnasium.wrappers.TimeLimit(Puck(), 40)


def score(clip: armchair.Clip) -> float:
    """The nearer the puck is to the mark, the better."""
    return -float((clip["puck"] - clip["mark_goal"]).norm(dim=1).mean())


if __name__ == "__main__":
    smaller = {"labels": 40, "updates": 40, "frames": False, **SETTINGS}
    run = armchair.teach(make_puck, teacher=score, config=smaller)
    print(f"{run.success:.0%} of the episodes end at the mark, after {len(run.answers)} answers")
    env = armchair.LearnedReward(make_puck(), run)  # for other learners
    env.reset(seed=0)
    print(f"a step to the right is worth {env.step(np.array([1.0, 0.0]))[1]:.2f}")
