// Starts what runs the tests: here, or in a worker.

// A worker cannot begin anew, but the page can, and the worker with it.
new BroadcastChannel("bolide").onmessage = () => location.reload();

const broken = body => fetch("/bolide/broken", { method: "POST", body });

// Of the worker as such: a script that cannot be loaded.
const failed = ({ message = "the worker cannot be started", filename, lineno }) =>
    broken(filename ? `${message}\n    at ${filename}:${lineno}` : message);

switch (new URLSearchParams(location.search).get("in")) {
    case "dedicated":
        new Worker("/run.mjs", { type: "module" }).onerror = failed;
        break;
    case "shared":
        // Another name is another worker.
        new SharedWorker(`/run.mjs?${crypto.randomUUID()}`, { type: "module" }).onerror = failed;
        break;
    default:
        import("/run.mjs").catch(error => broken(error.stack));
}
