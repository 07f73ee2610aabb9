// The heat map: the unit and the face of its cells, and the rows and columns to show, also of the
// other tables.
const heat = $("heat");
const heatRows = heat ? [...heat.querySelectorAll("tbody tr:not(.group)")] : [];
const view = { unit: 0, absolute: false, units: [], raw: null, row: null };

// A cell of the data is an array; see cellData in htmldata.go.
const [CLASS, REL, INTERVAL, ABS, SPREAD, N, LO, HI, P, TESTS, WHY] = Array(11).keys();

function face(cell) {
	if (!cell) return ["none", "–", ""];
	return [cell[CLASS], ...(view.absolute ? [cell[ABS], cell[SPREAD]] : [cell[REL], cell[INTERVAL]])];
}

function draw() {
	const unit = view.units[view.unit];
	if (!unit) return;
	heat.caption.firstChild.textContent = unit.caption; // the parts that all rows share stand behind it
	heatRows.forEach((tr, r) => {
		unit.rows[r].forEach((cell, col) => {
			const td = tr.cells[col + 1];
			const [className, main, sub] = face(cell);
			td.className = className;
			td.textContent = main;
			if (sub) td.append(make("i", "", sub));
		});
		tr.dataset.empty = unit.rows[r].every((cell) => !cell) ? "yes" : "";
	});
	filter();
}

const headingOf = (tr) => tr.parentNode.querySelector(".group")?.textContent || "";
const titleOf = (td) => `${headingOf(td.parentNode)} ${td.parentNode.cells[0].textContent}`;

// filter hides rows that lack one of the words. A mean that includes hidden rows would mislead, so it
// is hidden with the first row of its group.
function filter() {
	const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
	let shown = 0, all = 0;
	document.querySelectorAll("table.heat").forEach((table) => {
		for (const body of table.tBodies) {
			const rows = [...body.rows].filter((tr) => !tr.matches(".group, .mean"));
			for (const tr of rows) {
				const text = (headingOf(tr) + " " + tr.cells[0].textContent).toLowerCase();
				tr.hidden = tr.dataset.empty === "yes" || !words.every((w) => text.includes(w));
			}
			const hidden = rows.filter((tr) => tr.hidden).length;
			for (const tr of body.querySelectorAll(".mean")) tr.hidden = hidden > 0;
			for (const tr of body.querySelectorAll(".group")) tr.hidden = hidden === rows.length;
			if (table === heat) [shown, all] = [shown + rows.length - hidden, all + rows.length];
		}
	});
	$("found").textContent = shown === all ? "" : `${shown} of ${all} rows`;
}

// columns hides the columns that are not ticked, in tables and charts.
function columns() {
	const ticked = [...$("columns").querySelectorAll("input")].map((box) => box.checked);
	document.querySelectorAll("table.heat").forEach((table) => {
		for (const tr of table.rows) {
			if (!tr.matches(".group")) ticked.forEach((on, col) => (tr.cells[col + 1].hidden = !on));
		}
	});
	document.documentElement.style.setProperty("--cols", Math.max(1, ticked.filter(Boolean).length));
	$("refer").hidden = ticked.every(Boolean);
	showLines(ticked);
}

function watchControls() {
	$("filter").addEventListener("input", filter);
	$("columns").addEventListener("change", columns);
	$("filter").form.addEventListener("submit", (e) => e.preventDefault());
	$("unit").addEventListener("change", (e) => { view.unit = Number(e.target.value); draw(); });
	$("face").addEventListener("change", (e) => { view.absolute = e.target.value === "abs"; draw(); });
}
