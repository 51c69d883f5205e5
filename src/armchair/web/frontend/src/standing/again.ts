/** Look once more: up to four old pairs on one screen, each as a small tile that plays, with its answers below. */

import type { Client } from "../api";
import type { Choice, HistoryReply } from "../contract";
import { asksOf } from "../label/asking";
import type { ClipSource } from "../label/queue";
import type { Screen } from "../label/screen";
import { byId, make, press, setText } from "../ui/dom";
import type { Notices } from "../ui/notices";
import { closesOutside } from "../ui/popup";
import { Duo, type Drawn } from "./duo";
import { SecondLook, summary } from "./second_look";

const ANSWERS: [Choice | null, string][] = [["left", "Left"], ["tie", "Equal"], ["right", "Right"], [null, "Keep"]];
const KEYS: Record<string, Choice | null> = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "tie", Enter: null };

export interface AgainEvents {
  opened(): void;
  closed(): void;
  notice(text: string): void;
  failed(error: unknown): void;
}

export class Again {
  private readonly dialog = byId<HTMLDialogElement>("again");
  private readonly list = byId("again-tiles");
  private readonly finish = byId<HTMLButtonElement>("again-done");
  private tiles: Tile[] = [];

  constructor(private readonly client: Client, private readonly clips: ClipSource, private readonly drawn: () => Drawn,
    private readonly events: AgainEvents, private readonly own: () => string | null) {
    this.finish.addEventListener("click", () => this.dialog.close());
    this.dialog.querySelector("[data-close]")?.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    closesOutside(this.dialog);
  }

  async open(): Promise<void> {
    try {
      const { rows } = await this.client.get<HistoryReply>("/api/look-again");
      if (!rows.length) return this.events.notice("There is nothing to look at again.");
      this.tiles = rows.map((row, k) => new Tile(k + 1, new SecondLook(this.client, row), this.clips, this.drawn(), {
        answered: (tile) => this.answered(tile), failed: (error) => this.events.failed(error),
      }, this.own()));
      setText(byId("again-why"), `${rows.length === 1 ? "This answer does" : "These answers do"} not fit the others. Look again from both sides, then keep ${rows.length === 1 ? "it" : "each"} or answer anew.`);
      this.list.replaceChildren(...this.tiles.map((tile) => tile.box));
      this.list.dataset["count"] = String(rows.length);
      this.finish.className = "plain";
      this.finish.textContent = "Later";
      this.events.opened();
      this.dialog.showModal();
      this.tiles[0]?.box.focus();
      for (const tile of this.tiles) tile.watch();
    } catch (error) {
      this.events.failed(error);
    }
  }

  private answered(tile: Tile): void {
    const left = this.tiles.filter((one) => !one.look.done);
    if (!left.length) this.finish.className = "primary";
    this.finish.textContent = left.length ? "Later" : "Done";
    if (!tile.box.contains(document.activeElement)) return;
    if (left[0]) left[0].box.focus();
    else this.finish.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const chosen = this.tiles[Number(event.key) - 1];
    const here = this.tiles.find((tile) => tile.box.contains(event.target as Node));
    if (chosen) chosen.box.focus();
    else if (here && event.key in KEYS && !(event.key === "Enter" && event.target !== here.box)) void here.answer(KEYS[event.key]!);
    else return;
    event.preventDefault();
  }

  private closed(): void {
    const told = summary(this.tiles.map((tile) => tile.look));
    for (const tile of this.tiles.splice(0)) tile.destroy();
    this.list.replaceChildren();
    this.events.closed();
    if (told) this.events.notice(told);
  }
}

/** The dialog over a page with its own clips, which stand still meanwhile. own: the run's question, where others are asked, too.
-> what opens it. */
export function again(client: Client, clips: ClipSource, screen: Screen, notices: Notices, failed: (error: unknown) => void,
  own: () => string | null): () => void {
  let played = false;
  const dialog = new Again(client, clips, () => screen, {
    opened: () => { played = screen.scene?.playing ?? false; screen.scene?.pause(); },
    closed: () => { if (played) screen.scene?.play(); },
    notice: (text) => notices.say(text),
    failed,
  }, own);
  return () => void dialog.open();
}

interface TileEvents {
  answered(tile: Tile): void;
  failed(error: unknown): void;
}

class Tile {
  readonly box: HTMLElement;
  private readonly duo: Duo;
  private readonly told = make("b");
  private readonly buttons: HTMLButtonElement[];
  private readonly seen = new IntersectionObserver((found) => { if (found.some((one) => one.isIntersecting)) void this.play(); });

  constructor(number: number, readonly look: SecondLook, clips: ClipSource, drawn: Drawn,
    private readonly events: TileEvents, own: string | null) {
    this.duo = new Duo(["Left", "Right"], clips, drawn);
    this.buttons = ANSWERS.map(([choice, text]) => make("button", { text, onclick: () => void this.answer(choice) }));
    const answers = make("div", { class: "segments" }, ...this.buttons);
    answers.setAttribute("role", "group");
    answers.setAttribute("aria-label", `Answer to pair ${number}`);
    const asked = own === null ? [] : [make("span", { class: "asked", text: asksOf(look.row, own) })];
    this.box = make("li", {}, this.duo.stage, make("div", { class: "bar" }, ...asked, make("kbd", { text: String(number) }), this.told, answers));
    this.box.tabIndex = 0;
    this.show();
  }

  /** Play once the tile is in sight. */
  watch(): void {
    this.seen.observe(this.box);
  }

  async answer(choice: Choice | null): Promise<void> {
    try {
      await this.look.answer(choice);
      this.show();
      this.events.answered(this);
    } catch (error) {
      setText(this.told, "Not saved: try again");
      this.events.failed(error);
    }
  }

  private show(): void {
    setText(this.told, this.look.told);
    this.box.dataset["done"] = String(this.look.done);
    this.buttons.forEach((button, k) => press(button, ANSWERS[k]![0] === this.look.row.choice));
  }

  private async play(): Promise<void> {
    this.seen.disconnect();
    try {
      await this.duo.play(this.look.row);
    } catch (error) {
      this.events.failed(error);
    }
  }

  destroy(): void {
    this.seen.disconnect();
    this.duo.destroy();
  }
}
