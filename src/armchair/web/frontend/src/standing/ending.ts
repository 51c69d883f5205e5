/** What the page says when all answers are given: the arm still learns, can do it, cannot yet, or has stopped. Pure. */

import type { State } from "../contract";
import { ownersCommand, successText } from "../label/words";
import type { Message } from "../ui/states";
import { answersText } from "./change_data";
import { older, roundTold, settleActions } from "./settling";

/** What one can do next; each is there only while there is something behind it. */
export interface Deeds {
  more(count: number): void; // so many answers beyond the budget
  goOn(): void; // start a trainer on what is left
  finish(): void; // end the command that waits
  settle(on: boolean): void; // compare the newest policy with an older one, blind
  useOlder(older: boolean): void; // make the older one the run's, or the newest again
  view?: () => void; // see the clips from elsewhere from now on
  watch?: (() => void) | undefined; // see what changed
  again?: () => void; // look once more at some answers
}

type Action = NonNullable<Message["actions"]>[number];

export const ENOUGH = 0.9; // share of tries that succeed, from which on the arm can do the task
const BLIND = 0.5; // share below which looking from elsewhere may be what is missing
const AT_ODDS = 0.65; // share of answers that the model agrees with, below which some may contradict others
const FEWEST = 10; // answers that such a share wants

export function isSpent({ progress: { budget, answers } }: State): boolean {
  return budget !== null && answers >= budget;
}

/** Answers to ask for beyond a budget: about half as many again. */
export function moreOf(budget: number): number {
  return budget <= 60 ? 30 : 10 * Math.round(budget / 20);
}

/** The end of a run, or null while it is not to be seen yet. */
export function ending(state: State, deeds: Deeds | null): Message | null {
  const { phase, alive, waits } = state.trainer;
  if (phase === "done" && !isSpent(state)) return waits ? goesOn() : stopped(state, deeds, "There is more to do");
  if (phase === "done") return verdict(state, deeds);
  if (!isSpent(state)) return null;
  if (phase === "none") return thanks(state);
  return alive && phase !== "stopped" ? learning(state, deeds) : stopped(state, deeds, "Training has stopped");
}

function goesOn(): Message {
  return { title: "It goes on", lines: ["The arm shows what it can do now. The next pair comes by itself."], busy: true };
}

function thanks(state: State): Message {
  return { title: "That’s all, thank you", lines: [`All ${state.progress.answers} answers are given.`] };
}

function learning(state: State, deeds: Deeds | null): Message {
  const { updates, of_updates: of } = state.trainer;
  const round = of ? ` It is in round ${updates} of ${of}.` : "";
  return {
    title: "That’s all for now, thank you",
    lines: [`All ${state.progress.answers} answers are given, and the arm is learning from the last of them.${round}`],
    busy: true,
    actions: [...moreActions(state, deeds, false), ...lookActions(state, deeds, true)],
  };
}

/** A run that could go on and has no trainer. */
export function stopped(state: State, deeds: Deeds | null, title: string): Message {
  if (state.can_start && deeds && state.role === "owner") {
    const actions = [{ label: "Go on", run: () => deeds.goOn(), primary: true }];
    return { title, lines: ["Everything is saved, and training can go on from here."], actions };
  }
  return { title, lines: ["Everything is saved. To go on, start it again:"], command: ownersCommand(state) };
}

function verdict(state: State, deeds: Deeds | null): Message {
  const { answers } = state.progress;
  const success = successText(state) === "" ? null : state.trainer.success;
  const after = `After ${answersText(answers)}`;
  const chosen = older(state, deeds);
  if (chosen) return chosen;
  if (state.wishes) return wished(state, deeds, success);
  if (success !== null && success >= ENOUGH) {
    const lines = [`${after} it succeeds in ${percent(success)} of its tries. Thank you.`, ...roundTold(state)];
    return { title: "The arm can do it", lines, actions: endActions(state, deeds, false) };
  }
  if (success !== null) {
    const lines = [`${after} the arm succeeds in ${percent(success)} of its tries.`, ...roundTold(state), ...reasons(state, success)];
    return { title: "Not there yet", lines, actions: endActions(state, deeds, true) };
  }
  if (state.meter?.done) return { title: "You may be done", lines: [state.meter!.text], actions: endActions(state, deeds, false) };
  const lines = [`The arm has learnt from all ${answers} answers. Only you can say whether it does what you wanted.`];
  return { title: "Is it what you wanted?", lines: [...lines, ...roundTold(state), ...reasons(state, null)], actions: endActions(state, deeds, true) };
}

/** The end of a run of wishes: whether they are met is told by comparisons with the skill alone. */
function wished(state: State, deeds: Deeds | null, success: number | null): Message {
  const met = state.meter?.done ?? false;
  const kept = success === null ? [] : [`The arm succeeds in ${percent(success)} of its tries.`];
  const first = met ? state.meter!.text : `The arm has learnt from all ${state.progress.answers} answers. Only you can say whether it does what you wished.`;
  const lines = [first, ...kept, ...roundTold(state), ...(met ? [] : reasons(state, null))];
  return { title: met ? "It does what you wish" : "Is it what you wished?", lines, actions: endActions(state, deeds, !met) };
}

/** What is known of why it is not better, and what helps. */
function reasons(state: State, success: number | null): string[] {
  const lines: string[] = [];
  const { agreement } = state.progress;
  if (state.meter && state.meter.verdict !== "unknown") lines.push(state.meter.text);
  if (agreement && agreement.of >= FEWEST && agreement.agree < AT_ODDS * agreement.of) {
    lines.push(`Only ${agreement.agree} of the last ${agreement.of} answers were what the ones before them let expect: some may contradict others.`);
  }
  if (success !== null && success < BLIND) {
    lines.push("Look at both views before you answer: what touches in one may be a hand’s width apart in the other.");
  }
  return lines;
}

function endActions(state: State, deeds: Deeds | null, wanting: boolean): Action[] {
  const actions = [...moreActions(state, deeds, wanting), ...settleActions(state, deeds), ...lookActions(state, deeds, wanting)];
  if (deeds?.view && wanting) actions.push({ label: "Another view", run: deeds.view });
  if (deeds && state.role === "owner" && state.trainer.waits) actions.push({ label: "Finish", run: () => deeds.finish(), primary: !wanting });
  return actions;
}

function lookActions(state: State, deeds: Deeds | null, wanting: boolean): Action[] {
  const { look_again: count } = state.progress;
  const actions: Action[] = [];
  if (deeds?.again && count) actions.push({ label: `Look again at ${count}`, run: deeds.again });
  if (deeds?.watch) actions.push({ label: wanting ? "See what changed" : "Watch it", run: deeds.watch });
  return actions;
}

function moreActions(state: State, deeds: Deeds | null, primary: boolean): Action[] {
  const { budget } = state.progress;
  if (!deeds || state.role !== "owner" || budget === null) return [];
  const count = moreOf(budget);
  return [{ label: `${count} more answers`, run: () => deeds.more(count), primary }];
}

/** After the owner has ended the run, when the server is gone with it. */
export function farewell(state: State): Message {
  const lines = ["The run is saved; you can close this page. To see the arm at work:"];
  return { title: "Finished", lines, command: ownersCommand(state, "play") };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
