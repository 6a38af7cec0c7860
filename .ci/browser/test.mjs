// Looks at evidence in a real browser, from files, with the network off.
//
//	node test.mjs CHROMIUM MERMAID SCREENSHOTS BUNDLE...
//
// Each bundle's report.html must load without an error, ask for nothing, fit a
// phone, show what each verdict rests on, and open its packets; each diagram of its
// report.md must be one for Mermaid itself.
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
	page.on("request", (r) => r.url() !== file && complaints.push(`it asks for ${r.url()}`));
	await page.setOfflineMode(true);
	await page.setViewport(desk);
	await page.goto(file);
	return { page, complaints };
}

const text = (page, selector) => page.$eval(selector, (e) => e.textContent);

// verdicts chooses each verdict in turn: its events are highlighted, and no others.
async function verdicts(page, name) {
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

// packets opens the first packet with bytes, by mouse and by keyboard.
async function packets(page, name) {
	const n = await page.evaluate(() => {
		const { texts, packets } = JSON.parse(document.getElementById("packets").textContent);
		return Object.keys(packets).find((n) => packets[n].bytes && packets[n].fields.some((i) => texts[i] === "seq"));
	});
	if (!n) return;
	const row = await page.$(`.row[data-n~="${n}"]`);
	await row.evaluate((r) => r.scrollIntoView({ block: "center" }));
	await row.click();
	assert.match(await text(page, "#panel dl"), /seq\d+ \(\d+ from the beginning\)/);
	const dump = await text(page, "#panel pre");
	const bytes = [...dump.matchAll(/^[0-9a-f]{4} {2}((?:[0-9a-f]{2} ?){1,16})/gm)].map((m) => m[1].replaceAll(" ", "")).join("");
	const known = await page.evaluate((n) => JSON.parse(document.getElementById("packets").textContent).packets[n].bytes, n);
	assert.equal(bytes, Buffer.from(known, "base64").toString("hex"), `${name}: the dump is not the packet's bytes`);
	await page.keyboard.press("Escape");
	assert.ok(await page.$eval("#panel", (p) => p.hidden), `${name}: Escape does not close`);
	const at = () => page.evaluate(() => document.activeElement.dataset.n);
	assert.equal(await at(), await row.evaluate((r) => r.dataset.n), `${name}: the focus is not back at the row`);
	await page.keyboard.press("ArrowDown");
	assert.notEqual(await at(), await row.evaluate((r) => r.dataset.n), `${name}: the arrow key does not move`);
	await page.keyboard.press("Enter");
	assert.ok(!await page.$eval("#panel", (p) => p.hidden), `${name}: Enter does not open`);
	await page.keyboard.press("Escape");
	checks++;
}

// fits takes pictures, and checks that nothing but the ladder and tables scrolls sideways.
async function fits(page, name) {
	for (const [size, viewport] of Object.entries({ desk, phone })) {
		await page.setViewport(viewport);
		await page.evaluate(() => scrollTo(0, 0));
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		assert.ok(wide <= 0, `${name}: ${wide} pixels too wide on a ${size}`);
		for (const scheme of ["light", "dark"]) {
			await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
			await page.screenshot({ path: join(screenshots, `${name}-${size}-${scheme}.png`), fullPage: size === "desk" });
		}
		checks++;
	}
	await page.setViewport(desk);
	// On paper no row is cut: a strip of the ladder moves to the next page as a whole.
	await page.emulateMediaType("print");
	const strips = await page.$$eval(".ladder svg", (all) => all.map((e) => [getComputedStyle(e).breakInside, e.getBoundingClientRect().height]));
	for (const [inside, height] of strips) assert.ok(inside === "avoid" && height < 600, `${name}: a strip may be cut: ${inside}, ${height} pixels`);
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
try {
	for (const bundle of bundles) {
		const name = basename(bundle);
		const { page, complaints } = await open(browser, pathToFileURL(resolve(bundle, "report.html")).href);
		const claims = await verdicts(page, name);
		await packets(page, name);
		await fits(page, name);
		assert.deepEqual(complaints, [], name);
		await page.close();
		await diagrams(browser, bundle, name);
		console.log(`${name}: ${claims} verdicts show their events`);
	}
} finally {
	await browser.close();
}
console.log(`${checks} passed, 0 failed`);
