// Looks at evidence in a real browser, from files, with the network off.
//
//	node test.mjs CHROMIUM MERMAID SCREENSHOTS BUNDLE...
//
// Each bundle's report.html must load without an error, ask for nothing, fit a
// phone, show what each verdict rests on, open its packets, be played, filtered and
// linked to, and be read without a script; each diagram of its report.md must be one
// for Mermaid itself.
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

const [chromium, mermaid, screenshots, ...bundles] = process.argv.slice(2);
const phone = { width: 390, height: 844, isMobile: true, hasTouch: true };
const desk = { width: 1280, height: 900 };
let checks = 0;

// open shows a bundle's page, and fails for whatever it complains of or asks for.
async function open(browser, file) {
	const page = await browser.newPage();
	const complaints = [];
	page.on("console", (m) => ["error", "warn"].includes(m.type()) && complaints.push(`console: ${m.text()}`));
	page.on("pageerror", (e) => complaints.push(`error: ${e.message}`));
	page.on("request", (r) => r.url().split("#")[0] !== file && complaints.push(`it asks for ${r.url()}`));
	await page.setOfflineMode(true);
	await page.setViewport(desk);
	await page.goto(file);
	return { page, complaints };
}

const text = (page, selector) => page.$eval(selector, (e) => e.textContent);

// verdicts chooses each verdict in turn: its events are highlighted, and no others.
async function verdicts(page, name) {
	await page.$$eval("details.run", (all) => all.forEach((d) => { d.open = true; }));
	const buttons = await page.$$(".claim button");
	for (const button of buttons) {
		await button.click();
		const { cited, lit, seen, pressed } = await button.evaluate((b) => {
			const rows = [...document.querySelectorAll(".row.hit")];
			const { top } = rows[0].getBoundingClientRect();
			return {
				cited: b.dataset.events.split(" "),
				lit: rows.flatMap((r) => r.dataset.n.split(" ")),
				seen: top >= 0 && top < innerHeight,
				pressed: document.querySelectorAll('[aria-pressed="true"]').length,
			};
		});
		for (const n of cited) assert.ok(lit.includes(n), `${name}: event ${n} is not highlighted`);
		assert.ok(seen, `${name}: the first event is not in sight`);
		assert.equal(pressed, 1);
		checks++;
	}
	if (buttons.length > 0) {
		await buttons.at(-1).click(); // again
		assert.equal(await page.$$eval(".hit", (e) => e.length), 0, `${name}: the highlight stays`);
	}
	return buttons.length;
}

const data = (page) => page.evaluate(() => JSON.parse(document.getElementById("data").textContent));

