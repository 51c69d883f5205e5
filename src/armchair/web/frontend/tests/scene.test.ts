import { describe, expect, it } from "vitest";
import { BadScene, parseScene } from "../src/scene/asset";
import { arrowsOf } from "../src/scene/trail";
import { readReplay } from "../src/replay/data";

const material = { rgba: [1, 0, 0, 1], roughness: 0.5, shininess: 0.5 };

/** A scene of one triangle; `change` may spoil its header. */
function scene(change: (header: any) => void = () => undefined, cut = 0): ArrayBuffer {
  const part = { positions: [0, 3], normals: [36, 3], indices: [48, 3, 2], material };
  const header = {
    version: 1,
    bodies: [{ name: "link0", parts: [part] }],
    goal: { marker: "none", parts: [], ground: [], line_radius: 0, line: material },
    surroundings: { parts: [] },
    tool_body: 0,
    tool_offset: [0, 0, 0.1],
    camera: { eye: [1, 1, 1], target: [0, 0, 0] },
  };
  change(header);
  let text = JSON.stringify(header);
  while ((4 + text.length) % 4) text += " ";
  const bytes = new ArrayBuffer(4 + text.length + 56);
  new DataView(bytes).setUint32(0, text.length, true);
  new Uint8Array(bytes).set(new TextEncoder().encode(text), 4);
  new Float32Array(bytes, 4 + text.length, 9).set([0, 0, 0, 1, 0, 0, 0, 1, 0]);
  new Uint16Array(bytes, 4 + text.length + 48, 3).set([0, 1, 2]);
  return bytes.slice(0, bytes.byteLength - cut);
}

describe("scene", () => {
  it("reads meshes in place", () => {
    const read = parseScene(scene());
    const mesh = read.bodies[0]!.parts[0]!;
    expect([...mesh.positions.slice(3, 6)]).toEqual([1, 0, 0]);
    expect([...mesh.indices]).toEqual([0, 1, 2]);
    expect(read.toolOffset).toEqual([0, 0, 0.1]);
  });

  it("reads what is to be looked at, and scenes of before that do not say", () => {
    const cue = { point: "tool", place: "goal", radius: 0.025, above: 0, weight: 1 };
    expect(parseScene(scene((h) => { h.cues = [cue]; })).cues).toEqual([{ point: "tool", place: "goal", radius: 0.025, above: 0 }]);
    expect(parseScene(scene()).cues).toEqual([]);
    expect(() => parseScene(scene((h) => { h.cues = [{ ...cue, radius: "wide" }]; }))).toThrow("a cue's radius must be a number");
  });

  it.each<[string, ArrayBuffer, string]>([
    ["nothing", new ArrayBuffer(0), "empty"],
    ["half a header", scene().slice(0, 40), "cut off"],
    ["half a buffer", scene(undefined, 12), "outside"],
    ["a newer version", scene((h) => { h.version = 2; }), "version 2"],
    ["no bodies", scene((h) => { delete h.bodies; }), "lacks bodies"],
    ["a vertex that is not there", scene((h) => { h.bodies[0].parts[0].positions = [0, 2]; h.bodies[0].parts[0].normals = [36, 2]; }), "names vertex 2"],
    ["normals for other vertices", scene((h) => { h.bodies[0].parts[0].normals = [36, 2]; }), "2 normals"],
    ["an offset before the buffer", scene((h) => { h.bodies[0].parts[0].positions = [-4, 3]; }), "outside"],
    ["a crooked offset", scene((h) => { h.bodies[0].parts[0].positions = [2, 3]; }), "aligned"],
    ["indices of three bytes", scene((h) => { h.bodies[0].parts[0].indices = [48, 3, 3]; }), "not 3"],
    ["a tool that is not there", scene((h) => { h.tool_body = 7; }), "tool_body is 7"],
    ["a camera without numbers", scene((h) => { h.camera.eye = ["x", 0, 0]; }), "number"],
  ])("refuses %s in one sentence", (_, bytes, word) => {
    expect(() => parseScene(bytes)).toThrow(BadScene);
    expect(() => parseScene(bytes)).toThrow(word);
  });

  it("refuses a header that is not JSON", () => {
    const bytes = scene();
    new Uint8Array(bytes)[4] = 0;
    expect(() => parseScene(bytes)).toThrow("not JSON");
  });
});

describe("replay file", () => {
  const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const written = () => ({
    title: "t", task: "reach", caption: "c", dt: 0.05, scene: base64(scene()),
    clips: [{ label: "one", steps: 1, bodies: 2, poses: base64(new Float32Array(14).buffer) }],
  });

  it("reads what it carries", () => {
    const replay = readReplay(JSON.stringify(written()));
    expect([replay.clips[0]!.label, replay.clips[0]!.poses.bodies, replay.scene.bodies.length]).toEqual(["one", 2, 1]);
  });

  it.each<[string, string]>([
    ["@REPLAY_JSON@", "no replay"],
    [JSON.stringify({ ...written(), clips: [] }), "no clips"],
    [JSON.stringify({ ...written(), dt: 0 }), "how long"],
    [JSON.stringify({ ...written(), clips: [{ label: "x", steps: 1, bodies: 1, poses: base64(new Float32Array(7).buffer) }] }), "other bodies"],
  ])("refuses a broken one (%#)", (text, word) => {
    expect(() => readReplay(text)).toThrow(word);
  });
});

describe("the arrows of a path", () => {
  it("stand where another stretch has been gone, however fast", () => {
    const along = (xs: number[]): Float32Array => new Float32Array(xs.flatMap((x) => [x, 0, 0.1]));
    expect(arrowsOf(along([0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12]))).toEqual([3, 6]);
    expect(arrowsOf(along([0, 0.2, 0.2, 0.2, 0.1]))).toEqual([1, 4]);
    expect(arrowsOf(along([0.3, 0.3, 0.3]))).toEqual([]);
    expect(arrowsOf(new Float32Array(0))).toEqual([]);
  });
});
