/** The 3D scene as the server stores it: a JSON header and one binary buffer. Knows nothing of drawing. */

export interface Material {
  rgba: [number, number, number, number];
  roughness: number;
  shininess: number;
}

export interface Mesh {
  positions: Float32Array; // xyz of each vertex, m
  normals: Int8Array; // xyz and a pad byte of each vertex, 127 is 1
  indices: Uint16Array | Uint32Array;
  material: Material;
}

/** A point that should come to a place, by their names: "tool", "goal" or a body's. */
export interface Cue {
  point: string;
  place: string;
  radius: number; // m, within which the point has arrived
  above: number; // m, the place's height over what names it
}

/** How what is measured in a scene's own world comes to the page's, whose cameras and marks are made for our table. */
export interface Frame {
  scale: number;
  shift: [number, number, number]; // m
}

/** A line between bodies. */
export interface Tendon {
  rows: number[]; // of the poses
  radius: number; // m
  material: Material;
}

/** All of it in the page's world. */
export interface SceneAsset {
  bodies: { name: string; parts: Mesh[] }[];
  goal: { marker: string; parts: Mesh[]; ground: Mesh[]; lineRadius: number; line: Material };
  surroundings: Mesh[];
  toolBody: number;
  toolOffset: [number, number, number];
  camera: { eye: [number, number, number]; target: [number, number, number] };
  cues: Cue[]; // none in scenes that were stored before there were any
  frame: Frame | null; // of a scene that is not ours
  always: [[number, number, number], [number, number, number]] | null; // corners of what is always seen, where it is not ours
  matters: number[] | null; // rows of poses that must be seen; those of our arm are known
  tendons: Tendon[];
}

/** The bytes are not a scene that this page can show. */
export class BadScene extends Error {}

type Json = Record<string, unknown>;

/** Reads the asset; the meshes of our own scenes are views of `bytes`, nothing is copied. Throws BadScene. */
export function parseScene(bytes: ArrayBuffer): SceneAsset {
  const { header, start } = readHeader(bytes);
  if (header["version"] !== 1) {
    throw new BadScene(`the scene has version ${String(header["version"])}, this page reads version 1: reload the page`);
  }
  const frame = header["frame"] ? asFrame(header["frame"]) : null;
  const mesh = (part: unknown): Mesh => scaled(readPart(bytes, start, asObject(part, "a part")), frame);
  const bodies = asList(header["bodies"], "bodies").map((one) => {
    const body = asObject(one, "a body");
    return { name: String(body["name"]), parts: asList(body["parts"], "a body's parts").map(mesh) };
  });
  const goal = asObject(header["goal"], "the goal");
  const around = (header["surroundings"] ?? {}) as Json;
  const camera = asObject(header["camera"], "the camera");
  const toolBody = asNumber(header["tool_body"], "tool_body");
  if (!bodies[toolBody]) throw new BadScene(`tool_body is ${toolBody}, but there are ${bodies.length} bodies`);
  return {
    bodies,
    goal: {
      marker: String(goal["marker"]),
      parts: asList(goal["parts"], "the goal's parts").map(mesh),
      ground: asList(goal["ground"], "the goal's ground").map(mesh),
      lineRadius: asNumber(goal["line_radius"], "line_radius"),
      line: asMaterial(goal["line"]),
    },
    surroundings: asList(around["parts"] ?? [], "the surroundings' parts").map((part) => shifted(mesh(part), frame)),
    toolBody,
    toolOffset: asVector(header["tool_offset"], "tool_offset").map((one) => one * (frame?.scale ?? 1)) as Three,
    camera: {
      eye: placed(asVector(camera["eye"], "the camera's eye"), frame),
      target: placed(asVector(camera["target"], "its target"), frame),
    },
    cues: asList(header["cues"] ?? [], "cues").map(asCue),
    frame,
    always: header["always"] ? (asList(header["always"], "always").map((one) => placed(asVector(one, "always"), frame)) as [Three, Three]) : null,
    matters: header["matters"] ? asList(header["matters"], "matters").map((one) => asRow(one, bodies.length)) : null,
    tendons: asList(header["tendons"] ?? [], "tendons").map((one) => asTendon(one, bodies.length, frame?.scale ?? 1)),
  };
}

type Three = [number, number, number];

/** Where a point of the scene's world is in the page's. */
export function placed(point: Three, frame: Frame | null): Three {
  return frame ? (point.map((one, k) => frame.scale * one + frame.shift[k]!) as Three) : point;
}

function scaled(mesh: Mesh, frame: Frame | null): Mesh {
  return frame ? { ...mesh, positions: mesh.positions.map((one) => frame.scale * one) } : mesh;
}

