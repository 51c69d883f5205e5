/** What the server and the page say to each other: the JSON of /api. */

export type Choice = "left" | "right" | "tie" | "both_bad" | "cant_tell";
export type Strength = 0.5 | 1 | 2;
export type Reason = "empty" | "budget" | "paused" | "done" | "read_only";
export type Phase =
  | "collecting" | "fitting" | "practising" | "waiting" | "paused" | "done" | "stopped" | "none";

export interface ClipRef {
  id: string;
  kind: "poses" | "film";
  steps: number;
  bodies: number;
  url: string;
  film: string;
}

/** What a pair is about: a wish and what is asked about it, or (null) the skill, about which the run's own question is asked. */
export interface Asked {
  wish: string | null;
  asks: string | null;
}

export interface Pair extends Asked {
  question: string;
  left: ClipRef;
  right: ClipRef;
  policy_step: number;
  /** Whether both clips begin alike, as far as can be seen. */
  alike: boolean;
}

export interface PairsReply {
  pairs: Pair[];
  reason: Reason | null;
}

export interface Progress {
  answers: number;
  budget: number | null;
  mine: number;
  today: number;
  pace_per_minute: number | null;
  eta_minutes: number | null;
  agreement: { agree: number; of: number } | null; // by the model that was in force when they were given
  learned: { answers: number; changed: number } | null; // of the answers that were new to the last fit
  waiting: number;
  look_again: number; // one's own answers that deserve a second look
}

export interface Trainer {
  phase: Phase;
  alive: boolean;
  updates: number;
  of_updates: number;
  env_steps: number;
  success: number | null;
  waits: boolean; // done, and goes on by itself once there is more to do
}

export interface Meter {
  verdict: "unknown" | "improving" | "settled";
  done: boolean; // no more answers are needed: nothing gets better any more, or a wish is met
  wins: number;
  ties: number;
  losses: number;
  text: string;
  more: number;
}

/** Comparisons of the newest policy with an older one, after the budget. */
export interface Settling {
  on: boolean; // they are being given out
  given: number;
  of: number;
  outcome: "unknown" | "improving" | "settled" | "older";
  wins: number; // of the newest
  ties: number;
  losses: number;
  older: number; // answers after which the older policy was as it is in the clips
  newest: number;
  older_success: number | null;
  used: boolean; // the older policy is the run's
  can_use: boolean;
}

export interface State {
  run: string;
  folder: string | null; // of the run, for its owner
  finished: boolean; // the owner has ended the run
  task: string;
  question: string;
  annotator: string;
  role: "owner" | "annotator";
  page: string;
  runs_at: string; // the address of the list of all runs, or empty
  can_start: boolean; // whether this person may have a trainer started, see POST /api/run/teach-on
  clip_seconds: number;
  control_dt: number | null; // s, of a step; not known before there is a trainer
  settings: { show_success: boolean; show_guess: boolean; strengths: boolean };
  progress: Progress;
  trainer: Trainer;
  meter: Meter | null;
  scene: { url: string; version: string } | null;
  change: { url: string; version: string } | null; // the arm before and now
  settling: Settling | null;
  wishes: number; // how many there are
  understood: { asks: string; version: string } | null; // of a wish, for its owner
}

/** An answer as it is sent; `choice` speaks of the question's own left and right. */
export interface AnswerBody {
  id: string;
  question: string;
  choice: Choice;
  strength: Strength;
  seconds: number;
  swapped: boolean;
  page: string;
}

export interface Guess {
  choice: "left" | "right";
  probability: number;
}

export interface AnswerReply {
  saved: boolean;
  new: boolean;
  guess: Guess | null;
}

export interface UndoReply {
  undone: { question: string; choice: Choice } | null;
  pair: Pair | null;
}

export interface HistoryRow extends Asked {
  id: string;
  seq: number;
  question: string;
  choice: Choice;
  strength: number;
  seconds: number;
  created: number;
  annotator: string;
  left: ClipRef;
  right: ClipRef;
  can_flip: boolean;
  guess: Guess | null;
}

export interface HistoryReply {
  rows: HistoryRow[];
  next: number | null;
}

/** What is wanted of how the skill is done. */
export interface WishRow {
  name: string;
  question: string;
  weight: number | null; // from 0 to 1; null: left open
  answers: number;
}

export interface WishesReply {
  wishes: WishRow[];
}

export interface Relation {
  words: string;
  share: number; // of all that counts
}

/** What was understood of a wish. */
export interface Understood {
  wish: string;
  version: string;
  asks: string;
  best: [ClipRef, ClipRef];
  worst: [ClipRef, ClipRef];
  relations: Relation[];
}
