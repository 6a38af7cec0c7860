// Real clients of Node's: client.mjs LIBRARY METHOD-OR-HOW ADDRESS. Each makes requests, one after
// the other, logs what it takes for the replies, and exits with status 1 if the last one failed
// or, where they may not be made again, any.
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const requests = 4;
const pause = 50; // what has come since the last reply is known by then
const patience = 300;

const libraries = {
  // agent: Node's own http, with an agent that keeps connections.
  async agent(how, addr) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (i) => new Promise((resolve, reject) => {
      const q = http.request(`http://${addr}/user/${i}`, { agent, method: how, timeout: patience }, (r) => {
        let body = "";
        r.setEncoding("utf8").on("data", (d) => (body += d)).on("end", () => resolve(body)).on("error", reject);
      });
      q.on("timeout", () => q.destroy(new Error("timeout"))).on("error", reject).end();
    });
    return { ask, end: () => agent.destroy() };
  },
  async undici(how, addr) {
    const { Pool, RetryAgent, request } = await import("undici");
    const pool = new Pool(`http://${addr}`, { connections: 1 });
    const dispatcher = how === "retries" ? new RetryAgent(pool, { minTimeout: 10 }) : pool;
    const ask = async (i) => {
      const r = await request(`http://${addr}/user/${i}`, { dispatcher, method: how === "retries" ? "GET" : how, signal: AbortSignal.timeout(patience) });
      return r.body.text();
    };
    return { ask, end: () => pool.destroy() };
  },
  // fetch: Node's own.
  async fetch(how, addr) {
    const ask = async (i) => (await fetch(`http://${addr}/user/${i}`, { method: how, signal: AbortSignal.timeout(patience) })).text();
    return { ask, end() {} };
  },
  async ioredis(how, addr) {
    const { default: Redis } = await import("ioredis");
    const [host, port] = addr.split(":");
    const r = new Redis(port, host, { commandTimeout: patience, connectTimeout: patience, maxRetriesPerRequest: 2 });
    r.on("error", (e) => console.error(e.message));
    return { ask: (i) => r.get(`user:${i}`), end: () => r.disconnect(), name: (i) => `get user:${i}` };
  },
};

const [library, how, addr] = process.argv.slice(2);
const c = await libraries[library](how, addr);
const failed = [];
const alive = setInterval(() => {}, 1000); // timers of undici's keep no process alive
for (let i = 0; i < requests; i++) {
  let reply = "";
  try {
    reply = await c.ask(i);
  } catch (e) {
    console.error(e.cause ?? e);
    failed.push(i);
  }
  console.log((c.name?.(i) ?? `${how === "retries" ? "GET" : how} /user/${i}`) + "\t" + reply);
  await sleep(pause);
}
c.end();
clearInterval(alive);
process.exit((how === "POST" ? failed.length > 0 : failed.includes(requests - 1)) ? 1 : 0);
