/** Which words stand on the stage or above it, from all that is known. Pure, so that every case is tested. */

import { at } from "../base";
import type { Reason, State } from "../contract";
import type { Message } from "../ui/states";
import { ending, farewell, isSpent, stopped, type Deeds } from "../standing/ending";
import { ownersCommand } from "./words";

export interface Situation {
  state: State | null;
  reason: Reason | null; // why the server gave no pairs
  showing: boolean; // a pair is on the screen
  offline: boolean;
  expired: boolean;
  unsent: number;
  deeds?: Deeds; // what the owner can do
}

/** The message in place of the clips, or null where clips are to be seen. */
export function cardOf(now: Situation): Message | null {
  if (now.expired) return expired(now.unsent);
  if (now.showing) return null;
  if (now.offline && now.state?.finished) return farewell(now.state);
  if (now.offline) {
    return {
      title: "The server cannot be reached",
      lines: [kept(now.unsent), "The page tries again by itself."].filter(Boolean),
      busy: true,
    };
  }
  if (!now.state) return { title: "Opening", lines: ["The first pair is on its way."], busy: true };
  return ended(now.state, now.reason, now.deeds ?? null) ?? waiting(now.state, now.reason, now.deeds ?? null);
}

function expired(unsent: number): Message {
  const lines = ["Open the link that armchair printed when it started, or ask the run’s owner for a new one."];
  if (unsent) lines.unshift(`${kept(unsent)} They are sent when you are back.`);
  return {
    title: "Please sign in again",
    lines,
    actions: [{ label: "Sign in", run: () => location.assign(at("/login")), primary: true }],
  };
}

function kept(unsent: number): string {
  if (!unsent) return "";
  return unsent === 1 ? "One answer is kept in this browser." : `${unsent} answers are kept in this browser.`;
}

function ended(state: State, reason: Reason | null, deeds: Deeds | null): Message | null {
  if (reason === "read_only") {
    return {
      title: "This run is read-only",
      lines: ["Its folder cannot be written, so nobody can answer here.", "All that was answered is in the history."],
    };
  }
  if (state.settling?.on && reason !== "paused") return { title: "One moment", lines: ["The next pair to compare is on its way."], busy: true };
  const end = state.trainer.phase === "done" || reason === "budget" || (reason !== null && isSpent(state));
  const told = end ? ending(state, deeds) : null;
  if (told) return told;
  if (reason === "paused") {
    return { title: "Paused", lines: ["The run’s owner has paused the questions.", "The next pair comes by itself."] };
  }
  return null;
}

function waiting(state: State, reason: Reason | null, deeds: Deeds | null): Message {
  if (trainerGone(state)) return stopped(state, deeds, "Training has stopped");
  if (state.trainer.phase === "none" && reason === "empty") {
    return {
      title: "No pairs are waiting",
      lines: ["No training is running that could ask more. To go on, start it:"],
      command: ownersCommand(state),
    };
  }
  if (reason === "empty") {
    return { title: "The arm is practising", lines: ["The next pair comes by itself."], busy: true };
  }
  return { title: "One moment", lines: ["The next pair is on its way."], busy: true };
}

export function trainerGone(state: State): boolean {
  const { phase, alive } = state.trainer;
  return phase === "stopped" || (!alive && phase !== "none" && phase !== "done");
}

/** One line above the clips while there is something to answer; "" for none. */
export function bannerOf(now: Situation): { text: string; command?: string } | null {
  if (!now.showing || now.expired) return null;
  if (now.offline) {
    return { text: "The server cannot be reached. You can go on: answers are kept here until it is back." };
  }
  if (now.state && trainerGone(now.state)) {
    return { text: "Training has stopped; your answers are saved. Go on with", command: ownersCommand(now.state) };
  }
  return null;
}

/** The mark that says whether all is safe. */
export function savedOf(unsent: number, offline: boolean, expired = false): { state: "saved" | "saving" | "offline"; text: string } {
  if (expired) return { state: "offline", text: unsent ? `Signed out · ${unsent} kept` : "Signed out" };
  if (offline) return { state: "offline", text: unsent ? `Offline · ${unsent} kept` : "Offline" };
  return unsent ? { state: "saving", text: `Saving ${unsent}` } : { state: "saved", text: "Saved" };
}
