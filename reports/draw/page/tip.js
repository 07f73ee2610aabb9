// The tooltip of a cell. The heat map is one stop of the Tab key; arrow keys move in it.
const tip = $("tip");

function story(td) {
	const cell = view.units[view.unit].rows[heatRows.indexOf(td.parentNode)][td.cellIndex - 1];
	const lines = [];
	if (!cell) return [["", "not measured in this unit"]];
	if (!cell[N]) return [["mean", cell[ABS]], ...(cell[REL] === cell[ABS] ? [] : [["of ratios", `${cell[REL]} ${cell[INTERVAL]}`]])];
	lines.push(["median", `${cell[ABS]}${cell[N] > 1 ? ` of ${cell[N]} samples` : ", one sample"}`]);
	if (cell[LO] !== "–" && cell[LO] !== "−∞") lines.push(["95 %", `${cell[LO]} to ${cell[HI]}`]);
	if (cell[REL] !== cell[ABS]) {
		const interval = cell[INTERVAL] !== cell[ABS] && cell[INTERVAL] ? ` (95 %: ${cell[INTERVAL]})` : "";
		lines.push([heat.dataset.change ? "change" : "against best", cell[REL] + interval]);
	}
	if (cell[P]) lines.push(["p", `${cell[P]}, corrected for ${cell[TESTS]}`]);
	if (cell[WHY]) lines.push(["note", cell[WHY]]);
	return lines;
}

function showTip(td) {
	if (!view.units.length) return;
	const list = make("dl");
	for (const [term, text] of story(td)) list.append(make("dt", "", term), make("dd", "", text));
	const head = heat.tHead.rows[0].cells[td.cellIndex].firstElementChild.cloneNode(true);
	const title = make("b");
	title.append(head);
	tip.replaceChildren(title, make("div", "note", titleOf(td)), list);
	tip.hidden = false;
	td.setAttribute("aria-describedby", "tip");
	const box = td.getBoundingClientRect(), size = tip.getBoundingClientRect();
	const below = box.bottom + size.height + 8 < innerHeight;
	tip.style.left = Math.max(8, Math.min(box.left, innerWidth - size.width - 8)) + "px";
	tip.style.top = Math.max(8, below ? box.bottom + 6 : box.top - size.height - 6) + "px";
}

const hideTip = () => (tip.hidden = true);

// step returns the next visible cell in a direction.
function step(td, key) {
	const visible = heatRows.filter((tr) => !tr.hidden);
	const cells = (tr) => [...tr.cells].slice(1).filter((c) => !c.hidden);
	const row = visible.indexOf(td.parentNode), here = cells(td.parentNode), col = here.indexOf(td);
	switch (key) {
		case "ArrowLeft": return here[col - 1];
		case "ArrowRight": return here[col + 1];
		case "ArrowUp": return visible[row - 1] && cells(visible[row - 1])[col];
		case "ArrowDown": return visible[row + 1] && cells(visible[row + 1])[col];
	}
}

function moveTo(td) {
	for (const old of heat.querySelectorAll("td[tabindex]")) old.removeAttribute("tabindex");
	td.tabIndex = 0;
	td.focus();
}

function watchCells() {
	const cellOf = (e) => e.target.closest("tbody td");
	heat.addEventListener("pointerover", (e) => { const td = cellOf(e); if (td) showTip(td); });
	heat.addEventListener("pointerleave", hideTip);
	heat.addEventListener("focusin", (e) => { const td = cellOf(e); if (td) showTip(td); });
	heat.addEventListener("focusout", hideTip);
	// A move by keys may scroll the page: the tooltip then goes with its cell.
	addEventListener("scroll", () => {
		const td = document.activeElement?.closest("#heat tbody td"), at = td?.getBoundingClientRect();
		if (td && !tip.hidden && at.top >= 0 && at.bottom <= innerHeight) showTip(td); else hideTip();
	}, { passive: true });
	heat.addEventListener("click", (e) => { const td = cellOf(e); if (td) openRun(td); });
	heat.addEventListener("keydown", (e) => {
		const td = cellOf(e);
		if (!td) return;
		if (e.key === "Escape") hideTip();
		if (e.key === "Enter" || e.key === " ") { e.preventDefault(); openRun(td); }
		const next = step(td, e.key);
		if (next) { e.preventDefault(); moveTo(next); }
	});
	const first = heat.querySelector("tbody td");
	if (first) first.tabIndex = 0;
}
