/** Short words to the person: seen for a moment, and read out by screen readers. */

import { setText } from "./dom";

const SHOWN = 2600; // ms

export class Notices {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private odd = false;

  /** A click on the box puts it away, and reaches nothing that lies under it. */
  constructor(private readonly box: HTMLElement, private readonly announcer: HTMLElement) {
    box.addEventListener("click", () => this.hide());
  }

  /** Seen and read out. */
  say(text: string): void {
    this.show(text);
    this.announce(text);
  }

  show(text: string): void {
    setText(this.box, text);
    this.box.hidden = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), SHOWN);
  }

  private hide(): void {
    clearTimeout(this.timer);
    this.box.hidden = true;
  }

  /** Read out only. The same words twice are read twice: a space makes them differ. */
  announce(text: string): void {
    this.odd = !this.odd;
    this.announcer.textContent = this.odd ? text : `${text}\u00a0`;
  }
}
