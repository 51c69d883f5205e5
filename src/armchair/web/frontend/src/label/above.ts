/** The one line above the clips: which of all that could be said there is said, and with which buttons. */

import type { State } from "../contract";
import { roundBanner } from "../standing/settling";
import type { Standing } from "../standing/standing";
import type { Understanding } from "../standing/understood";
import { make } from "../ui/dom";
import { copyButton } from "../ui/states";

export interface Above {
  state: State;
  old: { text: string; extras: Node[] } | null; // about an old pair that is looked at
  told: { text: string; command?: string } | null; // what must be known
  showing: boolean; // a pair is to be answered
  slow: boolean; // 3D is slow here
  settledSeen: boolean;
  standing: Standing;
  understanding: Understanding;
}

export interface Ways {
  films(): void;
  keep3d(): void;
  goOn(): void;
  later(): void;
}

export function above(now: Above, ways: Ways): { text: string; extras: Node[] } | null {
  const { state, standing } = now;
  const button = (text: string, onclick: () => void): Node => make("button", { class: "plain", text, onclick });
  if (now.old) return now.old;
  if (now.told) {
    const { text, command } = now.told;
    return { text, extras: command ? [make("code", { text: command }), copyButton(command)] : [] };
  }
  if (now.slow) {
    return { text: "3D is slow on this machine.", extras: [button("Show films", ways.films), button("Keep 3D", ways.keep3d)] };
  }
  if (now.understanding.offered) {
    const look = button("Look", () => void now.understanding.open());
    const later = button("Not now", () => now.understanding.later());
    return { text: `Here is what I understood of “${state.understood!.asks}”`, extras: [look, later] };
  }
  if (!now.showing) return null;
  if (state.settling?.on) {
    const stop = button("Stop here", () => standing.settle(false));
    return { text: roundBanner(state), extras: state.role === "owner" ? [stop] : [] };
  }
  if (state.meter?.done && !now.settledSeen) {
    return { text: state.meter.text, extras: [button("Go on anyway", ways.goOn)] };
  }
  if (standing.offersAgain) {
    return { text: standing.againText, extras: [button("Look once more", standing.again), button("Not now", ways.later)] };
  }
  return null;
}
