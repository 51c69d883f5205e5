// Somebody who looks: how far the tool is from the goal in both clips on the screen, from what the player draws.
async () => {
  const stage = document.getElementById("stage").dataset;
  const scene = await (await fetch("/api/scene")).arrayBuffer();
  const size = new DataView(scene).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(scene, 4, size)));
  const rows = told.bodies.length + 1; // the goal's comes last
  const [ox, oy, oz] = told.tool_offset;

  function distance(poses, step) {
    const hand = poses.subarray(7 * (step * rows + told.tool_body), 7 * (step * rows + told.tool_body) + 7);
    const goal = poses.subarray(7 * (step * rows + rows - 1), 7 * (step * rows + rows));
    const [x, y, z, w, i, j, k] = hand;
    const [a, b, c] = [2 * (j * oz - k * oy), 2 * (k * ox - i * oz), 2 * (i * oy - j * ox)];
    const tool = [
      x + ox + w * a + j * c - k * b,
      y + oy + w * b + k * a - i * c,
      z + oz + w * c + i * b - j * a,
    ];
    return Math.hypot(tool[0] - goal[0], tool[1] - goal[1], tool[2] - goal[2]);
  }

  async function look(clip) {
    const poses = new Float32Array(await (await fetch(`/api/clips/${clip}`)).arrayBuffer());
    const steps = poses.length / (7 * rows);
    let sum = 0;
    for (let step = 0; step < steps; step++) sum += distance(poses, step);
    return sum / steps;
  }

  return { question: stage.question, left: await look(stage.left), right: await look(stage.right) };
}
