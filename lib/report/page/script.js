"use strict";
// A verdict highlights its events; a row of the ladder opens what is known of it.
(() => {
	const { names, packets: known } = JSON.parse(document.getElementById("packets").textContent);
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

	document.querySelectorAll("button[data-events]").forEach((b) => b.addEventListener("click", () => {
		const was = b.getAttribute("aria-pressed") === "true";
		clear();
		if (!was) {
			b.setAttribute("aria-pressed", "true");
			highlight(b.dataset.events.split(" "));
		}
	}));

	function element(name, text) {
		const e = document.createElement(name);
		if (text !== undefined) e.textContent = text;
		return e;
	}

	// dump shows bytes as hexadecimal and as text, sixteen a line.
	function dump(hex) {
		const lines = [];
		for (let i = 0; i < hex.length; i += 32) {
			const bytes = hex.slice(i, i + 32).match(/../g);
			const text = bytes.map((b) => {
				const c = parseInt(b, 16);
				return c >= 32 && c < 127 ? String.fromCharCode(c) : ".";
			}).join("");
			lines.push((i / 2).toString(16).padStart(4, "0") + "  " + bytes.join(" ").padEnd(47) + "  " + text);
		}
		return lines.join("\n");
	}

	function open(row) {
		content.replaceChildren(element("h4", row.querySelector("title").textContent));
		const numbers = row.dataset.n.split(" ");
		const packet = [...numbers, row.dataset.of].map((n) => known[n]).find(Boolean);
		const parts = element("div");
		parts.className = "parts";
		const list = element("dl");
		const facts = [["events", numbers.map((n) => "#" + n).join(", ")], ["time", row.dataset.t + " ms"], ...(packet ? packet.fields.map(([name, value]) => [names[name], value]) : [])];
		for (const [name, value] of facts) list.append(element("dt", name), element("dd", value));
		parts.append(list);
		if (packet?.hex) parts.append(element("pre", dump(packet.hex)));
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
		rows[0]?.setAttribute("tabindex", "0");
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

	// A link to an event: report.html#e12.
	function follow() {
		const n = /^#e(\d+)$/.exec(location.hash)?.[1];
		if (n) { clear(); highlight([n]); }
	}
	addEventListener("hashchange", follow);
	follow();
})();
