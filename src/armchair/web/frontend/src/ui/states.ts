/** What stands in place of the clips when there are none, and the banner above them. */

import { make } from "./dom";

export interface Message {
  title: string;
  lines: string[];
  command?: string;
  busy?: boolean; // something comes by itself
  actions?: { label: string; run: () => void; primary?: boolean }[];
}

export class StateCard {
  private shown = "";

  constructor(private readonly box: HTMLElement) {}

  show(message: Message): void {
    const key = JSON.stringify(message);
    this.box.hidden = false;
    if (key === this.shown) return; // keeps the focus and the animation
    this.shown = key;
    const card = make("div", { class: "card" });
    if (message.busy) card.append(make("div", { class: "pulse" }));
    card.append(make("h2", { text: message.title }), ...message.lines.map((text) => make("p", { text })));
    if (message.command) card.append(commandRow(message.command));
    if (message.actions?.length) {
      const row = make("div", { class: "actions" });
      for (const { label, run, primary } of message.actions) {
        row.append(make("button", { class: primary ? "primary" : "plain", text: label, onclick: run }));
      }
      card.append(row);
    }
    this.box.replaceChildren(card);
  }

  hide(): void {
    this.shown = "";
    this.box.hidden = true;
  }
}

function commandRow(command: string): HTMLElement {
  return make("div", { class: "command" }, make("code", { text: command }), copyButton(command));
}

/** Copies a command; where the browser forbids it the text can still be selected. */
export function copyButton(text: string): HTMLButtonElement {
  const button = make("button", { class: "plain", text: "Copy" });
  button.addEventListener("click", () => {
    navigator.clipboard?.writeText(text).then(() => { button.textContent = "Copied"; }, () => undefined);
  });
  return button;
}

export class Banner {
  private shown = "";

  constructor(private readonly box: HTMLElement) {}

  show(text: string, ...extras: Node[]): void {
    const key = text + extras.map((extra) => extra.textContent).join("|");
    this.box.hidden = false;
    if (key === this.shown) return;
    this.shown = key;
    this.box.replaceChildren(make("span", { text }), ...extras);
  }

  hide(): void {
    this.shown = "";
    this.box.hidden = true;
  }
}
