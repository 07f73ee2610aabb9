"use strict";
// The panel shows the state of all objects after one step. Everything else is in the page without scripts.
(() => {
	const $ = (id) => document.getElementById(id);
	const read = (id) => JSON.parse($(id).textContent) || [];
	const steps = read("steps-data"), objects = read("objects-data");
	document.documentElement.classList.add("js");
	let now = -1;

	const element = (tag, text, name) => {
		const e = document.createElement(tag);
		if (text !== undefined) e.textContent = text;
		if (name) e.className = name;
		return e;
	};

	// states returns the states of all objects after a step, as far as a step until then has changed them.
	const states = (at) => {
		const known = new Map();
		for (const s of steps.slice(0, at + 1)) for (const o of s.state || []) known.set(o.Object, o.Text);
		return known;
	};

	const source = (step) => {
		$("lines").replaceChildren();
		const line = step.line && $(step.line);
		if (!line) return;
		const pre = element("pre", undefined, "excerpt");
		const all = [...line.parentElement.querySelectorAll(".line")], at = all.indexOf(line);
		for (const l of all.slice(Math.max(0, at - 3), at + 4)) {
			const copy = l.cloneNode(true);
			copy.removeAttribute("id");
			copy.classList.toggle("here", l === line);
			pre.append(copy, "\n");
		}
		$("lines").append(pre);
	};

	const table = (step, at) => {
		const body = $("objects").tBodies[0], known = states(at);
		const changed = new Set((step.state || []).map((s) => s.Object));
		body.replaceChildren();
		for (const o of objects) {
			if (!known.has(o.ID)) continue;
			const row = element("tr", undefined, changed.has(o.ID) ? "changed" : "");
			const head = element("th", o.Name + (o.Kind ? ` (${o.Kind})` : ""));
			head.scope = "row";
			row.append(head, element("td", known.get(o.ID)));
			body.append(row);
		}
	};

	const list = (ids) => (ids.length > 1 ? "goroutines " : "goroutine ") + ids.join(", ");
	const notes = (step) => {
		const says = [...(step.blocks || [])];
		if (step.lost) says.unshift("The turn was lost before this step.");
		if ((step.frees || []).length) says.push(`${list(step.frees)} can go on again`);
		if ((step.ends || []).length) says.push(`${list(step.ends)} ended`);
		if ((step.after || []).length) says.push(`comes after step ${step.after.join(", ")}`);
		says.push((step.able || []).length ? `${list(step.able)} could have gone instead` : "no other goroutine could have gone");
		$("notes").replaceChildren(...says.map((s) => element("li", s)));
	};

	const said = (row) => [row.querySelector(".text"), row.querySelector("i")]
		.filter((e) => e).map((e) => e.textContent).join("  ");

	const show = (at, scroll) => {
		if (!steps.length) return;
		now = Math.max(0, Math.min(steps.length - 1, at));
		const step = steps[now];
		$("panel").hidden = false;
		document.documentElement.classList.add("walking");
		for (const e of document.querySelectorAll(".row.now, .arc.now")) e.classList.remove("now");
		const row = $("step-" + step.n);
		row.classList.add("now");
		for (const e of document.querySelectorAll(`.arc[data-to="${step.n}"]`)) e.classList.add("now");
		if (scroll) row.scrollIntoView({ block: "center" });
		$("now").replaceChildren(`Step ${step.n} of ${steps[steps.length - 1].n}, goroutine ${step.g}: `, element("code", said(row)));
		$("back").disabled = now === 0;
		$("on").disabled = now === steps.length - 1;
		source(step);
		table(step, now);
		notes(step);
	};

	const close = () => {
		$("panel").hidden = true;
		document.documentElement.classList.remove("walking");
		for (const e of document.querySelectorAll(".now")) e.classList.remove("now");
		now = -1;
	};

	$("back").addEventListener("click", () => show(now - 1, true));
	$("on").addEventListener("click", () => show(now + 1, true));
	$("close").addEventListener("click", close);
	if ($("walk")) $("walk").addEventListener("click", () => show(0, true));
	if ($("copy")) $("copy").addEventListener("click", async () => {
		try {
			await navigator.clipboard.writeText($("replay").textContent);
			$("copy").textContent = "Copied";
		} catch { // a file may not write there: then it is ready to be copied by hand
			getSelection().selectAllChildren($("replay"));
		}
	});
	document.addEventListener("keydown", (e) => {
		if (e.altKey || e.ctrlKey || e.metaKey || e.target.closest("pre, input")) return;
		if (e.key === "ArrowRight" || e.key === "j") show(now + 1, true);
		else if (e.key === "ArrowLeft" || e.key === "k") show(now < 0 ? 0 : now - 1, true);
		else if (e.key === "Escape") close();
		else return;
		e.preventDefault();
	});
	steps.forEach((step, at) => $("step-" + step.n).addEventListener("click", (e) => {
		if (!e.target.closest("a")) show(at, false);
	}));
	const linked = steps.findIndex((step) => location.hash === "#step-" + step.n);
	if (linked >= 0) show(linked, true);
	document.documentElement.dataset.ready = "yes";
})();
