/** The curve of wishes: what weights bring and cost, and where between its rows the sliders are. */

export type Weights = Record<string, number>;

export interface CurveRow {
  weights: Weights;
  done: number; // share of episodes in which the task is done, as the skill's own learned reward sees it
  success: number | null; // true share; null where nobody knows
  wish: Weights; // learned reward of each wish
}

/** A row as seen along one wish. */
export interface Spot {
  weight: number;
  done: number;
  success: number | null;
  wish: number;
}

/** The rows in which the weight of one wish alone changes, by that weight; of several such lines the nearest. */
export function along(curve: readonly CurveRow[], wish: string, here: Weights): Spot[] {
  const lines = new Map<string, { far: number; rows: Spot[] }>();
  for (const row of curve) {
    const others = Object.keys(row.weights).filter((name) => name !== wish).sort();
    const key = others.map((name) => row.weights[name]).join();
    const far = others.reduce((sum, name) => sum + Math.abs(row.weights[name]! - (here[name] ?? 0)), 0);
    const line = lines.get(key) ?? { far, rows: [] };
    line.rows.push({ weight: row.weights[wish] ?? 0, done: row.done, success: row.success, wish: row.wish[wish] ?? 0 });
    lines.set(key, line);
  }
  const lone = (line: { rows: Spot[] }): number => Number(line.rows.length < 2);
  const [best] = [...lines.values()].sort((a, b) => lone(a) - lone(b) || a.far - b.far);
  return best ? best.rows.sort((a, b) => a.weight - b.weight) : [];
}

/** What is to be expected at a weight: on the line between its neighbours, beyond the ends what is there. */
export function between(spots: readonly Spot[], weight: number): Spot | null {
  if (!spots.length) return null;
  const found = spots.findIndex((spot) => spot.weight >= weight);
  const after = found < 0 ? spots.length - 1 : found;
  const low = spots[Math.max(after - 1, 0)]!;
  const high = spots[after]!;
  const way = high.weight - low.weight;
  const share = way > 0 ? Math.min(Math.max((weight - low.weight) / way, 0), 1) : 1;
  const mix = (a: number, b: number): number => a + share * (b - a);
  const success = low.success === null || high.success === null ? null : mix(low.success, high.success);
  return { weight, done: mix(low.done, high.done), success, wish: mix(low.wish, high.wish) };
}

/** How far a learned reward is on the way from no weight to the best that the weight brings; null without one. */
export function gain(spots: readonly Spot[], wish: number): number | null {
  const first = spots[0]?.wish ?? 0;
  const way = Math.max(...spots.map((spot) => spot.wish)) - first;
  return spots.length && way > 0 ? (wish - first) / way : null;
}

/** Where the plot has a spot, across and up, each from 0 to 1; levels: done and success at its bottom and top. */
export interface Plotted {
  done: [number, number][];
  success: [number, number][];
  levels: [number, number];
  place(spot: Spot): [number, number];
}

const SPAN = 0.2; // the least that the plot shows of shares, so that noise does not look like a cliff

export function plotted(spots: readonly Spot[]): Plotted {
  const shares = spots.flatMap((spot) => (spot.success === null ? [spot.done] : [spot.done, spot.success]));
  const bottom = Math.max(0, Math.min(1 - SPAN, Math.floor(10 * Math.min(1, ...shares)) / 10));
  const wishes = spots.map((spot) => spot.wish);
  const [least, most] = [Math.min(...wishes), Math.max(...wishes)];
  const across = (spot: Spot): number => (most > least ? (spot.wish - least) / (most - least) : spot.weight);
  const up = (share: number): number => (share - bottom) / (1 - bottom);
  const known = spots.filter((spot) => spot.success !== null);
  return {
    done: spots.map((spot) => [across(spot), up(spot.done)]),
    success: known.map((spot) => [across(spot), up(spot.success!)]),
    levels: [bottom, 1],
    place: (spot) => [across(spot), up(spot.done)],
  };
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** What a place on the curve means, in words; empty where there is no curve. */
export function spotWords(spots: readonly Spot[], weight: number): string {
  const spot = between(spots, weight);
  if (!spot) return "";
  const way = gain(spots, spot.wish);
  const done = `task done in ${percent(spot.done)} of tries${spot.success === null ? "" : ` (true success ${percent(spot.success)})`}`;
  return way === null ? done : `${done}; ${percent(way)} of what this wish can bring`;
}

/** A wish's name as people read it. */
export function wishName(name: string): string {
  return name.replaceAll("_", " ");
}

/** Whether two sets of weights are the same, as far as a slider can tell. */
export function sameWeights(a: Weights, b: Weights): boolean {
  return Object.keys({ ...a, ...b }).every((name) => Math.abs((a[name] ?? 0) - (b[name] ?? 0)) < 0.005);
}
