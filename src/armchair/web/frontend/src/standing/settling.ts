/** After the budget: whether the newest arm is better than an older one, found out by blind comparisons. Pure. */

import type { Meter, Settling, State } from "../contract";
import type { Message } from "../ui/states";
import { answersText } from "./change_data";
import type { Deeds } from "./ending";

type Action = NonNullable<Message["actions"]>[number];

/** Pairs that it takes to know, about: as many as the test says, of those there are. */
export function pairsLeft({ meter, settling }: State): number {
  if (!settling) return 0;
  const left = Math.max(0, settling.of - settling.given);
  return meter?.more ? Math.min(left, meter.more) : left;
}

/** Whether the comparisons so far have said all that they can. */
function found(meter: Meter | null): boolean {
  return meter !== null && (meter.done || meter.verdict === "settled");
}

/** What begins, or ends in an older arm; for the run's owner. */
export function settleActions(state: State, deeds: Deeds | null): Action[] {
  const { settling, meter, role } = state;
  const left = pairsLeft(state);
  if (!deeds || !settling || role !== "owner" || !left || settling.outcome !== "unknown" || found(meter)) return [];
  const label = settling.given ? `Go on comparing, ${left} more` : `Compare ${left} more pairs blind`;
  return [{ label, run: () => deeds.settle(true) }];
}

/** What is to be said of the round where it did not end in an older arm. */
export function roundTold(state: State): string[] {
  const { settling, meter, role } = state;
  if (!settling) return [];
  if (settling.outcome === "unknown" && settling.given) {
    return [`${resultText(state)} ${pairsLeft(state) ? "That is not enough to tell." : "That may be chance: the two are hard to tell apart."}`];
  }
  if (role !== "owner" || settling.outcome !== "unknown" || !pairsLeft(state) || found(meter)) return [];
  if (state.wishes) return ["Is your wish met? Compare the arm with it and the skill alone, blind, to find out."];
  return ["Is it settled? Compare the newest arm with an older one, blind, to find out."];
}

/** The end where people preferred the older arm, or have gone back to it; null elsewhere. */
export function older(state: State, deeds: Deeds | null): Message | null {
  const { settling } = state;
  if (!settling || !(settling.used || settling.outcome === "older")) return null;
  const mine = deeds && state.role === "owner" ? deeds : null;
  const actions: Action[] = [];
  if (state.wishes) return alone(state, settling, mine);
  if (settling.used) {
    if (mine) actions.push({ label: "Use the newest again", run: () => mine.useOlder(false) });
    const lines = [`The run’s arm is the one it was after ${answersText(settling.older)}.${successOf(settling)}`,
      "With more answers training goes on from the newest."];
    return { title: "The older arm is in use", lines, actions: [...actions, ...rest(state, mine, true)] };
  }
  if (mine && settling.can_use) actions.push({ label: "Use the older arm", run: () => mine.useOlder(true), primary: true });
  const lines = [`${resultText(state)} People preferred the arm as it was after ${answersText(settling.older)} to the one after ${answersText(settling.newest)}.${successOf(settling)}`];
  if (mine && !settling.can_use) lines.push("Its policy is not kept in this run.");
  return { title: "It was better before", lines, actions: [...actions, ...rest(state, mine, false)] };
}

/** The same in a run of wishes, where the older arm is the skill without them. */
function alone(state: State, settling: Settling, mine: Deeds | null): Message {
  const actions: Action[] = [];
  if (settling.used) {
    if (mine) actions.push({ label: "Use the wish again", run: () => mine.useOlder(false) });
    const lines = [`The run’s arm does the skill without your wish.${successOf(settling)}`, "With more answers training goes on with it."];
    return { title: "The skill alone is in use", lines, actions: [...actions, ...rest(state, mine, true)] };
  }
  if (mine && settling.can_use) actions.push({ label: "Use the skill alone", run: () => mine.useOlder(true), primary: true });
  const lines = [`${resultText(state)} The skill alone was preferred.${successOf(settling)}`];
  if (mine && !settling.can_use) lines.push("Its policy is not kept in this run.");
  return { title: "It was better without", lines, actions: [...actions, ...rest(state, mine, false)] };
}

function rest(state: State, mine: Deeds | null, primary: boolean): Action[] {
  const actions: Action[] = [];
  if (mine && state.progress.budget !== null) actions.push({ label: "30 more answers", run: () => mine.more(30) });
  if (mine && state.trainer.waits) actions.push({ label: "Finish", run: () => mine.finish(), primary });
  return actions;
}

function successOf({ older_success: share }: Settling): string {
  return share === null ? "" : ` It succeeds in ${Math.round(100 * share)} % of its tries.`;
}

export function resultText({ settling, wishes }: State): string {
  const { wins, ties, losses } = settling ?? { wins: 0, ties: 0, losses: 0 };
  const tied = ties ? ` ${ties} ${ties === 1 ? "was a tie" : "were ties"}.` : "";
  const [newest, other] = wishes ? ["arm with your wish", "skill alone"] : ["newest arm", "older one"];
  return `Of ${wins + ties + losses} blind comparisons the ${newest} won ${wins}, the ${other} ${losses}.${tied}`;
}

/** What stands above the clips meanwhile. */
export function roundBanner(state: State): string {
  const { settling } = state;
  const left = pairsLeft(state);
  if (settling && state.wishes) return `Comparing the arm with your wish and without, blind: ${settling.given} done, about ${left} to go.`;
  return settling ? `Comparing two versions of the arm, blind: ${settling.given} done, about ${left} to go.` : "";
}
