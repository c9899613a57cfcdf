// The inspector: how values, functions and errors are headed.

const { className } = native("inspect");

function isInstance(value, Class) {
  try {
    return value instanceof Class;
  } catch {
    return false;
  }
}

/**
 * The name of the constructor in the prototype chain of a value; null if its prototype is null. Collects the names
 * of the properties that the prototypes of user's classes have into `inherited`, if that is given.
 */
function constructorName(value, state, level, inspect, inherited) {
  let first;
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    if (object !== value && first === undefined) first = object;
    const descriptor = Object.getOwnPropertyDescriptor(object, "constructor");
    const constructor = descriptor?.value;
    if (typeof constructor === "function" && constructor.name !== "" && isInstance(value, constructor)) {
      return `${constructor.name}`;
    }
  }
  if (first === undefined) return null;
  const own = className(value);
  if (level > state.depth && state.depth !== null) return `${own} <Complex prototype>`;
  const parent = constructorName(first, state, level + 1, inspect, inherited);
  if (parent !== null) return `${own} <${parent}>`;
  return `${own} <${inspect(first, { ...state.userOptions, customInspect: false, depth: -1 })}>`;
}

/** What stands before the braces, with a space at the end. */
function prefix(constructor, tag, fallback, size = "") {
  if (constructor === null) {
    const start = `[${fallback}${size}: null prototype] `;
    return tag !== "" && fallback !== tag ? `${start}[${tag}] ` : start;
  }
  return tag !== "" && constructor !== tag ? `${constructor}${size} [${tag}] ` : `${constructor}${size} `;
}

/** Whether a function is a class, from its source. */
function isClass(source) {
  if (!source.startsWith("class") || !source.endsWith("}")) return false;
  const head = source.slice(5, source.indexOf("{"));
  // A method named `class` has parentheses before its body.
  return !head.includes("(") || /^\s/.test(head) || head === "";
}

function functionBase(value, constructor, tag, kind, show) {
  if (isClass(Function.prototype.toString.call(value))) return classBase(value, constructor, tag);
  const type = kind.endsWith("Function") ? kind : "Function";
  let base = `[${type}`;
  if (constructor === null) base += " (null prototype)";
  const { name } = value;
  if (name === "") base += " (anonymous)";
  else base += `: ${typeof name === "string" ? name : show(name)}`;
  base += "]";
  if (constructor !== type && constructor !== null) base += ` ${constructor}`;
  if (tag !== "" && constructor !== tag) base += ` [${tag}]`;
  return base;
}

function classBase(value, constructor, tag) {
  const name = (Object.hasOwn(value, "name") && value.name) || "(anonymous)";
  let base = `class ${name}`;
  if (constructor !== "Function" && constructor !== null) base += ` [${constructor}]`;
  if (tag !== "" && constructor !== tag) base += ` [${tag}]`;
  const parent = Object.getPrototypeOf(value);
  if (constructor === null) base += " extends [null prototype]";
  else if (parent?.name) base += ` extends ${parent.name}`;
  return `[${base}]`;
}

/** A property of an error, or `fallback` if a getter throws. */
function read(error, key, fallback) {
  try {
    return error[key];
  } catch {
    return fallback;
  }
}

function textOf(value) {
  try {
    return `${value}`;
  } catch {
    return "";
  }
}

/** The first line (or lines) of an error. */
function errorHead(error, constructor) {
  const given = read(error, "name", "Error");
  const name = given === undefined ? "Error" : textOf(given);
  const message = textOf(read(error, "message", "") ?? "");
  let title = name;
  if (constructor === null) title = "[Error: null prototype]";
  else if (name.endsWith("Error") && !constructor.startsWith("Object <") && name !== constructor) {
    title = constructor.includes(name) ? constructor : `${constructor} [${name}]`;
  }
  if (message === "") return title;
  return title === "" ? message : `${title}: ${message}`;
}

/** The stack of an error, split into what stands before the frames and the frames. */
function splitStack(error, constructor) {
  let stack = read(error, "stack", undefined);
  if (stack === undefined && constructor === null && className(error) === "Error") {
    stack = load("web/stack").stackOf(error);
  }
  if (typeof stack !== "string" || stack === "") return { head: errorHead(error, constructor), frames: [] };
  const start = stack.startsWith("    at ") ? 0 : stack.indexOf("\n    at ") + 1;
  const hasFrames = start !== 0 || stack.startsWith("    at ");
  const written = hasFrames ? stack.slice(0, Math.max(start - 1, 0)) : stack;
  const frames = hasFrames ? stack.slice(start).trimEnd().split("\n") : [];
  const own = written === "" || isPlainHead(written, error);
  return { head: own ? errorHead(error, constructor) : written, frames };
}

/** Whether the text before the frames is what the engine wrote. */
function isPlainHead(written, error) {
  const message = textOf(read(error, "message", "") ?? "");
  const name = written.slice(0, message === "" ? undefined : -(message.length + 2));
  return /^[\w$]*$/.test(name) && (message === "" || written === `${name}: ${message}`);
}

/** Leaves out frames that the cause repeats. */
function withoutShared(frames, error) {
  const cause = read(error, "cause", undefined);
  if (frames.length <= 3 || typeof cause !== "object" || cause === null || className(cause) !== "Error") {
    return frames;
  }
  const causeFrames = splitStack(cause, "Error").frames;
  for (let i = 0; i < frames.length; i++) {
    const at = causeFrames.indexOf(frames[i]);
    if (at === -1) continue;
    let count = 1;
    while (i + count < frames.length && frames[i + count] === causeFrames[at + count]) count++;
    if (count > 3) {
      const note = `    ... ${count - 2} lines matching cause stack trace ...`;
      return [...frames.slice(0, i + 1), note, ...frames.slice(i + count - 1)];
    }
  }
  return frames;
}

/** The stack with its head, and which keys of the error are already in it. */
function errorBase(state, error, constructor, tag, keys) {
  const { head, frames } = splitStack(error, constructor);
  for (const name of ["name", "message", "stack"]) {
    const index = keys.indexOf(name);
    if (index === -1) continue;
    const value = read(error, name, "");
    if (typeof value !== "string" || head.includes(value) || name === "stack") keys.splice(index, 1);
  }
  if ("cause" in error && !keys.includes("cause")) keys.push("cause");
  if (Array.isArray(read(error, "errors", undefined)) && !keys.includes("errors")) keys.push("errors");
  let base = head;
  if (tag !== "" && !base.includes(tag) && constructor !== tag && tag !== "DOMException") base = `${base} [${tag}]`;
  if (frames.length === 0 && !/^\[Error: null/.test(base)) base = `[${base}]`;
  else base += `\n${withoutShared(frames, error).join("\n")}`;
  return state.indentation === 0 ? base : base.replaceAll("\n", `\n${" ".repeat(state.indentation)}`);
}

Object.assign(exports, { constructorName, prefix, functionBase, errorBase, splitStack });
