// Lays out three boxes in a row, by Emscripten's embind.
import Yoga, { Edge, FlexDirection } from "yoga-layout";

const root = Yoga.Node.create();
root.setWidth(500);
root.setHeight(300);
root.setFlexDirection(FlexDirection.Row);
root.setPadding(Edge.All, 7);
for (let i = 0; i < 3; i++) {
  const child = Yoga.Node.create();
  child.setFlexGrow(i + 1);
  child.setMargin(Edge.Left, i * 3.5);
  root.insertChild(child, i);
}
root.calculateLayout();
console.log(JSON.stringify([0, 1, 2].map((i) => root.getChild(i).getComputedLayout())));
