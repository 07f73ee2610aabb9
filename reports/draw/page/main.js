// Parts without data stay as they are: large pages lack some, and old browsers cannot unpack any.
const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

// samplesCSV has one line for each single value.
async function samplesCSV() {
	view.raw ??= await unpack("raw-values");
	const names = columnNames(), lines = ["table,row,column,unit,sample,value"];
	for (const { unit, rows } of view.raw) {
		rows.forEach((row, r) => row?.forEach((values, col) => values?.forEach((value, i) => {
			const words = [headingOf(heatRows[r]), heatRows[r].cells[0].textContent, names[col], unit];
			lines.push([...words.map(quoted), i + 1, value].join(","));
		})));
	}
	return lines.join("\n") + "\n";
}

async function download() {
	const link = make("a");
	link.href = URL.createObjectURL(new Blob([await samplesCSV()], { type: "text/csv" }));
	link.download = "samples.csv";
	link.click();
	URL.revokeObjectURL(link.href);
}

function drawCharts(all) {
	const names = columnNames();
	const figures = [...document.querySelectorAll("figure[data-chart]")];
	for (const figure of figures) {
		const chart = all[Number(figure.dataset.chart)];
		for (const line of chart.lines) line.label = names[line.col] ?? line.name;
		figure.querySelector("details").open = false;
	}
	const relative = (figure) => figure.closest("section").querySelector("input[value=rel]").checked;
	const drawOne = (figure) => {
		seen.unobserve(figure);
		plot(figure.querySelector(".plot"), all[Number(figure.dataset.chart)], relative(figure));
	};
	// Charts out of sight are drawn later: forty take a moment.
	const seen = new IntersectionObserver((entries) => {
		for (const { isIntersecting, target } of entries) if (isIntersecting) drawOne(target);
	}, { rootMargin: "600px" });
	figures.forEach((figure) => seen.observe(figure));
	for (const radio of document.querySelectorAll(".controls input[name$=-face]")) {
		radio.addEventListener("change", () => radio.closest("section").querySelectorAll("figure").forEach(drawOne));
	}
	addEventListener("beforeprint", () => figures.forEach((figure) => {
		if (!charts.has(figure.querySelector(".plot"))) drawOne(figure);
	}));
}

function redraw() { for (const { plot } of charts.values()) plot.redraw(false); }

function watchTheme() {
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
	const printing = (on) => () => { document.documentElement.classList.toggle("printing", on); redraw(); };
	addEventListener("beforeprint", printing(true));
	addEventListener("afterprint", printing(false));
	addEventListener("resize", () => {
		for (const [element, { plot }] of charts) {
			if (element.clientWidth) plot.setSize({ width: element.clientWidth, height: plot.height });
		}
	});
}

// A link to a section whose content is folded opens the first fold of it: a reader does not follow a link to a
// heading in order to click once more.
function unfold() {
	const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
	const section = target && target.closest("section");
	const folds = section ? [...section.querySelectorAll(":scope > details")] : [];
	if (!folds.length || folds.some((fold) => fold.open)) return;
	folds[0].open = true;
	target.scrollIntoView();
}

// measureNav tells the heads of tables how much of the window the links above them take.
function measureNav() {
	const nav = document.querySelector("nav"), fixed = getComputedStyle(nav).position === "sticky";
	document.documentElement.style.setProperty("--nav", fixed ? nav.offsetHeight + "px" : "0px");
}

async function start() {
	const root = document.documentElement;
	view.units = [(await unpack("cells")) || [], (await unpack("cells-more")) || []].flat();
	root.classList.add("js");
	unfold();
	addEventListener("hashchange", unfold);
	measureNav();
	addEventListener("resize", measureNav);
	if (!heat) return;
	watchControls();
	watchCells();
	await watchRows();
	await watchChoices();
	watchState();
	const all = await unpack("charts");
	if (all) drawCharts(all);
	watchTheme();
	$("download")?.addEventListener("click", download);
	root.dataset.ready = "yes";
}
start();
