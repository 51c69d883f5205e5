/** Puts the parts of the labelling page together. */

import { isOut, Refused, type Client } from "../api";
import type { AnswerBody, AnswerReply, Choice, State } from "../contract";
import { hasWebGL } from "../player/views";
import { parseScene } from "../scene/asset";
import { byId, press, remember, setText, shelf } from "../ui/dom";
import { again } from "../standing/again";
import { Review } from "../standing/review";
import { Standing } from "../standing/standing";
import { Understanding } from "../standing/understood";
import { Wishes } from "../standing/wishes";
import { Guide } from "../ui/guide";
import { Notices } from "../ui/notices";
import { foldStrip, showProgress } from "../ui/progress";
import { Banner, StateCard } from "../ui/states";
import { Transport } from "../ui/transport";
import { above } from "./above";
import { Asking } from "./asking";
import { Clips } from "./clips";
import { History } from "./history";
import { Live } from "./live";
import { Outbox } from "./outbox";
import { loadBoth, PairQueue } from "./queue";
import { Screen } from "./screen";
import { Session } from "./session";
import { unswapped } from "./sides";
import { bannerOf, cardOf, savedOf } from "./situation";
import { CHOICE_WORDS, revealText } from "./words";

const REFILL = 2000; // ms between looks for more pairs while few are left

export class App {
  readonly notices = new Notices(byId("toast"), byId("announcer"));
  readonly guide = new Guide();
  readonly transport: Transport;
  readonly screen: Screen;
  readonly history: History;
  readonly session: Session;
  private readonly clips: Clips;
  private readonly queue: PairQueue;
  private readonly outbox: Outbox;
  private readonly live: Live;
  private readonly card = new StateCard(byId("state"));
  private readonly banner = new Banner(byId("banner"));
  private readonly canDraw = hasWebGL();
  readonly standing: Standing;
  readonly review: Review;
  readonly wishes: Wishes;
  readonly understanding: Understanding;
  private readonly asking = new Asking({
    shown: (text, fresh) => this.screen.ask(`${this.state.task}: ${text}`, text, fresh),
    changed: (text) => { this.notices.show("A new question: read it above."); this.notices.announce(`New question: ${text}`); },
  });
  private sceneVersion: string | null = null;
  private offline = false;
  private expired = false;
  private slow = false;
  private settledSeen = false;

  constructor(private readonly client: Client, private state: State) {
    this.standing = new Standing(client, () => this.state, (error) => this.failed(error));
    this.transport = new Transport(null, () => this.screen.dt, () => this.swap());
    this.screen = new Screen(this.transport);
    this.screen.pace(state.control_dt);
    this.screen.onempty = () => this.render();
    this.screen.onshown = () => { this.render(); this.guide.openOnce(this.state.annotator); };
    this.screen.onunfit = () => void this.useFilms();
    this.screen.onslow = () => { this.slow = true; this.render(); };
    this.clips = new Clips(client, this.canDraw && state.scene !== null);
    this.queue = new PairQueue(client, this.clips, {
      changed: () => { if (!this.review?.row) this.session.next(); this.render(); },
      expired: () => this.expire(),
      answered: (question) => this.outbox.holds(question),
      unusable: (why) => this.notices.say(`A pair was given back: ${why}`),
    });
    this.outbox = new Outbox(client, shelf(), `${state.run}.${state.annotator}`, {
      changed: () => this.render(),
      saved: (answer, reply) => this.saved(answer, reply),
      dropped: (_, why) => this.notices.say(`An answer was not needed any more: ${why}`),
      expired: () => this.expire(),
    });
    this.session = new Session(client, this.queue, this.outbox, this.screen, {
      answered: (_, shown) => this.flash(shown),
      undone: (choice) => this.notices.say(`Undone: ${CHOICE_WORDS[choice]}. Look at the pair again.`),
      notice: (text) => this.notices.say(text),
      expired: () => this.expire(),
    });
    this.review = new Review(this.clips, this.screen, (row) => this.session.flip(row), {
      changed: () => this.render(), left: () => this.endReview(), notice: (text) => this.notices.say(text),
      failed: (error) => this.failed(error),
    });
    const own = (): string | null => (this.state.wishes ? this.state.question : null);
    this.standing.again = again(client, this.clips, this.screen, this.notices, (error) => this.failed(error), own);
    this.standing.view = () => {
      this.screen.exchange();
      this.notices.say("The two views of each clip have changed places, from now on. V changes them back.");
    };
    this.wishes = new Wishes(client, (error) => this.failed(error));
    this.understanding = new Understanding(client, this.clips, () => this.screen, () => this.state, {
      changed: () => this.render(), notice: (text) => this.notices.say(text), failed: (error) => this.failed(error),
    });
    this.history = new History(client, () => this.screen.asset, own, {
      review: (row) => void this.review.look(row),
      flip: (row) => this.review.flip(row),
      failed: (error) => this.failed(error),
    });
    this.live = new Live(client, {
      state: (fresh) => this.take(fresh),
      expired: () => this.expire(),
      offline: (is) => { this.offline = is; this.render(); },
    });
  }

