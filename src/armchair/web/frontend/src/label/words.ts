/** Numbers and states as short sentences. */

import type { Choice, Progress, Relation, State, Trainer } from "../contract";

export const CHOICE_WORDS: Record<Choice, string> = {
  left: "left",
  right: "right",
  tie: "tie",
  both_bad: "both bad",
  cant_tell: "can’t tell",
};

/** After an answer, never before it: what the model had expected. */
export function revealText(answer: Choice, guess: Choice, probability: number): string {
  return `You: ${CHOICE_WORDS[answer]}. The model ${expectedText(guess, probability)}`;
}

/** What the model had thought; probability: of that side, from a half to 1. */
export function expectedText(guess: Choice, probability: number): string {
  return probability === 0.5 ? "could not tell" : `expected ${CHOICE_WORDS[guess]}, ${Math.round(100 * probability)}\u00a0%`;
}

export function minutes(value: number): string {
  if (value < 1) return "less than a minute";
  if (value < 90) return `about ${Math.round(value)} min`;
  const hours = value / 60;
  return hours < 10 ? `about ${hours.toFixed(1)} h` : `about ${Math.round(hours)} h`;
}

/** How long the rest will take: "about 6 min to go", or "" where nobody can know. */
export function etaText(progress: Progress): string {
  const { budget, answers, eta_minutes: eta } = progress;
  if (budget !== null && answers >= budget) return "all answers given";
  if (eta === null || !Number.isFinite(eta) || eta < 0) return "";
  return `${minutes(eta)} to go`;
}

export function paceText(progress: Progress): string {
  const today = progress.mine < progress.answers ? `${progress.today} today, ${progress.mine} of all are yours` : `${progress.today} today`;
  const pace = progress.pace_per_minute;
  return pace === null || !Number.isFinite(pace) || pace <= 0 ? today : `${today} · ${pace.toFixed(pace < 10 ? 1 : 0)} a minute`;
}

export function countText(progress: Progress): string {
  return progress.budget === null ? `${progress.answers} answers` : `${progress.answers} of ${progress.budget}`;
}

/** What the arm does now, for somebody who has never heard of training. */
export function armText(trainer: Trainer): string {
  if (trainer.phase !== "none" && trainer.phase !== "done" && !trainer.alive) return "Training has stopped";
  switch (trainer.phase) {
    case "collecting": return "The arm is trying things out";
    case "fitting": return "Learning from your answers";
    case "practising": return "The arm is practising";
    case "waiting": return "The arm is waiting for you";
    case "paused": return "Training is paused";
    case "done": return "Training is done";
    case "stopped": return "Training has stopped";
    case "none": return "No training is running";
  }
}

export function successText(state: State): string {
  const success = state.trainer.success;
  return success === null || !state.settings.show_success ? "" : `${Math.round(100 * success)} % success`;
}

export function agreementText(progress: Progress): string {
  const { agreement } = progress;
  const agreed = agreement ? `The model had expected ${agreement.agree} of the last ${agreement.of} answers.` : "";
  return [agreed, learnedText(progress)].filter(Boolean).join(" ");
}

/** What the newest answers did. */
export function learnedText(progress: Progress): string {
  const { learned } = progress;
  if (!learned) return "";
  const { answers, changed } = learned;
  if (answers === 1) return changed ? "The last answer changed something." : "The last answer was as expected.";
  const did = changed === 0 ? "none changed anything" : changed === answers ? "all changed something" : `${changed} changed something`;
  return `Of the last ${answers}, ${did}.`;
}

/** How far training has come. */
export function practiceText(trainer: Trainer): string {
  if (!trainer.of_updates) return "";
  return `Training round ${trainer.updates} of ${trainer.of_updates}, ${trainer.env_steps.toLocaleString("en")} steps of practice.`;
}

export function resumeCommand(run: string, does = "resume"): string {
  return `armchair ${does} ${/^[\w./-]+$/.test(run) ? run : `'${run.replaceAll("'", "'\\''")}'`}`;
}

/** The exact command for the run's owner; others know of no folder. */
export function ownersCommand(state: State, does = "resume"): string {
  return resumeCommand(state.folder ?? state.run, does);
}

/** For people who cannot see the clip: how long it is, and nothing that could hint at an answer. */
export function clipText(side: "Left" | "Right", steps: number, dt: number): string {
  return `${side} clip, ${Math.max(0, (steps - 1) * dt).toFixed(1)} seconds of the arm moving`;
}

/** What must be known of the two clips before they are compared; "" for nothing. */
export function pairText(alike: boolean | null, close: boolean): string {
  if (close) return "Nearly alike: zoomed in, half speed";
  return alike === false ? "The two begin differently" : "";
}

export function clockText(step: number, last: number, dt: number): string {
  return `${(step * dt).toFixed(1)} / ${(last * dt).toFixed(1)} s`;
}

export function strengthWord(strength: number): string {
  return strength < 1 ? "slightly" : strength > 1 ? "much" : "";
}

/** "height of the tool: 62 %" */
export function relationText({ words, share }: Relation): string {
  return `${words}: ${Math.round(100 * share)} %`;
}

/** What follows when something else was understood than was meant. */
export function askedAgain(more: number): string {
  return `Noted. I will ask ${more} more about it: what I just showed you, then clips that differ a lot.`;
}
