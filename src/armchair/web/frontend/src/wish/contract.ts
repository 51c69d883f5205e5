/** What the list's API gives of a finished skill, see armchair/web/runs/types.py. */

import type { ClipRef } from "../contract";

export type Time = "moment" | "usual" | "episode";

export interface Judged {
  clip: Time;
  seconds: number;
}

export interface Skill {
  name: string;
  task: string;
  control_dt: number;
  scene: boolean;
  pairs: { left: ClipRef; right: ClipRef }[];
  judged: Judged[];
}

export interface NewWish {
  question: string;
  clip: Time;
}