function shifted(mesh: Mesh, frame: Frame | null): Mesh {
  return frame ? { ...mesh, positions: mesh.positions.map((one, at) => one + frame.shift[at % 3]!) } : mesh;
}

function readHeader(bytes: ArrayBuffer): { header: Json; start: number } {
  if (bytes.byteLength < 4) throw new BadScene("the scene is empty");
  const length = new DataView(bytes).getUint32(0, true);
  if (4 + length > bytes.byteLength) throw new BadScene("the scene is cut off in its header");
  const start = 4 + length;
  if (start % 4) throw new BadScene("the scene's header is not padded to four bytes");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes, 4, length));
    return { header: asObject(JSON.parse(text), "the header"), start };
  } catch (error) {
    if (error instanceof BadScene) throw error;
    throw new BadScene("the scene's header is not JSON");
  }
}

function readPart(bytes: ArrayBuffer, start: number, part: Json): Mesh {
  const [at, count] = asNumbers(part["positions"], 2, "positions");
  const [normalsAt, normalCount] = asNumbers(part["normals"], 2, "normals");
  const [indicesAt, indexCount, width] = asNumbers(part["indices"], 3, "indices");
  if (normalCount !== count) throw new BadScene(`a part has ${count} vertices but ${normalCount} normals`);
  if (width !== 2 && width !== 4) throw new BadScene(`indices are 2 or 4 bytes wide, not ${width}`);
  if (indexCount! % 3) throw new BadScene(`a part has ${indexCount} indices, which is no number of triangles`);
  const within = (offset: number, size: number, align: number): number => {
    const from = start + offset;
    if (offset < 0 || from + size > bytes.byteLength) throw new BadScene("a part lies outside of the scene's bytes");
    if (from % align) throw new BadScene("a part is not aligned");
    return from;
  };
  const positions = new Float32Array(bytes, within(at!, count! * 12, 4), count! * 3);
  const normals = new Int8Array(bytes, within(normalsAt!, count! * 4, 1), count! * 4);
  const from = within(indicesAt!, indexCount! * width, width);
  const indices = width === 2 ? new Uint16Array(bytes, from, indexCount) : new Uint32Array(bytes, from, indexCount);
  for (const index of indices) {
    if (index >= count!) throw new BadScene(`a triangle names vertex ${index} of ${count}`);
  }
  return { positions, normals, indices, material: asMaterial(part["material"]) };
}

function asObject(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadScene(`the scene lacks ${what}`);
  }
  return value as Json;
}

function asList(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw new BadScene(`the scene lacks ${what}`);
  return value;
}

function asNumber(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new BadScene(`${what} must be a number`);
  return value;
}

function asNumbers(value: unknown, count: number, what: string): number[] {
  const list = asList(value, what);
  if (list.length !== count) throw new BadScene(`${what} must have ${count} numbers`);
  return list.map((one) => asNumber(one, what));
}

function asVector(value: unknown, what: string): [number, number, number] {
  return asNumbers(value, 3, what) as [number, number, number];
}

function asCue(value: unknown): Cue {
  const cue = asObject(value, "a cue");
  const radius = asNumber(cue["radius"], "a cue's radius");
  return { point: String(cue["point"]), place: String(cue["place"]), radius, above: asNumber(cue["above"], "a cue's height") };
}

function asFrame(value: unknown): Frame {
  const frame = asObject(value, "a frame");
  const scale = asNumber(frame["scale"], "a frame's scale");
  if (!(scale > 0)) throw new BadScene(`a frame's scale must be above 0, not ${scale}`);
  return { scale, shift: asVector(frame["shift"], "a frame's shift") };
}

/** A row of the poses, of which there is one more than there are bodies. */
function asRow(value: unknown, bodies: number): number {
  const row = asNumber(value, "a row");
  if (!Number.isInteger(row) || row < 0 || row > bodies) throw new BadScene(`there is no row ${row}`);
  return row;
}

function asTendon(value: unknown, bodies: number, scale: number): Tendon {
  const tendon = asObject(value, "a tendon");
  const rows = asList(tendon["rows"], "a tendon's rows").map((one) => asRow(one, bodies));
  return { rows, radius: scale * asNumber(tendon["radius"], "a tendon's radius"), material: asMaterial(tendon["material"]) };
}

function asMaterial(value: unknown): Material {
  const material = asObject(value, "a material");
  return {
    rgba: asNumbers(material["rgba"], 4, "rgba") as Material["rgba"],
    roughness: asNumber(material["roughness"], "roughness"),
    shininess: asNumber(material["shininess"], "shininess"),
  };
}