  start(): void {
    foldStrip();
    this.take(this.state);
    void this.queue.fill();
    void this.outbox.flush();
    this.live.start();
    setInterval(() => this.refill(), REFILL);
    window.addEventListener("online", () => void this.outbox.flush());
    window.addEventListener("pagehide", () => this.session.leave());
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && this.expired) void this.comeBack(); });
  }

  private refill(): void {
    if (!document.hidden && !this.expired) void this.queue.fill();
  }

  private take(state: State): void {
    const compared = Boolean(this.state.settling?.on);
    this.state = state;
    if (compared && !state.settling?.on) this.session.putAway();
    if (!compared && state.settling?.on) void this.queue.fill();
    this.session.page = state.page;
    setText(byId("who"), state.annotator);
    byId("to-dashboard").hidden = state.role !== "owner";
    byId("open-wishes").hidden = state.role !== "owner" || !state.wishes;
    byId("open-understood").hidden = !state.understood;
    this.history.tellGuesses(state.role === "owner" || state.settings.show_guess);
    byId("strengths").hidden = !state.settings.strengths;
    showProgress(state);
    this.standing.take(state);
    this.screen.pace(state.control_dt);
    void this.openScene();
    this.render();
  }

  private async openScene(): Promise<void> {
    const { scene } = this.state;
    if (!scene || !this.canDraw || this.sceneVersion !== null) return;
    this.sceneVersion = scene.version;
    this.clips.draws3d = true;
    try {
      this.screen.open(parseScene(await this.client.bytes(scene.url)));
    } catch (error) {
      if (!(error instanceof Refused) && error instanceof TypeError) throw error;
      this.notices.say("The 3D scene cannot be shown; films are shown instead.");
      await this.useFilms();
    }
  }

  /** Shows films in place of 3D from now on. */
  async useFilms(): Promise<void> {
    this.clips.draws3d = false;
    this.slow = false;
    const current = this.session.current;
    try {
      if (current && current.left.kind === "poses") {
        Object.assign(current, await loadBoth(this.clips, current.pair, true));
        if (this.session.current === current) this.screen.show(current, this.session.swapped);
      }
      await this.queue.reload();
    } catch (error) {
      this.clips.draws3d = this.screen.scene !== null;
      this.failed(error);
    }
    this.render();
  }

  answer(shown: Choice, much: boolean, pressed: number): void {
    if (this.review.row) return;
    if (!this.session.answer(shown, much && this.state.settings.strengths)) {
      this.notices.say("There is nothing to answer yet. The next pair comes by itself.");
      return;
    }
    performance.measure("armchair:next-pair", { start: pressed, end: performance.now() });
    this.strength();
  }

  skip(): void {
    if (!this.review.row && this.session.skip()) this.notices.say("Skipped: the pair was given back.");
  }

  undo(): void {
    this.review.close();
    void this.session.undo();
  }

  swap(): void {
    if (this.review.row) this.review.swapped = !this.review.swapped;
    else this.session.swap();
    this.screen.swapped();
    this.transport.showSwapped(this.review.row ? this.review.swapped : this.session.swapped);
    this.render();
  }

  strength(strength = this.session.strength): void {
    this.session.strength = strength;
    const buttons = byId("strengths").querySelectorAll<HTMLElement>("[data-strength]");
    for (const button of buttons) press(button, Number(button.dataset["strength"]) === this.session.strength);
  }

  private saved(answer: AnswerBody, reply: AnswerReply): void {
    this.offline = false;
    const shown = unswapped(answer.choice, answer.swapped); // as the person saw it
    this.notices.announce(`Saved: ${CHOICE_WORDS[shown]}. ${this.session.current ? "Next pair." : "Waiting for the next pair."}`);
    if (reply.guess) this.notices.show(revealText(shown, unswapped(reply.guess.choice, answer.swapped), reply.guess.probability));
  }

  private flash(shown: Choice): void {
    const button = document.querySelector(`[data-choice="${shown}"]`);
    button?.classList.add("flash");
    setTimeout(() => button?.classList.remove("flash"), 140);
  }

  /** Back from an old pair to the one that is to be answered. */
  private endReview(): void {
    const current = this.session.current;
    if (current) {
      this.session.look();
      this.screen.show(current, this.session.swapped);
    } else {
      this.screen.empty();
      this.session.next();
    }
    this.render();
  }

  private failed(error: unknown): void {
    if (isOut(error)) this.expire();
    else this.notices.say(error instanceof Error ? error.message : String(error));
  }

  private expire(): void {
    this.expired = true;
    this.live.stop();
    this.render();
    this.client.get<State>("/api/state").catch((error: unknown) => {
      if (error instanceof Refused && error.code === "excluded") location.reload(); // the page says so, and nothing else
    });
  }

  /** The person may have signed in in another tab. */
  private async comeBack(): Promise<void> {
    try {
      this.take(await this.client.get<State>("/api/state"));
      this.expired = false;
      this.outbox.resume();
      this.live.follow();
      void this.queue.fill();
    } catch {
      // still signed out
    }
    this.render();
  }

  private render(): void {
    const unsent = this.outbox?.waiting ?? 0;
    const offline = this.offline || (this.outbox?.offline ?? false) || (this.queue?.offline ?? false);
    const showing = Boolean(this.session?.current || this.review?.row);
    this.asking?.show(this.state.question, this.session?.current?.pair ?? null, this.review?.row ?? null);
    const now = { state: this.state, reason: this.queue?.reason ?? null, showing, offline, expired: this.expired, unsent, deeds: this.standing };
    const saved = savedOf(unsent, offline, this.expired);
    byId("saved").dataset["state"] = saved.state;
    setText(byId("saved").querySelector(".text")!, saved.text);
    const card = cardOf(now);
    if (card) this.card.show(card); else this.card.hide();
    this.screen.end(Boolean(card && this.state.trainer.phase === "done"));
    this.showBanner(bannerOf(now));
    const open = !this.review?.row && Boolean(this.session?.current);
    const choices = document.querySelectorAll<HTMLButtonElement>("[data-choice], #skip");
    for (const button of choices) button.disabled = !open || this.expired;
  }

  private showBanner(told: ReturnType<typeof bannerOf>): void {
    const now = { state: this.state, old: this.review?.banner() ?? null, told, showing: Boolean(this.session?.current),
      slow: this.slow, settledSeen: this.settledSeen, standing: this.standing, understanding: this.understanding };
    const line = above(now, {
      films: () => void this.useFilms(),
      keep3d: () => { remember("quality", "low"); this.slow = false; this.render(); },
      goOn: () => { this.settledSeen = true; this.render(); },
      later: () => { this.standing.later(); this.render(); },
    });
    if (line) this.banner.show(line.text, ...line.extras);
    else this.banner.hide();
  }
}
