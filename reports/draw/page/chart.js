// Charts by uPlot, and the samples of a row in the order of the run.
const charts = new Map(); // from the element to { plot, chart }
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const hue = (line) => `--c${(line.col % 8) + 1}`;
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
let ticked = null; // the columns to show; null shows all

// The markers are the ones of .c1 to .c8 in page.css.
function marker(shape, u, series, i0, i1) {
	const path = new Path2D(), r = 3.6 * devicePixelRatio;
	const corners = [null, [[-1, -1], [1, -1], [1, 1], [-1, 1]], [[0, -1.2], [1.2, 1], [-1.2, 1]],
		[[0, -1.35], [1.35, 0], [0, 1.35], [-1.35, 0]]][shape % 4];
	for (let i = i0; i <= i1; i++) {
		const y = u.data[series][i];
		if (y === null || y === undefined) continue;
		const x = u.valToPos(u.data[0][i], "x", true), top = u.valToPos(y, "y", true);
		if (!corners) { path.moveTo(x + r, top); path.arc(x, top, r, 0, 2 * Math.PI); continue; }
		corners.forEach(([dx, dy], k) => path[k ? "lineTo" : "moveTo"](x + dx * r, top + dy * r));
		path.closePath();
	}
	return { stroke: path, fill: path };
}

// table aligns the lines at common x values, and divides by the best if relative is set, or by the old
// column if there is one: a change to more is then above 1 in every unit.
function table(chart, relative) {
	const xs = [...new Set(chart.lines.flatMap((l) => l.xs))].sort((a, b) => a - b);
	const at = (list, line, x) => { const i = line.xs.indexOf(x); return i < 0 ? null : list[i]; };
	const before = heat?.dataset.change && chart.lines.find((l) => l.col === 0);
	const best = (x) => {
		if (heat?.dataset.change) return before ? at(before.ys, before, x) : null;
		const ys = chart.lines.map((l) => at(l.ys, l, x)).filter((y) => y !== null);
		return chart.better > 0 ? Math.max(...ys) : Math.min(...ys);
	};
	const divided = (y, x) => (chart.better > 0 && !before ? best(x) / y : y / best(x));
	const column = (list, line) => xs.map((x) => {
		const y = at(list, line, x);
		return !relative || y === null ? y : y > 0 && best(x) > 0 ? divided(y, x) : null;
	});
	return [xs, ...chart.lines.flatMap((l) => [l.ys, l.lo, l.hi].map((list) => column(list, l)))];
}

// positive reports whether all values have a logarithm.
const positive = (rows) => rows.flat().every((v) => v === null || v > 0);
const wide = (values) => {
	const sizes = values.filter((v) => v !== null);
	return Math.min(...sizes) > 0 && Math.max(...sizes) / Math.min(...sizes) >= 8;
};

function seriesOf(chart, show) {
	// The columns of the legend.
	const says = (u, s, i) => {
		const at = (k) => (u.data && i !== null && i !== undefined ? show(u.data[k][i]) : "");
		const interval = () => at(s + 1) && `${at(s + 1)}–${at(s + 2)}`;
		return chart.single ? { value: at(s) } : { median: at(s), "95 %": interval() };
	};
	const edge = { class: "edge", width: 0, points: { show: false }, spanGaps: true, values: () => ({}) };
	return chart.lines.flatMap((line) => {
		const stroke = () => color(hue(line)), open = line.col % 8 > 3;
		const on = !ticked || (ticked[line.col] ?? true);
		return [{
			label: line.label, class: hue(line).slice(2), stroke, width: 2, spanGaps: true, show: on,
			dash: DASHES[line.col % 4],
			points: { show: true, width: 1.5, stroke, fill: () => color(open ? "--paper" : hue(line)),
				paths: (u, s, i0, i1) => marker(line.col, u, s, i0, i1) },
			values: says,
		}, { ...edge, show: on }, { ...edge, show: on }];
	});
}

// thin leaves out labels that would overlap.
function thin(u, splits, label) {
	let last = -Infinity;
	return splits.map((x) => {
		const at = u.valToPos(x, "x");
		if (at - last < 34) return "";
		last = at;
		return label(x);
	});
}

// decades returns the powers of ten in view, and 2 and 5 between them if they are few.
function decades(min, max) {
	const list = [];
	// With no column in view the scale begins at 0, which has no logarithm: the loop would not end.
	if (!(min > 0) || !Number.isFinite(max)) return list;
	for (let e = Math.floor(Math.log10(min)); 10 ** e <= max; e++) {
		list.push(...[1, 2, 5].map((d) => Number(`${d}e${e}`)));
	}
	const seen = list.filter((y) => y >= min && y <= max);
	const tens = seen.filter((y) => y.toExponential()[0] === "1");
	return tens.length < 3 ? seen : tens.filter((y, i) => i % Math.ceil(tens.length / 6) === 0);
}

