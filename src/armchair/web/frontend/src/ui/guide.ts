/** Three panels that explain the page; opened by itself once for each person in a browser. */

import { byId, recall, remember } from "./dom";
import { closesOutside } from "./popup";

export class Guide {
  private readonly dialog = byId<HTMLDialogElement>("guide");
  private readonly panels = [...byId("guide-panels").children] as HTMLElement[];
  private readonly next = byId<HTMLButtonElement>("guide-next");
  private at = 0;
  private asked = false;

  constructor() {
    const pips = byId("guide-pips");
    for (const _ of this.panels) pips.append(document.createElement("i"));
    this.next.addEventListener("click", () => {
      if (this.at + 1 < this.panels.length) this.turn(this.at + 1);
      else this.dialog.close();
    });
    byId("guide-skip").addEventListener("click", () => this.dialog.close());
    closesOutside(this.dialog);
  }

  /** At somebody's first pair: what stands in place of the clips is never covered. */
  openOnce(person: string): void {
    const name = `guide.${person}`;
    if (this.asked) return;
    this.asked = true;
    if (recall(name) === "seen" || recall("guide") === "seen") return; // browsers were not told people apart once
    this.dialog.addEventListener("close", () => remember(name, "seen"), { once: true });
    this.open();
  }

  open(): void {
    if (this.dialog.open) return;
    this.turn(0);
    this.dialog.showModal();
    this.next.focus();
  }

  private turn(to: number): void {
    this.at = to;
    this.panels.forEach((panel, k) => { panel.hidden = k !== to; });
    [...byId("guide-pips").children].forEach((pip, k) => pip.classList.toggle("on", k === to));
    const last = to + 1 === this.panels.length;
    this.next.textContent = last ? "Start" : "Next";
    byId("guide-skip").hidden = last;
  }
}
