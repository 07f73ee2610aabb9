// Charts, drawn by uPlot from the data of the block "charts", and the samples of a row in the order of the
// run.
const charts = new Map(); // from the element to { plot, data, relative }
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
let ticked = null; // which columns are shown; null means all

// markers are those of .c1 to .c8 in page.css.
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

// table puts lines that have their x each under one x, and divides by the best if asked to.
function table(chart, relative) {
  const xs = [...new Set(chart.lines.flatMap((l) => l.xs))].sort((a, b) => a - b);
  const at = (list, line, x) => { const i = line.xs.indexOf(x); return i < 0 ? null : list[i]; };
  const best = (x) => {
    const ys = chart.lines.map((l) => at(l.ys, l, x)).filter((y) => y !== null);
    return chart.better > 0 ? Math.max(...ys) : Math.min(...ys);
  };
  const scale = relative
    ? xs.map((x) => (chart.better > 0 ? (y) => (y > 0 ? best(x) / y : null) : (y) => (best(x) > 0 ? y / best(x) : null)))
    : xs.map(() => (y) => y);
  const column = (list, line) => xs.map((x, i) => { const y = at(list, line, x); return y === null ? null : scale[i](y); });
  return [xs, ...chart.lines.flatMap((l) => [l.ys, l.lo, l.hi].map((list) => column(list, l)))];
}

// positive keeps a logarithmic axis from what has no logarithm.
const positive = (rows) => rows.flat().every((v) => v === null || v > 0);

function seriesOf(chart, show) {
  const edge = { class: "edge", width: 0, points: { show: false }, spanGaps: true, values: () => ({ median: "", "95 %": "" }) };
  return chart.lines.flatMap((line) => {
    const name = `--c${(line.col % 8) + 1}`, stroke = () => color(name), open = line.col % 8 > 3;
    const on = !ticked || ticked[line.col];
    return [{
      label: line.label, class: `c${(line.col % 8) + 1}`, stroke, width: 2, spanGaps: true, show: on,
      dash: DASHES[line.col % 4],
      points: { show: true, width: 1.5, stroke, fill: () => (open ? color("--paper") : color(name)),
        paths: (u, s, i0, i1) => marker(line.col, u, s, i0, i1) },
      values: (u, s, i) => (!u.data || i === null || i === undefined ? { median: "", "95 %": "" }
        : { median: show(u.data[s][i]), "95 %": u.data[s + 1][i] === null ? "" : `${show(u.data[s + 1][i])}–${show(u.data[s + 2][i])}` }),
    }, { ...edge, show: on }, { ...edge, show: on }];
  });
}

// thin leaves out labels that would run into each other.
function thin(u, splits, label) {
  let last = -Infinity;
  return splits.map((x) => {
    const at = u.valToPos(x, "x");
    if (at - last < 34) return "";
    last = at;
    return label(x);
  });
}

// decades are the powers of ten in sight; with fewer than two, uPlot chooses.
function decades(min, max) {
  const list = [];
  for (let e = Math.ceil(Math.log10(min) - 1e-9); 10 ** e <= max * (1 + 1e-9); e++) list.push(Number("1e" + e));
  const every = Math.ceil(list.length / 6);
  return list.filter((y, i) => i % every === 0);
}

function axes(chart, xs, show, logY) {
  const common = { stroke: () => color("--quiet"), font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif",
    grid: { stroke: () => color("--line"), width: 1 }, ticks: { show: false }, labelGap: 0, labelSize: 20 };
  const label = (x) => (chart.ticks ? chart.ticks[x] || "" : measure(x, ""));
  return [
    { ...common, label: chart.x, size: 24, splits: (u, i, min, max) => xs.filter((x) => x >= min && x <= max),
      filter: (u, splits) => splits, values: (u, splits) => thin(u, splits, label), grid: { show: false } },
    { ...common, size: (u, values) => 14 + 7 * Math.max(3, ...(values || []).map((v) => (v || "").length)),
      values: (u, splits) => splits.map((y) => (y === null ? "" : show(y))),
      ...(logY ? { splits: (u, i, min, max) => decades(min, max), filter: (u, splits) => splits } : {}) },
  ];
}

