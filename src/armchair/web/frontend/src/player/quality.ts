/** How finely to draw: starts with what the renderer promises and gives way when pictures come too slowly. */

const WATCH = 30; // frames
const SLOW = 20; // frames a second
const PAUSE = 400; // ms; a longer gap is a pause or a sleeping tab, not a slow picture

export interface Level {
  scale: number; // of the screen's own pixels, at most `limit` of them a CSS pixel
  limit: number;
  shadow: number; // pixels of the shadow's map
}

export const LEVELS: readonly Level[] = [
  { scale: 1, limit: 2, shadow: 2048 },
  { scale: 0.5, limit: 1, shadow: 1024 }, // smoothed edges make up for much of it
  { scale: 0.4, limit: 1, shadow: 512 },
];

export class Quality {
  private gaps: number[] = [];
  private last = 0;
  private given = false;

  /** `software`: the graphics are drawn by the processor. `fixed`: never give way. */
  constructor(private readonly software: boolean, private readonly fixed = false, private at = software && !fixed ? 1 : 0) {}

  /** Seconds that must lie between two pictures: the processor that draws is wanted for other things too. */
  get gap(): number {
    return this.software && !this.fixed ? 0.03 : 0;
  }

  get level(): Level {
    return LEVELS[this.at]!;
  }

  /** A picture was drawn at `now` ms while playing. Says what to do about the pace. */
  frame(now: number): "same" | "lower" | "give up" {
    const gap = now - this.last;
    this.last = now;
    if (this.fixed || this.given || gap > PAUSE || gap <= 0) return "same";
    this.gaps.push(gap);
    if (this.gaps.length < WATCH) return "same";
    const median = this.gaps.sort((a, b) => a - b)[WATCH / 2]!;
    this.gaps = [];
    if (1000 / median >= SLOW) return "same";
    if (this.at + 1 < LEVELS.length) {
      this.at += 1;
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