function axes(chart, xs, show, logY) {
	const font = "12px system-ui, sans-serif";
	const common = { stroke: () => color("--quiet"), font, labelFont: font, labelGap: 0, labelSize: 20,
		grid: { stroke: () => color("--line"), width: 1 }, ticks: { show: false } };
	const label = (x) => (chart.ticks ? chart.ticks[x] || "" : measure(x, ""));
	const all = (u, splits) => splits;
	return [
		{ ...common, label: chart.x, size: 24, grid: { show: false }, filter: all,
			splits: (u, i, min, max) => xs.filter((x) => x >= min && x <= max),
			values: (u, splits) => thin(u, splits, label) },
		{ ...common, size: (u, values) => 14 + 7 * Math.max(3, ...(values || []).map((v) => (v || "").length)),
			values: (u, splits) => splits.map((y) => (y === null ? "" : show(y))),
			...(logY ? { splits: (u, i, min, max) => decades(min, max), filter: all } : {}) },
	];
}

// around adds room at both ends, unless the reader zoomed in.
function around(min, max, xs, log, pad) {
	if (min !== xs[0] || max !== xs[xs.length - 1]) return [min, max];
	const by = log ? Math.max(1.15, (max / min) ** 0.04) : pad || (max - min) * 0.05 || 1;
	return log ? [min / by, max * by] : [min - by, max + by];
}

// upright begins the axis at zero, unless it is logarithmic.
function upright(min, max, log) {
	if (log) return [min / 1.5, max * 1.5];
	return [Math.min(0, min * 1.08), max > 0 ? max * 1.08 : min < 0 ? 0 : 1];
}

function options(chart, rows, relative, width) {
	const xs = rows[0], show = relative ? times : (y) => measure(y, chart.symbol);
	const logX = chart.logX && xs[0] > 0, values = rows.slice(1);
	const logY = (relative ? wide(values.flat()) : chart.logY) && positive(values);
	return {
		width, height: 230, padding: [10, 12, 0, 0],
		scales: {
			x: { time: false, distr: logX ? 3 : 1, log: 2,
				range: (u, min, max) => around(min, max, xs, logX, chart.ticks ? 0.3 : 0) },
			y: { distr: logY ? 3 : 1, log: 10, range: (u, min, max) => upright(min, max, logY) },
		},
		axes: axes(chart, xs, show, logY),
		series: [{ label: chart.x }, ...seriesOf(chart, show)],
		bands: chart.lines.map((line, i) => ({ series: [3 * i + 3, 3 * i + 2], fill: () => color(hue(line)) + "2e" })),
		cursor: { points: { size: 9 }, drag: { x: true, y: false, dist: 4 } },
		legend: { markers: { show: true, width: 0, fill: () => "" } },
		hooks: { ready: [(u) => where(u, chart)], setLegend: [(u) => where(u, chart)] },
	};
}

// where names the x of the values in the legend: the last x, until the reader points at one.
function where(u, chart) {
	const i = u.legend.idx ?? null, last = u.data[0].length - 1;
	if (i === null && last >= 0) u.setLegend({ idx: last }, false);
	const x = u.data[0][i ?? last], cell = u.root.querySelector(".u-legend thead th");
	if (cell) cell.textContent = chart.ticks ? chart.ticks[x] : `${chart.x} ${measure(x, "")}`;
}

function plot(element, chart, relative) {
	const rows = table(chart, relative);
	const old = charts.get(element);
	if (old) old.plot.destroy();
	const made = new uPlot(options(chart, rows, relative, element.clientWidth || 300), rows, element);
	charts.set(element, { plot: made, chart });
}

function showLines(on) {
	ticked = on;
	for (const { plot, chart } of charts.values()) {
		chart.lines.forEach((line, i) => {
			for (const k of [1, 2, 3]) plot.setSeries(3 * i + k, { show: on[line.col] ?? true });
		});
	}
}

// openRun shows the samples of a row in run order, which alone shows drift and outliers.
async function openRun(td) {
	if (!$("raw-values")) return;
	view.raw ??= await unpack("raw-values");
	const row = heatRows.indexOf(td.parentNode), unit = view.raw[view.unit];
	const values = unit && unit.rows[row];
	if (!values || !values.some(Boolean)) return;
	const box = $("run"), area = make("div", "plot"), close = make("button", "", "Close");
	close.type = "button";
	close.addEventListener("click", () => { closeRun(); td.focus(); });
	const caption = make("figcaption", "", `${titleOf(td)}, ${unit.unit}: samples in the order of the run`);
	caption.append(close);
	closeRun();
	box.replaceChildren(caption, area);
	box.hidden = false;
	plot(area, runChart(values, unit.symbol), false);
	box.scrollIntoView({ block: "nearest" });
}

function closeRun() {
	const box = $("run");
	for (const [element, { plot }] of charts) {
		if (box.contains(element)) { plot.destroy(); charts.delete(element); }
	}
	box.hidden = true;
}

function runChart(values, symbol) {
	const names = columnNames(), none = (v) => v.map(() => null);
	const lines = values.flatMap((v, col) => (v ? [{ col, label: names[col], ys: v,
		xs: v.map((_, i) => i + 1), lo: none(v), hi: none(v) }] : []));
	return { x: "sample", symbol, single: true, lines, logY: wide(values.flat()) };
}

const columnNames = () => [...heat.tHead.rows[0].cells].slice(1).map((th) => th.textContent);
