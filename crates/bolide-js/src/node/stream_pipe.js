// pipe and unpipe of Readable.
const { nextTick, errorOrDestroy } = load("node/stream_core");

function pipe(source, target, options) {
  const state = source._readableState;
  state.pipes.push(target);
  const ends = options?.end !== false && !target._isStdio;
  const onEnd = () => target.end();
  const finish = ends ? onEnd : () => unpipe(source, target);
  if (state.endEmitted) nextTick(finish);
  else source.once("end", finish);

  let onDrain;
  const pause = () => {
    if (state.pipes.length === 1 || state.pipes.includes(target)) state.awaiting.add(target);
    source.pause();
    if (onDrain) return;
    onDrain = () => {
      state.awaiting.delete(target);
      if (state.awaiting.size === 0 && source.listenerCount("data") > 0) source.resume();
    };
    target.on("drain", onDrain);
  };
  const onData = (chunk) => {
    if (target.write(chunk) === false) pause();
  };
  const onError = (error) => {
    unpipe(source, target);
    target.removeListener("error", onError);
    if (target.listenerCount("error") > 0) return;
    const inner = target._writableState ?? target._readableState;
    if (inner && !inner.errorEmitted) errorOrDestroy(target, error);
    else target.emit("error", error);
  };
  const onClose = () => {
    target.removeListener("finish", onFinish);
    unpipe(source, target);
  };
  const onFinish = () => {
    target.removeListener("close", onClose);
    unpipe(source, target);
  };
  const onUnpipe = (from, info) => {
    if (from !== source || info?.hasUnpiped) return;
    if (info) info.hasUnpiped = true;
    target.removeListener("close", onClose);
    target.removeListener("finish", onFinish);
    if (onDrain) target.removeListener("drain", onDrain);
    target.removeListener("error", onError);
    target.removeListener("unpipe", onUnpipe);
    source.removeListener("end", finish);
    source.removeListener("data", onData);
    if (onDrain && state.awaiting.size > 0 && (!target._writableState || target._writableState.needDrain)) onDrain();
  };
  target.on("unpipe", onUnpipe);
  source.on("data", onData);
  target.prependListener("error", onError);
  target.once("close", onClose);
  target.once("finish", onFinish);
  target.emit("pipe", source);
  if (target.writableNeedDrain === true) pause();
  else if (!state.flowing) source.resume();
  return target;
}

function unpipe(source, target) {
  const state = source._readableState;
  if (state.pipes.length === 0) return source;
  if (target === undefined) {
    const targets = state.pipes;
    state.pipes = [];
    source.pause();
    for (const one of targets) one.emit("unpipe", source, { hasUnpiped: false });
    return source;
  }
  const index = state.pipes.indexOf(target);
  if (index === -1) return source;
  state.pipes.splice(index, 1);
  if (state.pipes.length === 0) source.pause();
  target.emit("unpipe", source, { hasUnpiped: false });
  return source;
}

exports.pipe = pipe;
exports.unpipe = unpipe;
