"use strict";
// The rows of the ladder are played, filtered and opened; a verdict shows its events.
// All that is shown comes from the page's data and its rows, as text: nothing is parsed as HTML.
(() => {
	const { texts, packets, runs } = JSON.parse(document.getElementById("data").textContent);
	const panel = document.getElementById("panel");
	const shown = panel.querySelector(".event");
	const inside = panel.querySelector(".packet");
	const wide = matchMedia("(min-width: 68rem)");

	function element(name, attributes = {}, ...children) {
		const e = document.createElement(name);
		for (const [key, value] of Object.entries(attributes)) {
			if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
			else if (value !== false) e.setAttribute(key, value === true ? "" : value);
		}
		e.append(...children);
		return e;
	}

	const listOf = (facts) => element("dl", {}, ...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
	const ms = (ns) => (ns / 1e6).toFixed(3) + " ms";

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

	// copier is a button that puts a text into the clipboard, or, where the browser forbids that, shows it selected.
	function copier(name, text) {
		const button = element("button", { type: "button", class: "copy", title: text() }, name);
		button.addEventListener("click", async () => {
			try {
				await navigator.clipboard.writeText(text());
				button.textContent = "Copied";
				setTimeout(() => { button.textContent = name; }, 1500);
			} catch {
				const code = element("code", { tabindex: "-1" }, text());
				button.replaceWith(code);
				getSelection().selectAllChildren(code);
			}
		});
		return button;
	}

	// The diagram of states: for each end, where it is and how it came there.
	const nodeOf = (state, from) => (state === "GONE" || state === "CLOSE" && from ? "END" : state);
	function light(ends) {
		panel.querySelectorAll(".machine .l, .machine .r").forEach((e) => !e.classList.contains("end") && e.classList.remove("l", "r"));
		["l", "r"].forEach((side, i) => {
			const end = ends[i];
			panel.querySelector(".end." + side).textContent = end ? `${end.socket} ${end.to}` : "";
			if (!end) return;
			const to = nodeOf(end.to, end.from);
			panel.querySelector(`[data-s="${CSS.escape(to)}"]`)?.classList.add(side);
			if (end.fresh) panel.querySelector(`[data-t="${CSS.escape(end.from + " " + to)}"]`)?.classList.add(side);
		});
	}

	// Ladder is one run: its rows, and which of them is the current one.
	class Ladder {
		constructor(section, known) {
			this.section = section;
			this.known = known;
			this.box = section.querySelector(".ladder");
			this.rows = this.box ? [...this.box.querySelectorAll(".row")] : [];
			this.at = -1;
			this.timer = 0;
			if (!this.rows.length) return;
			this.follow();
			this.controls();
			this.rows.forEach((row, i) => {
				row.setAttribute("role", "button");
				row.setAttribute("tabindex", i ? "-1" : "0");
			});
			this.box.querySelectorAll(".lanes").forEach((lanes) => lanes.setAttribute("aria-hidden", "true")); // the rows say it
			const rowAt = (e) => this.rows.indexOf(e.target.closest?.(".row"));
			this.box.addEventListener("click", (e) => { const i = rowAt(e); if (i >= 0) this.select(i, { focus: true }); });
			this.box.addEventListener("mouseover", (e) => { const i = rowAt(e); if (i >= 0) this.head(i); });
			this.box.addEventListener("mouseleave", () => this.head(this.at));
			this.head(-1);
		}

		// follow reads the states of all sockets off the rows, once.
		follow() {
			const states = {};
			this.states = this.known.rows.map((row) => {
				for (const id in states) if (states[id].fresh) states[id] = { ...states[id], fresh: false };
				for (const s of row.set ?? []) states[s.socket] = { ...s, fresh: true };
				return { ...states };
			});
		}

		controls() {
			const button = (text, name, onclick) => element("button", { type: "button", "aria-label": name, title: name, onclick }, text);
			this.play = button("▶", "Play (space)", () => this.toggle());
			this.slider = element("input", { type: "range", min: 0, max: this.rows.length - 1, value: 0, "aria-label": "Event", oninput: () => this.select(this.nearest(+this.slider.value)) });
			this.scale = element("button", { type: "button", "aria-pressed": "false", onclick: () => this.toScale() }, "Time to scale");
			this.socket = element("select", { "aria-label": "Socket", onchange: () => this.filter() }, element("option", { value: "" }, "all sockets"),
				...this.known.sockets.map((s) => element("option", { value: s.id }, s.id)));
			this.kinds = ["packet", "call", "state", "other"].map((kind) => element("input", { type: "checkbox", value: kind, checked: true, onchange: () => this.filter() }));
			this.cited = element("input", { type: "checkbox", onchange: () => this.filter() });
			this.search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search events", oninput: () => this.filter() });
			this.count = element("span", { class: "soft", role: "status" });
			const names = { packet: "packets", call: "calls", state: "states", other: "other" };
			const filter = element("details", { class: "filter", open: wide.matches }, element("summary", {}, "Filter and search ", this.count),
				element("div", { class: "tools", role: "group", "aria-label": "Filter" }, this.search, this.socket,
					...this.kinds.map((k) => element("label", {}, k, " ", names[k.value])), element("label", {}, this.cited, " claims only"), this.scale));
			const player = element("div", { class: "tools", role: "group", "aria-label": "Player" },
				button("◀", "Event before (left arrow)", () => this.step(-1)), this.play, button("▶|", "Next event (right arrow)", () => this.step(1)), this.slider);
			const hosts = this.box.querySelector(".hosts");
			const top = element("div", { class: "top" });
			hosts.replaceWith(top);
			top.append(player, hosts);
			this.box.before(filter);
		}

		// head shows, above the rows, the states at a row, and when it was.
		head(i) {
			const states = i < 0 ? {} : this.states[i];
			const ends = i < 0 ? [] : this.known.rows[i].ends;
			for (const right of [false, true]) {
				const host = this.box.querySelector(right ? ".host.b" : ".host.a");
				host.dataset.name ??= host.textContent;
				let sockets = this.known.sockets.filter((s) => s.right === right && states[s.id]);
				const most = wide.matches ? 2 : 1; // one line, of one height, whatever is pointed at
				if (sockets.length > most) { // those that live, the ends of this event first
					sockets = sockets.filter((s) => ends.includes(s.id) || !["GONE", "CLOSE"].includes(states[s.id].to));
					sockets.sort((x, y) => ends.includes(y.id) - ends.includes(x.id));
				}
				const chips = sockets.slice(0, most).map((s) => element("span", { class: `chip k${s.hue}${ends.includes(s.id) ? " on" : ""}` }, `${s.id} ${states[s.id].to}`));
				if (sockets.length > most) chips.push(` +${sockets.length - most}`);
				host.replaceChildren(...(chips.length ? [host.dataset.name.split(/[0-9 ]/)[0], ...chips] : [host.dataset.name]));
			}
			this.box.querySelector(".when").textContent = i < 0 ? "← → step, space plays" : this.when(i);
		}

		when(i) {
			const t = this.known.rows[i].t;
			return ms(t) + (i > 0 ? `, ${ms(t - this.known.rows[i - 1].t)} after the one before` : "");
		}

		select(i, { focus = false, quiet = false } = {}) {
			if (i < 0 || i >= this.rows.length) return;
			current = this;
			document.querySelectorAll(".row.now").forEach((r) => { r.classList.remove("now"); r.removeAttribute("aria-current"); });
			document.querySelectorAll(".dot").forEach((d) => d.remove());
			this.rows.forEach((r) => r.setAttribute("tabindex", "-1"));
			this.at = i;
			const row = this.rows[i];
			reveal(row);
			row.classList.add("now");
			row.setAttribute("aria-current", "step");
			row.setAttribute("tabindex", "0");
			this.slider.value = i;
			this.slider.setAttribute("aria-valuetext", row.querySelector(".say").textContent);
			const line = row.querySelector(".line");
			line?.append(element("span", { class: line.classList.contains("tl") || line.matches(".hr:not(.tr)") ? "dot back" : "dot" }));
			this.head(i);
			this.describe(i);
			if (focus) row.focus({ preventScroll: true });
			if (!quiet) row.scrollIntoView({ block: "nearest" });
		}

		// describe fills the panel: the event, both ends' states, the packet's fields and bytes.
		describe(i) {
			const row = this.rows[i], known = this.known.rows[i], states = this.states[i];
			const numbers = row.dataset.n.split(" ");
			const packet = [...numbers, row.dataset.of].map((n) => packets[n]).find(Boolean);
			const facts = [["events", numbers.map((n) => "#" + n).join(", ")], ["time", this.when(i)]];
			for (const id of known.ends) if (states[id]) facts.push([id, (states[id].fresh && states[id].from ? states[id].from + " → " : "") + states[id].to]);
			const fields = [];
			for (let k = 0; k < (packet?.fields.length ?? 0); k += 2) fields.push([texts[packet.fields[k]], texts[packet.fields[k + 1]]]);
			shown.replaceChildren(element("h4", {}, row.querySelector(".say").textContent), copier("Copy link", () => location.href.split("#")[0] + "#e" + numbers[0]));
			if (known.filter) shown.append(copier("Copy Wireshark filter", () => texts[known.filter]));
			shown.append(listOf(facts));
			inside.replaceChildren(...(fields.length ? [listOf(fields)] : []));
			if (packet?.bytes) inside.append(element("pre", { tabindex: "0", role: "region", "aria-label": "Bytes" }, dump(packet.bytes)));
			light(known.ends.map((id) => states[id]));
			place(this);
		}

		// step goes to the next row that the filter leaves.
		step(by) {
			let i = this.at < 0 && by > 0 ? 0 : this.at + by;
			while (i >= 0 && i < this.rows.length && this.rows[i].hidden) i += by;
			if (!this.rows[i]) return false;
			this.select(i, { focus: this.box.contains(document.activeElement) });
			return true;
		}

		// nearest is a row that the filter leaves.
		nearest(i) {
			const left = this.rows.flatMap((r, k) => (r.hidden ? [] : [k]));
			return left.reduce((best, k) => (Math.abs(k - i) < Math.abs(best - i) ? k : best), left[0] ?? -1);
		}

		toggle() {
			if (this.timer) return this.stop();
			if (this.at === this.rows.length - 1) this.at = -1;
			this.step(1);
			this.timer = setInterval(() => this.step(1) || this.stop(), 900);
			this.play.textContent = "❚❚";
			this.play.setAttribute("aria-label", "Pause (space)");
		}

		stop() {
			if (!this.timer) return;
			clearInterval(this.timer);
			this.timer = 0;
			this.play.textContent = "▶";
			this.play.setAttribute("aria-label", "Play (space)");
		}

		// toScale spaces the rows by time. The gaps that the page marks are cut, and look so.
		toScale() {
			const on = this.scale.getAttribute("aria-pressed") !== "true";
			this.scale.setAttribute("aria-pressed", on);
			const waits = this.known.rows.map((r, i) => (i && !this.gapBefore(i) ? r.t - this.known.rows[i - 1].t : 0));
			const all = waits.reduce((sum, t) => sum + t, 0);
			this.box.querySelectorAll(".fold").forEach((f) => { f.open = on; });
			this.rows.forEach((row, i) => row.style.setProperty("--wait", on && all ? (waits[i] / all * this.rows.length * 32).toFixed(1) + "px" : "0px"));
			this.count.textContent = on ? `1 ms is ${+(1e6 / all * this.rows.length * 32).toPrecision(2)} pixels; marked gaps are cut` : "";
		}

		gapBefore(i) {
			const row = this.rows[i], fold = row.closest(".fold");
			return row.querySelector(".gap") || fold?.querySelector(".row") === row && fold.querySelector("summary .gap");
		}

		filter() {
			const words = this.search.value.toLowerCase(), kinds = this.kinds.filter((k) => k.checked).map((k) => k.value);
			const all = !words && !this.socket.value && !this.cited.checked && kinds.length === this.kinds.length;
			let left = 0;
			this.rows.forEach((row, i) => {
				const known = this.known.rows[i];
				row.hidden = !(kinds.includes(known.kind) && (!this.socket.value || known.ends.includes(this.socket.value)) &&
					(!this.cited.checked || known.cited) && (!words || row.textContent.toLowerCase().includes(words)));
				if (!row.hidden) left++;
			});
			this.box.querySelectorAll(".fold").forEach((f) => {
				f.open = !all;
				f.hidden = !f.querySelector(".row:not([hidden])");
			});
			this.count.textContent = all ? "" : `${left} of ${this.rows.length} rows`;
		}
	}

	let current = null;

	// reveal shows an element, though a filter or a fold hides it.
	function reveal(e) {
		e.hidden = false;
		for (let d = e.closest("details"); d; d = d.parentElement.closest("details")) {
			d.open = true;
			d.hidden = false;
		}
	}

	// place shows the panel: beside the ladder where there is room, else at the bottom.
	function place(ladder) {
		if (wide.matches) ladder.section.querySelector(".side").prepend(panel);
		else document.body.append(panel);
		panel.hidden = false;
		document.body.classList.add("open");
	}

	function close() {
		panel.hidden = true;
		document.body.classList.remove("open");
		current?.rows[current.at]?.focus();
	}

	const ladders = [...document.querySelectorAll("section")].map((section, i) => new Ladder(section, runs[i]));
	if (ladders.length === 1 && ladders[0].rows.length) { // of several, the one that is opened
		current = ladders[0];
		shown.replaceChildren(element("p", { class: "soft" }, "Choose an event, or play: it is shown here, with both ends' states."));
		if (wide.matches) place(current);
	}
	document.querySelectorAll("details.run").forEach((d, i) => d.addEventListener("toggle", () => {
		if (d.open && ladders[i].rows.length) current = ladders[i];
	}));
	panel.querySelector(".close").addEventListener("click", close);

	const ladderOf = (e) => ladders.find((l) => l.section.contains(e)) ?? current;

	function clear() {
		document.querySelectorAll(".hit").forEach((e) => e.classList.remove("hit"));
		document.querySelectorAll(".citing").forEach((e) => e.classList.remove("citing"));
		document.querySelectorAll('[data-events][aria-pressed="true"]').forEach((e) => e.setAttribute("aria-pressed", "false"));
	}

	const rowsOf = (n) => [...document.querySelectorAll(`.row[data-n~="${CSS.escape(n)}"]`)];

	document.querySelectorAll("button[data-events]").forEach((b) => {
		b.setAttribute("aria-pressed", "false");
		b.addEventListener("click", () => {
			const was = b.getAttribute("aria-pressed") === "true";
			clear();
			if (was) return;
			b.setAttribute("aria-pressed", "true");
			for (const row of b.dataset.events.split(" ").flatMap(rowsOf)) {
				reveal(row);
				row.classList.add("hit");
			}
			ladderOf(b).box?.classList.add("citing");
			document.querySelector(".row.hit")?.scrollIntoView({ block: "center" });
		});
	});

	// What a key does in a control is the control's; but the arrows go on after a button was pressed,
	// and space plays after the slider was moved.
	const taken = (key, target) => target.closest('[type="search"], select, pre') ||
		(target.closest("button, summary, a, input") && !(target.type === "range" ? key === " " : key.startsWith("Arrow")));

	document.addEventListener("keydown", (e) => {
		if (e.ctrlKey || e.metaKey || e.altKey) return;
		if (e.key === "Escape") {
			current?.stop();
			return panel.hidden || document.querySelector(".hit") ? clear() : close();
		}
		const row = e.target.closest(".row"), ladder = row ? ladderOf(row) : current;
		if (!ladder || taken(e.key, e.target)) return;
		const focus = { focus: true };
		const act = {
			ArrowRight: () => ladder.step(1), ArrowLeft: () => ladder.step(-1), " ": () => ladder.toggle(),
			...(row && {
				ArrowDown: () => ladder.step(1), ArrowUp: () => ladder.step(-1), Enter: () => ladder.select(ladder.rows.indexOf(row), focus),
				Home: () => ladder.select(ladder.nearest(0), focus), End: () => ladder.select(ladder.nearest(ladder.rows.length - 1), focus),
			}),
		}[e.key];
		if (act) { e.preventDefault(); act(); }
	});

	// On paper nothing can be opened.
	addEventListener("beforeprint", () => {
		for (const d of document.querySelectorAll("details:not([open])")) {
			d.open = true;
			addEventListener("afterprint", () => { d.open = false; }, { once: true });
		}
	});

	// A link to an event, report.html#e12, or to a run, report.html#run3.
	function go() {
		const run = document.getElementById(location.hash.slice(1));
		if (run?.matches("section")) { reveal(run); run.parentElement.scrollIntoView(); current = ladderOf(run); }
		const row = rowsOf(/^#e(\d+)$/.exec(location.hash)?.[1] ?? "")[0];
		if (row) { const l = ladderOf(row); l.select(l.rows.indexOf(row), { focus: true, quiet: true }); row.scrollIntoView({ block: "center" }); }
	}
	addEventListener("hashchange", go);
	go();
})();
