/** "Here is what I understood": the clips that are most and least like a wish, why, and whether that is what was meant. */

import type { Client } from "../api";
import type { ClipRef, State, Understood } from "../contract";
import type { ClipSource } from "../label/queue";
import { askedAgain, relationText } from "../label/words";
import { byId, make, recall, remember, setText } from "../ui/dom";
import { closesOutside } from "../ui/popup";
import { Duo, type Drawn } from "./duo";

const SEEN = "understood"; // what was said yes or no to, by version

export interface UnderstoodEvents {
  changed(): void;
  notice(text: string): void;
  failed(error: unknown): void;
}

export class Understanding {
  private readonly dialog = byId<HTMLDialogElement>("understood");
  private duos: Duo[] = [];
  private shown: Understood | null = null;
  private seen = recall(SEEN) ?? "";

  constructor(private readonly client: Client, private readonly clips: ClipSource, private readonly drawn: () => Drawn,
    private readonly state: () => State, private readonly events: UnderstoodEvents) {
    byId("understood-yes").addEventListener("click", () => this.yes());
    byId("understood-no").addEventListener("click", () => void this.no());
    this.dialog.querySelector("[data-close]")?.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.empty());
    closesOutside(this.dialog);
  }

  /** Something to see that nobody has looked at here yet. */
  get offered(): boolean {
    const found = this.state().understood;
    return found !== null && found.version !== this.seen;
  }

  async open(): Promise<void> {
    try {
      const told = await this.client.get<Understood>("/api/understood");
      this.shown = told;
      setText(byId("understood-asks"), told.asks);
      byId("understood-why").replaceChildren(...told.relations.map((one) => make("li", { text: relationText(one) })));
      byId("understood-why").hidden = !told.relations.length;
      this.dialog.showModal();
      await Promise.all([this.play("best", "Most like it", told.best), this.play("worst", "Least like it", told.worst)]);
    } catch (error) {
      this.events.failed(error);
    }
  }

  private play(place: "best" | "worst", name: string, [left, right]: [ClipRef, ClipRef]): Promise<void> {
    const duo = new Duo([name, name], this.clips, this.drawn());
    this.duos.push(duo);
    byId(`understood-${place}`).replaceChildren(duo.stage);
    return duo.play({ left, right });
  }

  /** Offers this version no more. */
  later(): void {
    this.seen = this.shown?.version ?? this.state().understood?.version ?? "";
    remember(SEEN, this.seen);
    this.events.changed();
  }

  private yes(): void {
    this.later();
    this.dialog.close();
    this.events.notice("Good. More answers make it surer.");
  }

  private async no(): Promise<void> {
    const { shown } = this;
    if (!shown) return;
    try {
      const ids = (refs: ClipRef[]): string[] => refs.map((ref) => ref.id);
      const { more } = await this.client.post<{ more: number }>("/api/misunderstood", { wish: shown.wish, best: ids(shown.best), worst: ids(shown.worst) });
      this.later();
      this.dialog.close();
      this.events.notice(askedAgain(more));
    } catch (error) {
      this.events.failed(error);
    }
  }

  private empty(): void {
    this.shown = null;
    for (const duo of this.duos.splice(0)) duo.destroy();
    for (const place of ["best", "worst"]) byId(`understood-${place}`).replaceChildren();
  }
}
