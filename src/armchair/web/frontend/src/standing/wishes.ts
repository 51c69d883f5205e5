/** How much the run's owner wants of each wish: a slider for each, stored at once. */

import type { Client } from "../api";
import type { WishRow, WishesReply } from "../contract";
import { byId, make, setText } from "../ui/dom";
import { closesOutside } from "../ui/popup";
import { answersText } from "./change_data";

const STEP = 0.05;

/** "12 answers · 40 %" */
export function wishText(row: Pick<WishRow, "answers" | "weight">): string {
  return `${answersText(row.answers)} · ${row.weight === null ? "left open" : percent(row.weight)}`;
}

/** What a slider for a weight reads out. */
export function percent(weight: number): string {
  return weight === 0 ? "none of it" : weight === 1 ? "all of it" : `${Math.round(100 * weight)} %`;
}

export class Wishes {
  private readonly dialog = byId<HTMLDialogElement>("wishes");
  private readonly list = byId("wishes-rows");

  constructor(private readonly client: Client, private readonly failed: (error: unknown) => void) {
    this.dialog.querySelector("[data-close]")?.addEventListener("click", () => this.dialog.close());
    closesOutside(this.dialog);
  }

  async open(): Promise<void> {
    try {
      const { wishes } = await this.client.get<WishesReply>("/api/wishes");
      this.list.replaceChildren(...wishes.map((row) => this.item(row)));
      if (!this.dialog.open) this.dialog.showModal();
    } catch (error) {
      this.failed(error);
    }
  }

  private item(row: WishRow): HTMLLIElement {
    const told = make("small", { text: wishText(row) });
    told.setAttribute("role", "status");
    const slider = make("input", { type: "range" });
    Object.assign(slider, { min: "0", max: "1", step: String(STEP), value: String(row.weight ?? 0) });
    slider.setAttribute("aria-label", `How much of this: ${row.question}`);
    const open = make("button", { class: "plain", text: "Leave open", title: "The trainer chooses how much" });
    const show = (weight: number | null): void => {
      row.weight = weight;
      setText(told, wishText(row));
      slider.value = String(weight ?? 0);
      slider.setAttribute("aria-valuetext", weight === null ? "left open" : percent(weight));
      slider.dataset["open"] = String(weight === null);
      open.disabled = weight === null;
    };
    let sent = 0;
    const weigh = async (weight: number | null): Promise<void> => {
      const number = ++sent;
      try {
        await this.client.post<WishesReply>("/api/wishes", { name: row.name, weight });
        if (number !== sent) return; // the slider was moved on meanwhile
        show(weight);
        setText(told, `${wishText(row)} · saved`);
      } catch (error) {
        show(row.weight);
        this.failed(error);
      }
    };
    slider.addEventListener("input", () => setText(told, wishText({ ...row, weight: Number(slider.value) })));
    slider.addEventListener("change", () => void weigh(Number(slider.value)));
    open.addEventListener("click", () => void weigh(null));
    show(row.weight);
    return make("li", {}, make("b", { text: row.question }), told, make("div", { class: "bar" }, slider, open));
  }
}