// around keeps the first and the last point off the frame, unless the reader zoomed in.
function around(min, max, xs, log, pad) {
  if (min !== xs[0] || max !== xs[xs.length - 1]) return [min, max];
  const by = log ? Math.max(1.15, (max / min) ** 0.04) : pad || (max - min) * 0.05 || 1;
  return log ? [min / by, max * by] : [min - by, max + by];
}

function options(chart, rows, relative, width) {
  const xs = rows[0], show = relative ? times : (y) => measure(y, chart.symbol);
  const logX = chart.logX && xs[0] > 0, values = rows.slice(1);
  const all = values.flat().filter((v) => v !== null), top = Math.max(...all), low = Math.min(...all);
  const logY = (relative ? top / low >= 8 : chart.logY) && positive(values);
  return {
    width, height: 230, padding: [10, 12, 0, 0],
    scales: {
      x: { time: false, distr: logX ? 3 : 1, log: 2, range: (u, min, max) => around(min, max, xs, logX, chart.ticks ? 0.3 : 0) },
      y: { distr: logY ? 3 : 1, log: 10, range: (u, min, max) => (logY ? [min / 1.5, max * 1.5] : [Math.min(0, min), max > 0 ? max * 1.08 : 1]) },
    },
    axes: axes(chart, xs, show, logY),
    series: [{ label: chart.x }, ...seriesOf(chart, show)],
    bands: chart.lines.map((line, i) => ({ series: [3 * i + 3, 3 * i + 2], fill: () => color(`--c${(line.col % 8) + 1}`) + "2e" })),
    cursor: { points: { size: 9 }, drag: { x: true, y: false, dist: 4 } },
    legend: { markers: { show: true, width: 0, fill: () => "" } },
    hooks: { ready: [(u) => where(u, chart)], setLegend: [(u) => where(u, chart)] },
  };
}

// where says above the values of the legend which x they belong to: the last one, unless the reader points
// at another.
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
  const width = Math.max(220, element.clientWidth);
  charts.set(element, { plot: new uPlot(options(chart, rows, relative, width), rows, element), chart, relative });
}

function showLines(on) {
  ticked = on;
  for (const { plot, chart } of charts.values()) {
    chart.lines.forEach((line, i) => [1, 2, 3].forEach((k) => plot.setSeries(3 * i + k, { show: on[line.col] })));
  }
}

// openRun shows the samples of a row as they came: drift and outliers are seen there and nowhere else.
async function openRun(td) {
  if (!$("raw-values")) return;
  view.raw ??= await unpack("raw-values");
  const row = heatRows.indexOf(td.parentNode), unit = view.raw[view.unit];
  const values = unit && unit.rows[row];
  if (!values || !values.some(Boolean)) return;
  const box = $("run"), area = make("div", "plot"), close = make("button", "", "Close");
  close.type = "button";
  close.addEventListener("click", () => { box.hidden = true; charts.delete(area); td.focus(); });
  const caption = make("figcaption", "", `${headingOf(td.parentNode)} ${td.parentNode.cells[0].textContent}, ${$("unit").selectedOptions[0]?.textContent || ""}: samples in the order of the run`);
  caption.append(close);
  for (const element of charts.keys()) if (box.contains(element)) charts.delete(element);
  box.replaceChildren(caption, area);
  box.hidden = false;
  const names = columnNames();
  const lines = values.map((v, col) => v && { col, label: names[col], xs: v.map((_, i) => i + 1), ys: v, lo: v.map(() => null), hi: v.map(() => null) }).filter(Boolean);
  const all = lines.flatMap((l) => l.ys);
  plot(area, { x: "sample", y: "", symbol: unit.symbol, better: 0, logX: false, ticks: null, lines,
    logY: Math.min(...all) > 0 && Math.max(...all) / Math.min(...all) >= 8 }, false);
  box.scrollIntoView({ block: "nearest" });
}

const columnNames = () => [...heat.tHead.rows[0].cells].slice(1).map((th) => th.textContent);
