// Now bring the page to life. What has no data stays as it is.
function csvField(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// download makes a file of the single values, one line for each.
async function download() {
  view.raw ??= await unpack("raw-values");
  const names = columnNames(), lines = ["table,row,column,unit,sample,value"];
  for (const unit of view.raw) {
    unit.rows.forEach((row, r) => (row || []).forEach((values, col) => (values || []).forEach((value, i) =>
      lines.push([headingOf(heatRows[r]), heatRows[r].cells[0].textContent, names[col], unit.unit, String(i + 1), String(value)].map(csvField).join(",")))));
  }
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
  link.download = "samples.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

function drawCharts(all) {
  const names = columnNames();
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  for (const figure of figures) {
    const chart = all[Number(figure.dataset.chart)];
    for (const line of chart.lines) line.label = names[line.col];
    figure.querySelector("details").open = false;
  }
  const drawOne = (figure, relative) => plot(figure.querySelector(".plot"), all[Number(figure.dataset.chart)], relative);
  // Those out of sight wait: forty charts take a moment.
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) { seen.unobserve(target); drawOne(target, relativeOf(target)); }
    }
  }, { rootMargin: "600px" });
  figures.forEach((figure) => seen.observe(figure));
  const relativeOf = (figure) => figure.closest("section").querySelector("input[value=rel]").checked;
  document.querySelectorAll(".controls input[name$=-face]").forEach((radio) => radio.addEventListener("change", () => {
    for (const figure of radio.closest("section").querySelectorAll("figure")) { seen.unobserve(figure); drawOne(figure, relativeOf(figure)); }
  }));
  addEventListener("beforeprint", () => figures.forEach((figure) => {
    if (!charts.has(figure.querySelector(".plot"))) drawOne(figure, relativeOf(figure));
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
      if (element.clientWidth > 0) plot.setSize({ width: Math.max(220, element.clientWidth), height: plot.height });
    }
  });
}

async function start() {
  const first = await unpack("cells");
  if (!first) return; // a browser without decompression: the tables stay as they are
  const root = document.documentElement;
  view.units = first.concat((await unpack("cells-more")) || []);
  root.classList.add("js");
  watchControls();
  watchCells();
  const all = await unpack("charts");
  if (all) drawCharts(all);
  watchTheme();
  if ($("download")) $("download").addEventListener("click", download);
  root.dataset.ready = "yes";
}
start();
