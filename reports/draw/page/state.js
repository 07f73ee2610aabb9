// What the page shows, as the part of its address behind the #: a link shows what its sender saw.
// Columns and units stand there by name, so that the link holds for the page of the next run.
const option = () => $("unit").options[view.unit]?.text ?? "";
const boxes = () => [...$("columns").querySelectorAll("input")];

function saveState() {
	const s = new URLSearchParams(), names = columnNames();
	if (view.row) s.set("row", view.row.id);
	if (view.unit) s.set("unit", option());
	if (view.absolute) s.set("face", "abs");
	if ($("filter").value) s.set("rows", $("filter").value);
	boxes().forEach((box, col) => { if (!box.checked) s.append("hide", names[col]); });
	saveChoice(s);
	history.replaceState(null, "", s.size ? "#" + s : location.pathname + location.search);
	if (view.row) openRow(view.row); // in the unit and with the columns of now
}

// loadState does what the address says. A name that the page lacks changes nothing.
function loadState() {
	const hash = location.hash.slice(1);
	loadState.last = location.hash; // for tests: the state that the page shows
	if (hash.startsWith("r-")) markRow(heatRows.find((tr) => tr.id === hash) ?? null);
	if (!hash.includes("=")) return;
	const s = new URLSearchParams(hash), names = columnNames(), hidden = s.getAll("hide");
	const unit = [...$("unit").options].findIndex((o) => o.text === s.get("unit"));
	view.unit = Math.max(0, unit);
	$("unit").selectedIndex = view.unit;
	view.absolute = s.get("face") === "abs";
	for (const radio of $("face").querySelectorAll("input")) radio.checked = (radio.value === "abs") === view.absolute;
	$("filter").value = s.get("rows") ?? "";
	boxes().forEach((box, col) => { box.checked = !hidden.includes(names[col]); });
	loadChoice(s);
	if (view.units.length) draw(); else filter();
	columns();
	const tr = heatRows.find((row) => row.id && row.id === s.get("row")) ?? null;
	markRow(tr);
	tr?.scrollIntoView({ block: "center" });
}

function watchState() {
	loadState();
	addEventListener("hashchange", loadState);
	// After the listeners of the controls themselves, which stand on the inner elements.
	$("filter").form.addEventListener("input", saveState);
	$("filter").form.addEventListener("change", saveState);
}
