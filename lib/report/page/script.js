"use strict";
// A verdict highlights its events; a row of the ladder opens what is known of it.
(() => {
	const { texts, packets: known } = JSON.parse(document.getElementById("packets").textContent);
	const panel = document.getElementById("panel");
	const content = panel.querySelector("div");
	let opener = null;

	const rowsOf = (n) => document.querySelectorAll(`.row[data-n~="${CSS.escape(n)}"]`);

	function clear() {
		document.querySelectorAll(".hit").forEach((e) => e.classList.remove("hit"));
		document.querySelectorAll('[aria-pressed="true"]').forEach((e) => e.setAttribute("aria-pressed", "false"));
	}

	function highlight(numbers) {
		for (const n of numbers) {
			for (const row of rowsOf(n)) row.classList.add("hit");
		}
		document.querySelector(".row.hit")?.scrollIntoView({ block: "center", inline: "nearest" });
	}

	document.querySelectorAll("button[data-events]").forEach((b) => {
		b.setAttribute("aria-pressed", "false");
		b.addEventListener("click", () => {
			const was = b.getAttribute("aria-pressed") === "true";
			clear();
			if (!was) {
				b.setAttribute("aria-pressed", "true");
				highlight(b.dataset.events.split(" "));
			}
		});
	});

	function element(name, text) {
		const e = document.createElement(name);
		if (text !== undefined) e.textContent = text;
		return e;
	}

	// dump shows bytes, which come in base64, as hexadecimal and as text, sixteen a line.
	function dump(encoded) {
		const bytes = atob(encoded), lines = [];
		for (let i = 0; i < bytes.length; i += 16) {
			const line = bytes.slice(i, i + 16);
			const hex = [...line].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
			lines.push(i.toString(16).padStart(4, "0") + "  " + hex.padEnd(47) + "  " + line.replace(/[^ -~]/g, "."));
		}
		return lines.join("\n");
	}

	// factsOf are a packet's fields: names and values, which stand among the texts.
	function factsOf(packet) {
		const facts = [];
		for (let i = 0; i < packet.fields.length; i += 2) facts.push([texts[packet.fields[i]], texts[packet.fields[i + 1]]]);
		return facts;
	}

	function open(row) {
		content.replaceChildren(element("h4", (row.querySelector("title") ?? row.querySelector(".w")).textContent));
		const numbers = row.dataset.n.split(" ");
		const packet = [...numbers, row.dataset.of].map((n) => known[n]).find(Boolean);
		const parts = element("div");
		parts.className = "parts";
		const list = element("dl");
		const facts = [["events", numbers.map((n) => "#" + n).join(", ")], ["time", row.querySelector(".t").textContent + " ms"], ...(packet ? factsOf(packet) : [])];
		for (const [name, value] of facts) list.append(element("dt", name), element("dd", value));
		parts.append(list);
		if (packet?.bytes) parts.append(element("pre", dump(packet.bytes)));
		content.append(parts);
		panel.hidden = false;
		document.body.classList.add("open");
		opener = row;
	}

	function close() {
		panel.hidden = true;
		document.body.classList.remove("open");
		opener?.focus();
		opener = null;
	}

	panel.querySelector(".close").addEventListener("click", close);

	document.querySelectorAll(".ladder").forEach((ladder) => {
		const rows = [...ladder.querySelectorAll(".row")];
		rows.forEach((r, i) => { r.setAttribute("role", "button"); r.setAttribute("tabindex", i ? "-1" : "0"); });
		const go = (to) => {
			if (!to) return;
			rows.forEach((r) => r.setAttribute("tabindex", "-1"));
			to.setAttribute("tabindex", "0");
			to.focus();
			if (!panel.hidden) open(to);
		};
		ladder.addEventListener("click", (e) => {
			const row = e.target.closest(".row");
			if (row) { go(row); open(row); }
		});
		ladder.addEventListener("keydown", (e) => {
			const i = rows.indexOf(document.activeElement);
			const to = { ArrowDown: rows[i + 1], ArrowUp: rows[i - 1], Home: rows[0], End: rows[rows.length - 1] }[e.key];
			if (i >= 0 && to) { e.preventDefault(); go(to); }
			if (i >= 0 && (e.key === "Enter" || e.key === " ")) { e.preventDefault(); open(rows[i]); }
		});
	});

	document.addEventListener("keydown", (e) => {
		if (e.key !== "Escape") return;
		if (panel.hidden) clear(); else close();
	});

	// On paper nothing can be opened.
	addEventListener("beforeprint", () => {
		for (const d of document.querySelectorAll("details:not([open])")) {
			d.open = true;
			addEventListener("afterprint", () => { d.open = false; }, { once: true });
		}
	});

	// A link to an event: report.html#e12.
	function follow() {
		const n = /^#e(\d+)$/.exec(location.hash)?.[1];
		if (n) { clear(); highlight([n]); }
	}
	addEventListener("hashchange", follow);
	follow();
})();
