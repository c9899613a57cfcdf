// Drops boxes and balls on the ground and asks for what fell where. rapier imports its module as an ES module:
// `import * as wasm from "./rapier_wasm3d_bg.wasm"`. It is written for bundlers: its package.json names its entry
// `module`, and its imports leave out file name extensions, so an import map says what they mean.
import RAPIER from "@dimforge/rapier3d";

console.log("version", RAPIER.version());

const world = new RAPIER.World({ x: 0, y: -9.81, z: 0 });
world.createCollider(RAPIER.ColliderDesc.cuboid(10, 0.1, 10));

const bodies = [];
for (let i = 0; i < 6; i++) {
  const place = RAPIER.RigidBodyDesc.dynamic().setTranslation(0.3 * i, 2 + 1.2 * i, -0.1 * i);
  const body = world.createRigidBody(place);
  const shape = i % 2 === 0 ? RAPIER.ColliderDesc.cuboid(0.5, 0.5, 0.5) : RAPIER.ColliderDesc.ball(0.5);
  world.createCollider(shape.setRestitution(0.3).setActiveEvents(RAPIER.ActiveEvents.COLLISION_EVENTS), body);
  bodies.push(body);
}

const events = new RAPIER.EventQueue(true);
let [started, stopped] = [0, 0];
for (let step = 1; step <= 240; step++) {
  world.step(events);
  events.drainCollisionEvents((_first, _second, isStart) => (isStart ? started++ : stopped++));
  if (step % 60 === 0) {
    const heights = bodies.map((body) => body.translation().y.toFixed(5));
    console.log(`step ${step}: ${heights.join(" ")}`);
  }
}
console.log("collisions", started, stopped);

const { x, y, z } = bodies[3].translation();
console.log("ball 3", x.toFixed(5), y.toFixed(5), z.toFixed(5));

const ray = new RAPIER.Ray({ x: 0, y: 20, z: 0 }, { x: 0, y: -1, z: 0 });
const hit = world.castRay(ray, 100, true);
console.log("ray", hit.timeOfImpact.toFixed(5), hit.collider.handle);

const snapshot = world.takeSnapshot();
const restored = RAPIER.World.restoreSnapshot(snapshot);
world.step();
restored.step();
const same = bodies.every((body) => restored.getRigidBody(body.handle).translation().y === body.translation().y);
console.log("snapshot", snapshot.length, same);
