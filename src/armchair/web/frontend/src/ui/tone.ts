/** Light or dark: what the system says, unless the person has chosen. */

import type { Tone } from "../scene/studio";
import { recall, remember } from "./dom";

const system = matchMedia("(prefers-color-scheme: dark)");

export function tone(): Tone {
  const chosen = recall("theme");
  if (chosen === "light" || chosen === "dark") return chosen;
  return system.matches ? "dark" : "light";
}

export function applyTone(): Tone {
  const now = tone();
  document.documentElement.dataset["theme"] = now;
  return now;
}

/** Lets a button choose, and follows the system until it has. */
export function watchTone(button: HTMLElement | null, changed: (tone: Tone) => void): void {
  button?.addEventListener("click", () => {
    remember("theme", tone() === "dark" ? "light" : "dark");
    changed(applyTone());
  });
  system.addEventListener("change", () => changed(applyTone()));
  changed(applyTone());
}
