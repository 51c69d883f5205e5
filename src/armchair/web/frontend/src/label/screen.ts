/** Shows pairs on the stage, with whichever player they need. */

import { FilmPlayer } from "../player/film_player";
import type { ClipData, Player } from "../player/player";
import { chosenOf } from "../player/quality";
import { ScenePlayer } from "../player/scene_player";
import type { SceneAsset } from "../scene/asset";
import { byId, press, recall, remember, setText } from "../ui/dom";
import { Insets } from "../ui/insets";
import { tone } from "../ui/tone";
import type { Transport } from "../ui/transport";
import type { Ready } from "./queue";
import type { Stage } from "./session";
import { clipText, pairText } from "./words";

export class Screen implements Stage {
  scene: ScenePlayer | null = null;
  private film: FilmPlayer | null = null;
  private active: Player | null = null;
  private wanted: { left: ClipData; right: ClipData } | null = null;
  private readonly stage = byId("stage");
  private readonly insets = new Insets(byId("surface"), 2, () => this.exchange());
  private alike: boolean | null = null; // whether both clips begin alike, where that is known
  private exchanged = false;
  asset: SceneAsset | null = null;
  dt = 0.05;
  onempty: () => void = () => undefined;
  onshown: () => void = () => undefined;
  /** The clips have other bodies than the scene. */
  onunfit: () => void = () => undefined;
  onslow: () => void = () => undefined;

  constructor(private readonly transport: Transport) {
    new ResizeObserver(() => this.active?.resize()).observe(this.stage);
  }

  /** How long a step lasts, s, once it is known: the page may be open before there is a trainer. */
  pace(dt: number | null): void {
    if (!dt) return;
    this.dt = dt;
    if (this.scene) this.scene.dt = dt;
    if (this.film) this.film.dt = dt;
  }

  /** The 3D scene has come. */
  open(asset: SceneAsset): void {
    const quality = chosenOf(recall("quality"));
    this.scene = new ScenePlayer(this.stage, asset, this.dt, { count: 2, surface: byId("surface"), quality }, true);
    this.asset = asset;
    this.scene.tone(tone());
    this.scene.onslow = () => this.onslow();
    this.scene.oncompose = ({ from, alike }) => {
      this.insets.place(this.scene?.views.insets ?? [], this.exchanged ? "main view" : `from ${from}`);
      this.note(alike);
    };
    this.scene.hide();
    if (recall("views") === "second") this.exchange();
    if (this.wanted) this.play(this.wanted.left, this.wanted.right);
  }

  show(ready: Ready, swapped: boolean): void {
    this.stage.dataset["question"] = ready.pair.question;
    delete this.stage.dataset["review"];
    const posed = ready.left.kind === "poses" && ready.right.kind === "poses";
    this.alike = posed ? ready.pair.alike : null;
    const [left, right] = swapped ? [ready.right, ready.left] : [ready.left, ready.right];
    this.play(left, right);
    this.transport.showSwapped(swapped);
    this.onshown();
  }

  /** An old pair, to look at only. */
  review(answer: string, left: ClipData, right: ClipData): void {
    this.stage.dataset["review"] = answer;
    this.alike = null;
    this.play(left, right);
    this.transport.showSwapped(false);
  }

  /** What is asked about them. `fresh`: something else than about the pair before. */
  ask(title: string, question: string, fresh: boolean): void {
    setText(byId("question"), question);
    byId("question").dataset["fresh"] = String(fresh);
    document.title = title;
  }

  empty(): void {
    this.wanted = null;
    delete this.stage.dataset["question"];
    this.active?.hide();
    this.active = null;
    this.insets.hide();
    this.note(false);
    this.onempty();
  }

  /** At the end of a run there is nothing to play or to answer: what stands in place of the clips gets the room. */
  end(is: boolean): void {
    byId("page").dataset["end"] = String(is);
  }

  private play(left: ClipData, right: ClipData): void {
    this.wanted = { left, right };
    const player = this.playerFor(left, right);
    if (!player) return; // the scene is still on its way
    if (player !== this.active) {
      this.active?.hide();
      this.insets.hide();
      this.active = player;
      player.show();
      this.transport.attach(player, player === this.scene);
    }
    this.note(false);
    player.load(left, right);
    this.describe(left, right);
  }

  private playerFor(left: ClipData, right: ClipData): Player | null {
    if (left.kind === "film" || right.kind === "film") return (this.film ??= new FilmPlayer(this.stage, this.dt));
    if (!this.scene) return null;
    if (this.scene.fits(left.poses) && this.scene.fits(right.poses)) return this.scene;
    this.onunfit();
    return null;
  }

  /** The sides on the screen were exchanged. */
  swapped(): void {
    if (!this.wanted) return;
    this.wanted = { left: this.wanted.right, right: this.wanted.left };
    this.describe(this.wanted.left, this.wanted.right);
  }

  private describe(left: ClipData, right: ClipData): void {
    byId("pane-left").setAttribute("aria-label", clipText("Left", left.ref.steps, this.dt));
    byId("pane-right").setAttribute("aria-label", clipText("Right", right.ref.steps, this.dt));
    this.stage.dataset["left"] = left.ref.id;
    this.stage.dataset["right"] = right.ref.id;
  }

  /** Tells what must be known of the pair. `close`: the clips hardly differ. */
  private note(close: boolean): void {
    const text = this.wanted ? pairText(this.alike, close) : "";
    setText(byId("pair-note"), text);
    byId("pair-note").hidden = !text;
  }

  /** The large and the small view change places. */
  exchange(): void {
    if (!this.scene) return;
    this.exchanged = !this.exchanged;
    remember("views", this.exchanged ? "second" : "first");
    press(byId("other-view"), this.exchanged);
    this.scene.exchange();
  }

  turn(sideways: number, upwards: number, distance: number): void {
    this.scene?.turn(0.12 * sideways, 0.1 * upwards, distance);
  }

  resetView(): void {
    this.active?.resetView();
  }
}
