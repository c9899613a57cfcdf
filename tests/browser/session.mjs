// One session of headless Chromium, driven by lines of JSON: each line of standard input is a step, and is answered
// by a line on standard output. The browser ends with standard input.
//
// usage: node session.mjs PLAYWRIGHT CHROMIUM     (the folder of playwright-core, the path of the browser)
//
// A step is an object with one key, the name of a function of `steps`; its value is the argument. The answer is
// `{"value": ...}` or `{"error": "..."}`.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const [playwright, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(resolve(playwright));

/** How long anything may take in the browser, in milliseconds. */
const TIMEOUT = 60_000;
/** How long to wait for what a build brings: it may wait for others. */
const BUILD_TIMEOUT = 300_000;

const browser = await chromium.launch({
  executablePath,
  timeout: TIMEOUT,
  // The sandbox of Chromium does not work for root, and /dev/shm may be small.
  args: [...(process.getuid() === 0 ? ["--no-sandbox"] : []), "--disable-dev-shm-usage", "--disable-gpu"],
});
const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
page.setDefaultTimeout(TIMEOUT);

/** What the page complained about since the last question. */
let complaints = [];
page.on("console", (message) => {
  if (["warning", "error", "assert"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
});
page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
page.on("requestfailed", (request) => {
  // What a page that goes away no longer wants has not failed.
  const why = request.failure()?.errorText;
  if (why !== "net::ERR_ABORTED") complaints.push(`request: ${request.url()}: ${why}`);
});

/** Evaluates an expression in the page, which may be a promise, as soon as the page is there. */
const evaluate = (expression) => page.evaluate(expression);

const steps = {
  /** Opens the URL. The value has the status and the headers of the answer. */
  async open(url) {
    const response = await page.goto(url, { waitUntil: "load" });
    return { status: response.status(), headers: response.headers() };
  },
  /** The value of an expression. */
  evaluate,
  /** Waits until an expression is true; reloads in between do not matter. */
  async until(expression) {
    const end = Date.now() + BUILD_TIMEOUT;
    let last;
    while (Date.now() < end) {
      try {
        last = await evaluate(expression);
        if (last) return last;
      } catch (error) {
        // The page went away under the question, or is not complete yet.
        last = error.message;
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    const text = await evaluate("document.body?.innerText").catch(() => "");
    throw new Error(`${expression} is ${JSON.stringify(last)} after ${BUILD_TIMEOUT} ms; the page says: ${text}`);
  },
  /** Replaces the text of a field. */
  fill: ([selector, text]) => page.fill(selector, text),
  click: (selector) => page.click(selector),
  /** Prefers "light" or "dark" from now on. */
  scheme: (colorScheme) => page.emulateMedia({ colorScheme }),
  /** Writes a picture of what is visible to the path. */
  screenshot: async (path) => void (await page.screenshot({ path, animations: "disabled" })),
  /** What the page complained about since the last time: warnings, errors, exceptions, requests that failed. */
  complaints() {
    const all = complaints;
    complaints = [];
    return all;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [[name, argument]] = Object.entries(JSON.parse(line));
  let answer;
  try {
    answer = { value: (await steps[name](argument)) ?? null };
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
