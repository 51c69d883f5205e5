/** What the list's API gives, see armchair/web/runs/types.py. */

export type RunState = "running" | "waiting" | "paused" | "stopped" | "done" | "broken";

export interface Run {
  name: string;
  task: string;
  question: string;
  teacher: string; // "" for people, "reward" where nobody is asked
  answers: number;
  budget: number | null;
  success: number | null;
  active: number | null; // s since the epoch
  state: RunState;
  detail: string; // what went wrong
  can_open: boolean;
  can_teach_on: boolean;
  can_stop: boolean;
  can_wish: boolean; // a finished skill, on top of which a wish can be taught
  more: number; // by which the budget is raised to go on
}

export interface Runs {
  folder: string;
  runs: Run[];
}

export interface Preset {
  name: string;
  task: string;
  about: string;
  question: string;
  labels: number;
}

export interface NewRun {
  preset: string;
  labels: number | null;
  seed: number | null;
  question: string;
}
