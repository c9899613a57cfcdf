//# start
// What the module's C library wants of its system. No files are open but the three of the console.
const $view = () => new DataView(memory.buffer);
const $BADF = 8;
const $INVAL = 28;
const $NOSYS = 52;
const $SPIPE = 70;

const $lines = ["", "", ""];
const $decoders = [1, 2, 3].map(() => new TextDecoder());

function $print(fd, bytes) {
  const isEmpty = $lines[fd] === "";
  const copy = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  const lines = ($lines[fd] + $decoders[fd].decode(copy, { stream: true })).split("\n");
  $lines[fd] = lines.pop();
  const print = fd === 2 ? console.error : console.log;
  for (const line of lines) print(line);
  if ($lines[fd] === "" || !isEmpty) return;
  // What has no end of line is printed when no more of it comes.
  setTimeout(() => {
    if ($lines[fd] !== "") print($lines[fd]);
    $lines[fd] = "";
  });
}

function $zeros(...pointers) {
  for (const pointer of pointers) $view().setUint32(pointer, 0, true);
  return 0;
}
//# args_get
  args_get: () => 0,
//# args_sizes_get
  args_sizes_get: (count, size) => $zeros(count, size),
//# environ_get
  environ_get: () => 0,
//# environ_sizes_get
  environ_sizes_get: (count, size) => $zeros(count, size),
//# clock_res_get
  clock_res_get(id, result) {
    if (id > 1) return $INVAL;
    $view().setBigUint64(result, id === 0 ? 1_000_000n : 1_000n, true);
    return 0;
  },
//# clock_time_get
  clock_time_get(id, precision, result) {
    if (id > 1) return $INVAL;
    const time = id === 0 ? BigInt(Date.now()) * 1_000_000n : BigInt(Math.round(performance.now() * 1e6));
    $view().setBigUint64(result, time, true);
    return 0;
  },
//# fd_close
  fd_close: (fd) => (fd < 3 ? 0 : $BADF),
//# fd_fdstat_get
  fd_fdstat_get(fd, result) {
    if (fd > 2) return $BADF;
    const view = $view();
    view.setUint8(result, 2); // a character device, so that lines are printed when they end
    view.setUint16(result + 2, 0, true);
    view.setBigUint64(result + 8, fd === 0 ? 2n : 64n, true); // the right to read or to write
    view.setBigUint64(result + 16, 0n, true);
    return 0;
  },
//# fd_read
  fd_read: (fd, vectors, count, read) => (fd === 0 ? $zeros(read) : $BADF),
//# fd_seek
  fd_seek: (fd) => (fd < 3 ? $SPIPE : $BADF),
//# fd_tell
  fd_tell: (fd) => (fd < 3 ? $SPIPE : $BADF),
//# fd_write
  fd_write(fd, vectors, count, written) {
    if (fd !== 1 && fd !== 2) return $BADF;
    const view = $view();
    let total = 0;
    for (let i = 0; i < count; i++) {
      const pointer = view.getUint32(vectors + 8 * i, true);
      const length = view.getUint32(vectors + 8 * i + 4, true);
      $print(fd, new Uint8Array(memory.buffer, pointer, length));
      total += length;
    }
    view.setUint32(written, total, true);
    return 0;
  },
//# poll_oneoff
  poll_oneoff: () => $NOSYS,
//# proc_exit
  proc_exit(code) {
    const error = new Error(`the module ended itself with exit code ${code}`);
    throw Object.assign(error, { code });
  },
//# random_get
  random_get(pointer, length) {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
    new Uint8Array(memory.buffer).set(bytes, pointer);
    return 0;
  },
//# sched_yield
  sched_yield: () => 0,
