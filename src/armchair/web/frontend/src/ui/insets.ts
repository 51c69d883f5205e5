/** Frames and names of the small views. A click on one makes it the large one and answers nothing. */

import type { Rect } from "../player/layout";
import { make, setText } from "./dom";

export class Insets {
  private readonly frames: HTMLButtonElement[] = [];
  private readonly names: HTMLElement[] = [];

  /** The frames lie beside the surface, not on it: what they are told, it never hears. */
  constructor(surface: HTMLElement, count: number, exchange: () => void) {
    for (let k = 0; k < count; k++) {
      const name = make("span", { class: "inset-name" });
      const more = make("span", { class: "sr", text: ": change the views over" });
      const frame = make("button", { class: "inset", title: "Change the views over (V)", onclick: exchange }, name, more);
      frame.hidden = true;
      this.frames.push(frame);
      this.names.push(name);
    }
    surface.after(...this.frames);
  }

  /** Where the small views are on the stage, and from where they look. */
  place(rects: readonly Rect[], from: string): void {
    this.frames.forEach((frame, k) => {
      const rect = rects[k];
      frame.hidden = !rect;
      if (!rect) return;
      setText(this.names[k]!, from);
      for (const [side, value] of Object.entries({ left: rect.x, top: rect.y, width: rect.width, height: rect.height })) {
        frame.style.setProperty(side, `${value}px`);
      }
    });
  }

  hide(): void {
    this.place([], "");
  }
}