// packets opens the first packet with bytes, by mouse and by keyboard.
async function packets(page, name) {
	const { texts, packets } = await data(page);
	const n = Object.keys(packets).find((n) => packets[n].bytes && packets[n].fields.some((i) => texts[i] === "seq"));
	if (!n) return;
	const row = await page.$(`.row[data-n~="${n}"]`);
	await row.evaluate((r) => {
		for (let d = r.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
		r.scrollIntoView({ block: "center" });
	});
	await row.click();
	assert.match(await text(page, "#panel .packet dl"), /seq\d+ \(-?\d+ from the beginning\)/);
	const dump = await text(page, "#panel pre");
	const bytes = [...dump.matchAll(/^[0-9a-f]{4} {2}((?:[0-9a-f]{2} ?){1,16})/gm)].map((m) => m[1].replaceAll(" ", "")).join("");
	assert.equal(bytes, Buffer.from(packets[n].bytes, "base64").toString("hex"), `${name}: the dump is not the packet's bytes`);
	await copies(page, name, await row.evaluate((r) => r.id));
	await row.focus();
	await page.keyboard.press("Escape");
	assert.ok(await page.$eval("#panel", (p) => p.hidden), `${name}: Escape does not close`);
	const at = () => page.evaluate(() => document.activeElement.id);
	assert.equal(await at(), await row.evaluate((r) => r.id), `${name}: the focus is not back at the row`);
	await page.keyboard.press("ArrowUp");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowDown");
	assert.notEqual(await at(), await row.evaluate((r) => r.id), `${name}: the arrow key does not move`);
	assert.ok(!await page.$eval("#panel", (p) => p.hidden), `${name}: the event moved to is not shown`);
	checks++;
}

// copies takes a link and a filter, and follows the link.
async function copies(page, name, id) {
	const buttons = await page.$$("#panel .copy");
	assert.equal(buttons.length, 2, `${name}: a packet has no link, or no filter`);
	const taken = [];
	for (const button of buttons) {
		await button.click();
		taken.push(await page.evaluate(() => navigator.clipboard.readText()));
	}
	assert.equal(taken[0].split("#")[1], id, `${name}: the link is ${taken[0]}`);
	assert.match(taken[1], /^(ip|ipv6)\.src == \S+ && tcp\.srcport == \d+ && .* && tcp\.seq_raw == \d+ && tcp\.flags == 0x\d+/);
	await page.evaluate(() => { location.hash = "#e0"; });
	await page.evaluate((hash) => { location.hash = hash; }, "#" + id);
	await page.waitForSelector(`#${id}.now`);
	checks++;
}

// plays steps through the first ladder: after each step the header, the panel and the
// diagram show the states that the journal has at that event.
async function plays(page, name) {
	await page.evaluate(() => { location.hash = ""; });
	await page.reload();
	const { runs } = await data(page);
	const first = runs.findIndex((r) => r.rows.length > 0);
	await page.$$eval("details.run", (all, i) => { if (all[i]) all[i].open = true; }, first);
	await page.mouse.move(0, 0);
	const states = {};
	for (const [i, row] of runs[first].rows.slice(0, 40).entries()) {
		await page.keyboard.press("ArrowRight");
		for (const s of row.set ?? []) states[s.socket] = s.to;
		const seen = await page.evaluate(() => ({
			at: document.querySelectorAll(".row.now").length, shown: document.querySelector(".row.now").checkVisibility(),
			head: document.querySelector(".row.now").closest(".ladder").querySelector(".hosts").textContent, facts: document.querySelector("#panel .event dl").textContent,
			lit: document.querySelectorAll(".machine g.l, .machine g.r").length,
		}));
		assert.ok(seen.at === 1 && seen.shown, `${name}: step ${i} shows no row`);
		const known = row.ends.filter((id) => states[id]);
		for (const id of known) {
			assert.ok(seen.head.includes(`${id} ${states[id]}`), `${name}: at step ${i} the header says ${seen.head}; want ${id} ${states[id]}`);
			assert.ok(seen.facts.includes(states[id]), `${name}: at step ${i} the panel says ${seen.facts}`);
		}
		assert.equal(seen.lit > 0, known.length > 0, `${name}: the diagram at step ${i}`);
	}
	const at = await page.$eval(".row.now", (r) => r.id);
	await page.keyboard.press("ArrowLeft");
	assert.notEqual(await page.$eval(".row.now", (r) => r.id), at, `${name}: the left arrow does not go back`);
	await page.keyboard.press("Space");
	await page.waitForSelector('button[aria-label="Pause (space)"]');
	await page.keyboard.press("Space");
	await page.waitForSelector('button[aria-label="Pause (space)"]', { hidden: true });
	checks++;
	await filters(page, name, runs[first]);
}

// filters leaves rows by kind, socket, search and citation.
async function filters(page, name, run) {
	const ladder = (await page.$$("section")).at(await page.$$eval("section", (all) => all.findIndex((s) => s.querySelector(".row"))));
	const left = () => ladder.$$eval(".row", (rows) => rows.flatMap((r, i) => (r.hidden || !r.checkVisibility() ? [] : [i])));
	const where = (ok) => run.rows.flatMap((r, i) => (ok(r) ? [i] : []));
	await ladder.$eval(".filter", (f) => { f.open = true; });
	const boxes = await ladder.$$('.filter input[type="checkbox"]');
	for (const box of boxes.slice(1, 4)) await box.click();
	assert.deepEqual(await left(), where((r) => r.kind === "packet"), `${name}: packets alone`);
	for (const box of boxes.slice(1)) await box.click();
	assert.deepEqual(await left(), where((r) => r.cited), `${name}: what claims cite`);
	await boxes[4].click();
	const socket = run.sockets.find((s) => run.rows.some((r) => r.ends.includes(s.id)))?.id;
	if (socket) {
		await (await ladder.$(".filter select")).select(socket);
		assert.deepEqual(await left(), where((r) => r.ends.includes(socket)), `${name}: ${socket} alone`);
		await (await ladder.$(".filter select")).select("");
	}
	const search = await ladder.$('input[type="search"]');
	await search.type("no such text");
	assert.deepEqual(await left(), [], `${name}: a search for what is not there`);
	await search.evaluate((s) => { s.value = ""; s.dispatchEvent(new Event("input")); });
	await (await ladder.$(".filter button")).click();
	assert.equal((await left()).length, run.rows.length, `${name}: to scale, a row is hidden`);
	await (await ladder.$(".filter button")).click();
	checks++;
}

// drawn checks the picture: no line runs through a text, the header stays, and both hosts
// are in sight.
async function drawn(page, name, size) {
	await page.$$eval("details", (all) => all.forEach((d) => { d.open = true; }));
	const faults = await page.evaluate(() => {
		const faults = [];
		for (const row of document.querySelectorAll(".row")) {
			const text = row.querySelector(".say").getBoundingClientRect(), line = row.querySelector(".line")?.getBoundingClientRect();
			if (line && text.bottom > line.top + 1) faults.push(`${row.id}: the line runs through the text`);
			if (text.right > innerWidth || text.left < 0) faults.push(`${row.id} is out of sight`);
		}
		for (const ladder of document.querySelectorAll(".ladder")) {
			const rows = ladder.querySelectorAll(".row");
			rows[rows.length - 1].scrollIntoView({ block: "center" });
			const head = ladder.querySelector(".hosts").getBoundingClientRect(), b = ladder.querySelector(".host.b").getBoundingClientRect();
			if (head.top < 0 || head.bottom > innerHeight) faults.push("the header is out of sight");
			if (b.right > innerWidth) faults.push("host b is out of sight");
		}
		return faults;
	});
	assert.deepEqual(faults, [], `${name} on a ${size}`);
}

// named: what can be chosen has a name for who cannot see it.
async function named(page, name) {
	const all = (node) => [node, ...(node.children ?? []).flatMap(all)];
	const controls = all(await page.accessibility.snapshot());
	assert.ok(controls.length > 10, `${name}: no controls`);
	const nameless = controls.filter((c) => ["button", "checkbox", "slider", "combobox", "searchbox", "link", "image"].includes(c.role) && !c.name);
	assert.deepEqual(nameless, [], `${name}: without a name`);
}

// unscripted: without a script the ladder and the claims are there.
async function unscripted(browser, file, name) {
	const page = await browser.newPage();
	await page.setJavaScriptEnabled(false);
	await page.goto(file);
	const session = await page.createCDPSession();
	const { root } = await session.send("DOM.getDocument", { depth: 0 });
	const count = async (selector) => (await session.send("DOM.querySelectorAll", { nodeId: root.nodeId, selector })).nodeIds.length;
	assert.ok(await count(".row") > 0 && await count(".say") >= await count(".row"), `${name}: no row without a script`);
	assert.equal(await count(".tools"), 0, `${name}: controls that do nothing`);
	await page.close();
}

// fits takes pictures, and checks that nothing but tables scrolls sideways.
async function fits(page, name) {
	for (const [size, viewport] of Object.entries({ desk, phone })) {
		await page.setViewport(viewport);
		await page.reload();
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		assert.ok(wide <= 0, `${name}: ${wide} pixels too wide on a ${size}`);
		for (const scheme of ["light", "dark"]) {
			await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
			await page.screenshot({ path: join(screenshots, `${name}-${size}-${scheme}.png`) });
		}
		await drawn(page, name, size);
		checks++;
	}
	await page.setViewport(desk);
	await page.reload();
	// On paper no row is cut, and nothing is there that can only be chosen.
	await page.emulateMediaType("print");
	assert.ok(await page.$$eval(".row", (rows) => rows.every((r) => getComputedStyle(r).breakInside === "avoid")), `${name}: a row may be cut`);
	assert.ok(await page.$$eval(".tools, #panel", (all) => all.every((e) => !e.checkVisibility())), `${name}: controls on paper`);
	await page.emulateMediaType(null);
	assert.ok((await page.pdf({ path: join(screenshots, `${name}.pdf`), format: "A4" })).length > 1000);
}

// diagrams lets Mermaid parse and draw what report.md has.
async function diagrams(browser, bundle, name) {
	const story = await readFile(join(bundle, "report.md"), "utf8");
	const all = [...story.matchAll(/^```mermaid\n(.*?)^```$/gms)].map((m) => m[1]);
	assert.ok(all.length > 0, `${name}: no diagram`);
	const page = await browser.newPage();
	await page.setOfflineMode(true);
	await page.setContent("<div></div>");
	await page.addScriptTag({ content: await readFile(mermaid, "utf8") });
	for (const diagram of all) {
		const rows = await page.evaluate(async (source) => {
			mermaid.initialize({ startOnLoad: false, maxTextSize: 50000, securityLevel: "strict" });
			await mermaid.parse(source);
			document.querySelector("div").innerHTML = (await mermaid.render("d" + Date.now(), source)).svg;
			return document.querySelectorAll(".messageText, .noteText").length;
		}, diagram);
		assert.ok(rows >= diagram.split("\n").filter((l) => /->>|-x|^Note/.test(l)).length, `${name}: Mermaid draws ${rows} rows`);
		checks++;
	}
	await page.close();
}

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox"] });
await browser.defaultBrowserContext().overridePermissions("file:///", ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]).catch(() => {});
try {
	for (const bundle of bundles) {
		const name = basename(bundle);
		const file = pathToFileURL(resolve(bundle, "report.html")).href;
		const { page, complaints } = await open(browser, file);
		const claims = await verdicts(page, name);
		await packets(page, name);
		await plays(page, name);
		await named(page, name);
		await fits(page, name);
		await unscripted(browser, file, name);
		assert.deepEqual(complaints, [], name);
		await page.close();
		await diagrams(browser, bundle, name);
		console.log(`${name}: ${claims} verdicts show their events`);
	}
} finally {
	await browser.close();
}
console.log(`${checks} passed, 0 failed`);
