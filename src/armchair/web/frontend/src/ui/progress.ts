/** The strip that tells how far one has come and what the arm does. */

import type { State } from "../contract";
import { agreementText, armText, countText, etaText, paceText, practiceText, successText } from "../label/words";
import { byId, setText } from "./dom";
import { popup } from "./popup";

type Mood = "busy" | "wait" | "off";

export function showProgress(state: State): void {
  const { progress, trainer, meter } = state;
  setText(byId("count"), countText(progress));
  setText(byId("eta"), etaText(progress));
  setText(byId("arm-text"), armText(trainer));
  byId("arm").dataset["mood"] = mood(state);
  setText(byId("pace"), paceText(progress));
  const success = successText(state);
  setText(byId("success-short"), success);
  setText(byId("success"), success && `${success} when it was last measured.`);
  const agreement = progress.agreement;
  setText(byId("agreement-short"), agreement ? `model agrees ${agreement.agree} / ${agreement.of}` : "");
  setText(byId("agreement"), agreementText(progress));
  setText(byId("practice"), practiceText(trainer));
  setText(byId("meter"), meter?.text ?? "");
  const share = progress.budget ? Math.min(1, progress.answers / progress.budget) : 0;
  byId("ring").setAttribute("stroke-dasharray", `${(100 * share).toFixed(1)} 100`);
}

function mood(state: State): Mood {
  const { phase, alive } = state.trainer;
  if (phase === "waiting" || phase === "paused" || phase === "done" || phase === "none") return "wait";
  return alive && phase !== "stopped" ? "busy" : "off";
}

/** The strip opens to show the rest. */
export function foldStrip(): void {
  const more = byId("strip-more");
  popup(byId("strip-toggle"), more, (open) => { more.hidden = !open; });
}
