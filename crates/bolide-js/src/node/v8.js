// node:v8
const { unavailable } = load("node/errors");
const WHY = "the engine is QuickJS; structuredClone copies values";
for (const name of ["serialize", "deserialize", "getHeapSnapshot", "writeHeapSnapshot", "takeCoverage", "stopCoverage"]) {
  exports[name] = { [name]() { throw unavailable(`v8.${name}`, WHY); } }[name];
}
exports.getHeapStatistics = () => {
  const { total, used, buffers } = native("heap").usage();
  return { total_heap_size: total, used_heap_size: used, total_available_size: native("process").system().freemem, heap_size_limit: native("process").system().totalmem, malloced_memory: total, external_memory: buffers };
};
