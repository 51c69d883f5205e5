/** What the page asks of whatever shows clips, 3D or film. */

import type { ClipRef } from "../contract";
import type { Poses } from "./poses";

/** A clip ready to be shown at once: its poses in memory, or a film behind a blob URL. */
export type ClipData =
  | { ref: ClipRef; kind: "poses"; poses: Poses }
  | { ref: ClipRef; kind: "film"; url: string };

/** `left` and `right` are as displayed. */
export interface Player {
  /** Shows other clips at once, from their beginning, before it returns. */
  load(left: ClipData, right: ClipData): void;
  show(): void;
  hide(): void;
  play(): void;
  pause(): void;
  readonly playing: boolean;
  seek(step: number): void;
  nudge(direction: 1 | -1): void;
  rate(times: number): void;
  /** Exchanges the sides of the clips that are loaded. */
  swap(): void;
  ghost(on: boolean): void;
  trace(on: boolean): void;
  resetView(): void;
  resize(): void;
  destroy(): void;
  /** Called whenever another moment is shown: the step, the last step. */
  onstep: (step: number, last: number) => void;
  /** Called when drawing stays too slow although all was tried. */
  onslow: () => void;
}

/** What only the 3D player can do. */
export interface Abilities {
  orbit: boolean;
  ghost: boolean;
  trace: boolean;
}
