/** How finely to draw: starts with what the renderer promises and gives way when pictures come too slowly. */

const WATCH = 30; // frames
const ENOUGH = 8; // frames, where they took longer than
const LONG = 2500; // ms; nobody shall look at a slide show for 30 frames
const SLOW = 20; // frames a second
const SLOW_GAP = 12; // where there is a gap
const GAP = 0.045; // s; with it the processor draws at most 20 pictures a second and has time to hear a key
const ASLEEP = 3000; // ms; a longer gap is a tab that nobody saw

/** What a person may have chosen for good. */
export type Chosen = "low" | "high";

export function chosenOf(told: string | null): Chosen | null {
  return told === "low" || told === "high" ? told : null;
}

export interface Level {
  scale: number; // of the screen's own pixels, at most `limit` of them a CSS pixel
  limit: number;
  shadow: number; // pixels of the shadow's map
  cell: number; // m; details smaller than this are left out, 0: none
}

export const LEVELS: readonly Level[] = [
  { scale: 1, limit: 2, shadow: 2048, cell: 0 },
  { scale: 0.5, limit: 1, shadow: 512, cell: 0.018 },
  { scale: 0.4, limit: 1, shadow: 512, cell: 0.024 },
];

export class Quality {
  private gaps: number[] = [];
  private spent = 0; // ms, of all gaps
  private last = 0; // 0: none was drawn just before
  private given = false;
  private readonly fixed: boolean;
  private at: number;

  /** `software`: the graphics are drawn by the processor. `chosen`: by the person, and then never changed. */
  constructor(private readonly software: boolean, chosen: Chosen | null = null) {
    this.fixed = chosen !== null;
    this.at = chosen === "low" ? LEVELS.length - 1 : chosen === "high" || !software ? 0 : 1;
  }

  /** Seconds that must lie between two pictures: the processor that draws is wanted for other things too. */
  get gap(): number {
    return this.software && this.at > 0 ? GAP : 0;
  }

  get level(): Level {
    return LEVELS[this.at]!;
  }

  /** Nothing is drawn for a while on purpose: the gap to the next picture tells nothing. */
  rest(): void {
    this.last = 0;
  }

  /** A picture was drawn at `now` ms while playing. Says what to do about the pace. */
  frame(now: number): "same" | "lower" | "give up" {
    const gap = this.last ? now - this.last : 0;
    this.last = now;
    if (this.fixed || this.given || gap > ASLEEP || gap <= 0) return "same";
    this.gaps.push(gap);
    this.spent += gap;
    if (this.gaps.length < (this.spent > LONG ? ENOUGH : WATCH)) return "same";
    const median = this.gaps.sort((a, b) => a - b)[this.gaps.length >> 1]!;
    this.gaps = [];
    this.spent = 0;
    if (1000 / median >= (this.gap ? SLOW_GAP : SLOW)) return "same";
    if (this.at + 1 < LEVELS.length) {
      this.at += 1;
      this.last = 0; // the first picture of another size takes longer
      return "lower";
    }
    this.given = true;
    return "give up";
  }

  pixelRatio(screen: number): number {
    return Math.min(screen, this.level.limit) * this.level.scale;
  }
}

/** Whether a renderer's name is one of the known ones that use no graphics card. */
export function isSoftware(renderer: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}
