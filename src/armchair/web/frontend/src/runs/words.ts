/** What the list says, in plain words. */

import type { Preset, Run } from "./contract";

export function stateWords(run: Run): string {
  switch (run.state) {
    case "running": return run.teacher ? "Training" : "The arm is practising";
    case "waiting": return "Waiting for your answers";
    case "paused": return "Paused";
    case "stopped": return run.detail ? "Stopped unexpectedly" : "Stopped";
    case "done": return "Done";
    case "broken": return "Cannot be read";
  }
}

/** How the state looks: at work, wants something, at rest, wrong. */
export function mood(run: Run): "busy" | "wait" | "rest" | "bad" {
  if (run.state === "running") return "busy";
  if (run.state === "waiting") return "wait";
  return run.state === "broken" || run.detail ? "bad" : "rest";
}

export function progressWords(run: Run): string {
  if (run.state === "broken") return "";
  if (run.teacher === "reward") return "learns from the task’s own reward";
  const who = run.teacher ? ` by a simulated teacher (${run.teacher})` : "";
  const of = run.budget === null ? "" : ` of ${run.budget}`;
  return `${run.answers}${of} answers${who}`;
}

export function successWords(run: Run): string {
  return run.success === null ? "" : `${Math.round(100 * run.success)} % success`;
}

/** When something was heard of a run last. Both times in seconds. */
export function agoWords(active: number | null, now: number): string {
  if (active === null) return "";
  const minutes = Math.floor((now - active) / 60);
  if (minutes < 1) return "active just now";
  if (minutes < 60) return `active ${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `active ${hours} h ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "active yesterday" : `active ${days} days ago`;
}

export function teachOnWords(run: Run): string {
  if (run.more > 0) return `Teach on (${run.more} more)`;
  return run.teacher ? "Go on" : "Teach on";
}

/** The word on the button that opens the page where people answer. */
export function openWords(run: Run): string {
  const asks = !run.teacher && (run.state === "running" || run.state === "waiting");
  return asks ? "Label" : "Open";
}

/** A preset's title and what it is for, from its line "Reach: bring the tool to the goal. …". */
export function presetWords(preset: Preset): { title: string; about: string } {
  const cut = preset.about.search(/[:,]/);
  const short = cut > 0 && cut <= 44 && preset.about[cut] === ":";
  const title = short ? preset.about.slice(0, cut) : preset.name.replace(/_/g, " ");
  const rest = short ? preset.about.slice(cut + 1).trim() : preset.about;
  return { title: upper(title), about: upper(rest.split(/(?<=\.) /)[0] ?? rest) };
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The presets to choose from at once, and the variants of them behind "More". */
export function sorted(presets: Preset[]): { main: Preset[]; variants: Preset[] } {
  const order = ["reach", "push", "pick_place_demos", "block_stack"];
  const main = order.flatMap((name) => presets.filter((preset) => preset.name === name));
  return { main, variants: presets.filter((preset) => !main.includes(preset)) };
}
