/** What the page of a new wish says. */

import type { Judged, Time } from "./contract";

const TIMES: Record<Time, { title: string; about: string }> = {
  moment: { title: "A short moment", about: "A touch, a jerk, how it lets go." },
  usual: { title: "As usual", about: "Most wishes: how high, how straight, how smoothly." },
  episode: { title: "The whole episode", about: "What only shows from beginning to end." },
};
const ANYWHERE = ["Which one moves more smoothly?", "Which one starts more slowly?"];
const BLOCKS = ["Which one carries the block higher?", "Which one puts the block down more gently?"];
const LIFTED = ["pick_place", "stack"];

export function timeWords({ clip, seconds }: Judged): { title: string; about: string; cost: string } {
  return { ...TIMES[clip], cost: `clips of ${secondsText(seconds)}` };
}

/** "1.25 s", "½ s" */
export function secondsText(seconds: number): string {
  return seconds === 0.5 ? "½ s" : `${Number(seconds.toFixed(2))} s`;
}

/** Questions that others have asked about such a task. */
export function hints(task: string): string[] {
  return LIFTED.includes(task) ? [...BLOCKS, ANYWHERE[0]!] : ANYWHERE;
}

export function aboutPairs(pairs: number): string {
  if (!pairs) return "This skill has no clips to show. The trainer will film it in many different ways.";
  const these = pairs === 1 ? "A pair" : `${pairs} pairs`;
  return `${these} of the skill as it is. For your wish it is filmed in more different ways, and the answer is easier to see.`;
}

/** What is wrong with a question; "" where nothing is. */
export function questionTrouble(question: string): string {
  if (!question.trim()) return "First put your wish into a question, such as “Which one moves more smoothly?”";
  return question.trim().split(/\s+/).length < 2 ? "A question about two clips has more than one word, such as “Which one moves more smoothly?”" : "";
}
