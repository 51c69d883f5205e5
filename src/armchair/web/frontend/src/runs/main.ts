/** The list of runs: everything that can be done with them is a button. */

import { at } from "../base";
import { client, Refused } from "../api";
import { byId, setText } from "../ui/dom";
import { watchTone } from "../ui/tone";
import type { Run, Runs } from "./contract";
import { Form } from "./form";
import { Rows, type Pending } from "./rows";

const EVERY = 2000; // ms between two looks
const LONG = 60_000; // ms that opening or starting something may take

class App {
  private readonly rows = new Rows(byId("runs"), {
    open: (run, page) => void this.open(run, page),
    teachOn: (run) => void this.teachOn(run),
    stop: (run) => void this.stop(run),
    wish: (run) => location.assign(at(`/wish?run=${encodeURIComponent(run.name)}`)),
  });
  private readonly form = new Form((name) => void this.welcome(name));
  private readonly pending = new Map<string, Pending>();
  private readonly troubles = new Map<string, string>();
  private runs: Run[] = [];
  private known = false; // whether there was an answer yet

  start(): void {
    watchTone(byId<HTMLElement>("theme"), () => undefined);
    byId("open-new").addEventListener("click", () => this.toggle(!this.form.open));
    byId("close-new").addEventListener("click", () => this.toggle(false));
    void this.form.load();
    void this.watch();
  }

  private async watch(): Promise<void> {
    if (!document.hidden || !this.known) await this.look();
    setTimeout(() => void this.watch(), EVERY);
  }

  private async look(): Promise<void> {
    try {
      const { folder, runs } = await client.get<Runs>("/api/runs");
      const first = !this.known;
      this.runs = runs;
      this.known = true;
      this.reached(true);
      setText(byId("folder"), folder);
      if (first && runs.length === 0) this.toggle(true);
      for (const run of runs) if (this.pending.get(run.name) === "stopping" && !run.can_stop) this.pending.delete(run.name);
      this.draw();
      const begun = first && runs.find((run) => `#${encodeURIComponent(run.name)}` === location.hash); // on the page of a wish
      if (begun) this.rows.greet(begun.name);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) location.replace(at("/login"));
      else this.reached(false);
    }
  }

  private reached(there: boolean): void {
    byId("away").hidden = there;
    byId<HTMLElement>("runs").inert = !there;
  }

  private draw(): void {
    byId("none").hidden = !this.known || this.runs.length > 0;
    this.rows.draw(this.runs, this.pending, this.troubles);
  }

  private toggle(open: boolean): void {
    this.form.show(open);
    byId("open-new").hidden = open;
    byId("close-new").hidden = this.runs.length === 0;
    if (!open) byId("open-new").focus();
  }

  private async welcome(name: string): Promise<void> {
    this.toggle(false);
    await this.look();
    this.rows.greet(name);
  }

  private async open(run: Run, page: "label" | "dashboard"): Promise<void> {
    await this.act(run, "opening", async (where) => {
      const { url } = await client.post<{ url: string }>(`${where}/open`, { page }, LONG);
      location.assign(url);
    });
  }

  private async teachOn(run: Run): Promise<void> {
    await this.act(run, "starting", async (where) => {
      await client.post(`${where}/teach-on`, { labels: run.more }, LONG);
      await this.look();
    });
  }

  private async stop(run: Run): Promise<void> {
    this.pending.set(run.name, "stopping"); // until it has stopped
    this.troubles.delete(run.name);
    this.draw();
    try {
      await client.post(`/api/runs/${encodeURIComponent(run.name)}/stop`, {});
    } catch (error) {
      this.pending.delete(run.name);
      this.troubles.set(run.name, words(error));
    }
    this.draw();
  }

  private async act(run: Run, what: Pending, doing: (where: string) => Promise<void>): Promise<void> {
    this.pending.set(run.name, what);
    this.troubles.delete(run.name);
    this.draw();
    try {
      await doing(`/api/runs/${encodeURIComponent(run.name)}`);
    } catch (error) {
      this.troubles.set(run.name, words(error));
    }
    this.pending.delete(run.name);
    this.draw();
  }
}

function words(error: unknown): string {
  return error instanceof Refused ? error.message : "The server cannot be reached. Is armchair still running?";
}

new App().start();
