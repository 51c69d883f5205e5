/** The drawer with the answers given so far: filter, look again, flip. */

import type { Client } from "../api";
import type { HistoryReply, HistoryRow } from "../contract";
import type { SceneAsset } from "../scene/asset";
import { byId, make, setText } from "../ui/dom";
import { closesOutside } from "../ui/popup";
import { asksOf } from "./asking";
import { Stills } from "./stills";
import { CHOICE_WORDS, expectedText, strengthWord } from "./words";

export interface HistoryEvents {
  review(row: HistoryRow): void;
  flip(row: HistoryRow): Promise<HistoryRow | null>;
  failed(error: unknown): void;
}

export class History {
  private readonly dialog = byId<HTMLDialogElement>("history");
  private readonly list = byId("history-rows");
  private readonly filter = byId<HTMLSelectElement>("history-filter");
  private readonly more = byId("history-more");
  private readonly stills: Stills;
  private next: number | null = null;

  /** own: the run's question, where others are asked, too. */
  constructor(private readonly client: Client, scene: () => SceneAsset | null, private readonly own: () => string | null,
    private readonly events: HistoryEvents) {
    this.stills = new Stills(client, scene);
    this.filter.addEventListener("change", () => void this.load(false));
    this.more.addEventListener("click", () => void this.load(true));
    this.dialog.querySelector("[data-close]")?.addEventListener("click", () => this.close());
    closesOutside(this.dialog);
  }

  /** Whether the model's guesses are for this person: who is not told them cannot pick by them either. */
  tellGuesses(told: boolean): void {
    const against = this.filter.querySelector<HTMLOptionElement>("option[value=against]");
    if (!against) return;
    against.hidden = against.disabled = !told;
    if (!told && against.selected) this.filter.value = "";
  }

  open(): void {
    if (this.dialog.open) return;
    this.dialog.showModal();
    void this.load(false);
  }

  close(): void {
    this.dialog.close();
  }

  private async load(older: boolean): Promise<void> {
    const query = new URLSearchParams({ limit: "50" });
    if (this.filter.value === "against") query.set("against", "true");
    else if (this.filter.value) query.set("choice", this.filter.value);
    if (older && this.next !== null) query.set("before", String(this.next));
    try {
      const reply = await this.client.get<HistoryReply>(`/api/history?${query}`);
      if (!older) {
        this.list.replaceChildren();
        this.stills.clear();
      }
      this.list.append(...reply.rows.map((row) => this.item(row)));
      this.next = reply.next;
      this.more.hidden = reply.next === null;
      setText(byId("history-note"), this.list.children.length ? "" : this.filter.value ? "No answer is like that." : "No answers yet.");
    } catch (error) {
      setText(byId("history-note"), "The answers cannot be shown now.");
      this.events.failed(error);
    }
  }

  private item(row: HistoryRow): HTMLLIElement {
    const words = CHOICE_WORDS[row.choice];
    const own = this.own();
    const replay = make("button", { class: "plain", text: "Look", onclick: () => {
      this.close();
      this.events.review(row);
    } });
    replay.setAttribute("aria-label", `Look at the pair again that you answered with ${words}`);
    const pictures = make("div", { class: "stills", title: "How the left and the right clip end" });
    if (row.choice === "left" || row.choice === "right") pictures.dataset["chosen"] = row.choice;
    const item = make("li", {}, pictures, make("div", { class: "what" },
      make("b", { text: capital([strengthWord(row.strength), words].filter(Boolean).join(" ")) }),
      ...(own === null ? [] : [make("span", { class: "asked", text: asksOf(row, own) })]),
      make("small", { text: detail(row) })), replay);
    this.stills.add(item, pictures, [row.left, row.right]);
    if (row.can_flip) {
      const flip = make("button", { class: "plain", text: "Flip", onclick: () => void this.flip(row, item) });
      flip.setAttribute("aria-label", `Flip this answer from ${words} to ${row.choice === "left" ? "right" : "left"}`);
      item.append(flip);
    }
    return item;
  }

  private async flip(row: HistoryRow, item: HTMLLIElement): Promise<void> {
    const flipped = await this.events.flip(row);
    if (!flipped) return;
    const fresh = this.item(flipped);
    item.replaceWith(fresh);
    fresh.querySelector<HTMLElement>("button:last-child")?.focus();
  }
}

function detail(row: HistoryRow): string {
  const when = new Date(row.created * 1000);
  const today = when.toDateString() === new Date().toDateString();
  const time = today ? when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : when.toLocaleString([], { dateStyle: "short", timeStyle: "short" });
  const parts = [time, `${row.seconds.toFixed(1)} s`];
  if (row.guess !== null) {
    parts.push(`the model ${expectedText(row.guess.choice, row.guess.probability)}`);
  }
  return parts.join(" · ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
