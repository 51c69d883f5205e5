/** What each key does on the labelling page. */

import type { Choice, Strength } from "../contract";

export type Action =
  | { do: "answer"; choice: Choice; much: boolean }
  | { do: "strength"; strength: Strength }
  | { do: "turn"; sideways: number; upwards: number; distance: number }
  | { do: "nudge"; by: 1 | -1 }
  | { do: "rate"; by: 1 | -1 }
  | { do: "skip" | "undo" | "pause" | "swap" | "ghost" | "trace" | "view" | "exchange" | "help" | "history" | "change" | "close" };

export interface KeyPress {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  repeat: boolean;
  target?: EventTarget | null;
}

const ANSWERS: Record<string, Choice> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowDown: "tie",
  ArrowUp: "cant_tell",
  b: "both_bad",
};

const OTHERS: Record<string, Action> = {
  s: { do: "skip" },
  z: { do: "undo" },
  " ": { do: "pause" },
  ",": { do: "nudge", by: -1 },
  ".": { do: "nudge", by: 1 },
  "[": { do: "rate", by: -1 },
  "]": { do: "rate", by: 1 },
  x: { do: "swap" },
  g: { do: "ghost" },
  t: { do: "trace" },
  r: { do: "view" },
  v: { do: "exchange" },
  h: { do: "history" },
  n: { do: "change" },
  "?": { do: "help" },
  Escape: { do: "close" },
  "1": { do: "strength", strength: 0.5 },
  "2": { do: "strength", strength: 1 },
  "3": { do: "strength", strength: 2 },
  j: { do: "turn", sideways: -1, upwards: 0, distance: 1 },
  l: { do: "turn", sideways: 1, upwards: 0, distance: 1 },
  i: { do: "turn", sideways: 0, upwards: 1, distance: 1 },
  k: { do: "turn", sideways: 0, upwards: -1, distance: 1 },
  "+": { do: "turn", sideways: 0, upwards: 0, distance: 0.9 },
  "-": { do: "turn", sideways: 0, upwards: 0, distance: 1 / 0.9 },
};

const HELD = new Set(["nudge", "turn"]); // may be repeated by holding the key down

/** What a key press means, or null. Keys with Ctrl, Alt or Meta are the browser's; a held key answers once. */
export function actionOf(press: KeyPress): Action | null {
  if (press.ctrlKey || press.altKey || press.metaKey) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const choice = ANSWERS[key];
  if (choice) return press.repeat ? null : { do: "answer", choice, much: press.shiftKey };
  const action = OTHERS[key];
  if (!action || (press.repeat && !HELD.has(action.do))) return null;
  return action;
}

/** Whether the focused element wants this key for itself. */
export function belongsTo(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // until the next picture the focus stays in a dialog that was closed: those keys are the page's already
  if (target.closest("dialog:not([open])")) return false;
  if (target.closest("textarea, select, input:not([type=range])")) return true;
  if (target.closest("dialog")) return key !== "Escape" && key !== "?";
  if (target.closest("input[type=range]")) return key.startsWith("Arrow");
  return (key === " " || key === "Enter") && target.closest("button, a, summary") !== null;
}
