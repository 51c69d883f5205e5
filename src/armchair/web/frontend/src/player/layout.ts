/** Which part of a clip's pane shows the large view and which the small one. CSS pixels, y downwards. */

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The upper left one has the clip's name. */
export const CORNERS = ["bottom-right", "bottom-left", "top-right"] as const;
export type Corner = (typeof CORNERS)[number] | "below";

export interface Places {
  large: Rect;
  small: Rect;
}

const SHARE = 0.36; // of the pane's width that the small view takes
const SHAPE = 0.82; // its height over its width
const MARGIN = 10;
const TOP = 48; // px, below what is told of the pair
const TALL = 0.85; // width over height; in a narrower pane the views stand one above the other
const BELOW = 0.4; // of the pane's height is then the small view's
const AROUND = 0.012; // of the pane's width that must be free around the small view

export function isTall(width: number, height: number): boolean {
  return width < TALL * height;
}

export function placesOf(width: number, height: number, corner: Corner): Places {
  if (corner === "below") {
    const low = Math.round(Math.min(BELOW * height, width));
    return { large: { x: 0, y: 0, width, height: height - low }, small: { x: 0, y: height - low, width, height: low } };
  }
  const wide = Math.round(SHARE * width);
  const high = Math.round(Math.min(SHAPE * wide, 0.45 * height));
  const x = corner.endsWith("left") ? MARGIN : width - wide - MARGIN;
  const y = corner.startsWith("top") ? TOP : height - high - MARGIN;
  return { large: { x: 0, y: 0, width, height }, small: { x, y, width: wide, height: high } };
}

/** How many points of the large view lie under the small one. xy after xy, within -1 and 1, y upwards. */
export function hiddenIn(width: number, height: number, corner: Corner, seen: ArrayLike<number>): number {
  if (corner === "below") return 0;
  const { small } = placesOf(width, height, corner);
  const more = AROUND * width;
  let count = 0;
  for (let k = 0; k + 1 < seen.length; k += 2) {
    const x = ((seen[k]! + 1) / 2) * width;
    const y = ((1 - seen[k + 1]!) / 2) * height;
    const inside = x > small.x - more && x < small.x + small.width + more
      && y > small.y - more && y < small.y + small.height + more;
    if (inside) count += 1;
  }
  return count;
}

/** The corner that hides least; the one of before, then the first, where several hide as little. */
export function cornerOf(width: number, height: number, seen: ArrayLike<number>, before: Corner): Corner {
  if (isTall(width, height)) return "below";
  let best: Corner = before === "below" ? CORNERS[0] : before;
  let least = hiddenIn(width, height, best, seen);
  for (const corner of CORNERS) {
    const count = hiddenIn(width, height, corner, seen);
    if (count < least) [best, least] = [corner, count];
  }
  return best;
}
