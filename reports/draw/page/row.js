// A row in words to paste elsewhere: its figures as Markdown, and the command that profiles it.
let profiles = null; // by row of the heat map: the parts of its name as expressions, GOMAXPROCS, package

// visible returns the columns that are ticked.
const visible = () => columnNames().map((name, col) => ({ name, col }))
	.filter(({ col }) => !ticked || ticked[col]);

// rowMarkdown has the row in the unit and with the columns that the page shows.
function rowMarkdown(tr) {
	const escaped = (s) => s.replace(/[\\|*_`<>[\]]/g, "\\$&"), cols = visible();
	const unit = view.units[view.unit]?.caption ?? heat.caption.textContent;
	const cells = cols.map(({ col }) => {
		const [first, sub] = [...tr.cells[col + 1].childNodes].map((n) => n.textContent);
		return escaped(sub ? `${first} (${sub})` : first);
	});
	return [[`${titleOf(tr.cells[1]).trim()} (${unit})`, ...cols.map((c) => c.name)].map(escaped), ["---",
		...cols.map(() => "--:")], ["", ...cells]].map((line) => `| ${line.join(" | ")} |`).join("\n") + "\n";
}

// profileCommand is a command for a shell. \u0001 stands for the name of the column in an expression.
function profileCommand(tr) {
	const found = profiles?.[heatRows.indexOf(tr)], col = visible()[0];
	if (!found || !col) return "";
	const quote = (s) => `'${s.replaceAll("'", "'\\''")}'`;
	const [expression, cpu, pkg] = found;
	const bench = expression.replaceAll("\u0001", () => col.name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
	return `go test -run '^$' -bench ${quote(bench)}${cpu ? ` -cpu ${cpu}` : ""} -cpuprofile cpu.out ${quote(pkg)}` +
		" && go tool pprof -top cpu.out";
}

// copyable shows a text with a button. The text stays selectable, for browsers without a clipboard.
function copyable(label, text) {
	const button = make("button", "", label), pre = make("pre", "", text), part = make("div");
	button.type = "button";
	button.addEventListener("click", async () => {
		getSelection().selectAllChildren(pre);
		try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
		catch { button.textContent = "Selected: copy it"; }
	});
	part.append(button, pre);
	return part;
}

function openRow(tr) {
	const box = $("row"), close = make("button", "", "Close"), command = profileCommand(tr);
	close.type = "button";
	close.addEventListener("click", () => { markRow(null); saveState(); });
	const caption = make("figcaption", "", titleOf(tr.cells[1]));
	caption.append(close);
	box.replaceChildren(caption, copyable("Copy as Markdown", rowMarkdown(tr)));
	if (command) box.append(copyable("Copy the command that profiles it", command));
	box.hidden = false;
}

// markRow shows a row as the one that the address names; null shows none.
function markRow(tr) {
	for (const old of heatRows) old.classList.toggle("marked", old === tr);
	view.row = tr;
	if (tr) openRow(tr); else $("row").hidden = true;
}

async function watchRows() {
	profiles = await unpack("profiles");
	heat.addEventListener("click", (e) => {
		const tr = e.target.closest("th a")?.closest("tr[id]");
		if (!tr) return;
		e.preventDefault(); // the row is in view already
		markRow(tr);
		saveState();
		$("row").scrollIntoView({ block: "nearest" });
	});
}
