// Starts what runs the tests: here, or in a worker.

// A worker cannot begin anew, but the page can, and the worker with it.
new BroadcastChannel("bolide").onmessage = () => location.reload();

// Of the worker as such: a script that cannot be loaded.
const failed = event => {
    const { message = "the worker cannot be started", filename, lineno } = event;
    const place = filename ? `\n    at ${filename}:${lineno}` : "";
    fetch("/bolide/broken", { method: "POST", body: message + place });
};

switch (new URLSearchParams(location.search).get("in")) {
    case "dedicated":
        new Worker("/run.mjs", { type: "module" }).onerror = failed;
        break;
    case "shared":
        // Another name is another worker.
        new SharedWorker(`/run.mjs?${crypto.randomUUID()}`, { type: "module" }).onerror = failed;
        break;
    default:
        await import("/run.mjs");
}
