/** Three panels that explain the page; opened by itself once. */

import { byId, recall, remember } from "./dom";

export class Guide {
  private readonly dialog = byId<HTMLDialogElement>("guide");
  private readonly panels = [...byId("guide-panels").children] as HTMLElement[];
  private readonly next = byId<HTMLButtonElement>("guide-next");
  private at = 0;

  constructor() {
    const pips = byId("guide-pips");
    for (const _ of this.panels) pips.append(document.createElement("i"));
    this.next.addEventListener("click", () => {
      if (this.at + 1 < this.panels.length) this.turn(this.at + 1);
      else this.dialog.close();
    });
    byId("guide-skip").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => remember("guide", "seen"));
  }

  openOnce(): void {
    if (recall("guide") !== "seen") this.open();
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
