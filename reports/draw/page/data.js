"use strict";
// The page is complete without scripts. They add charts, tooltips, a filter and other units; their data
// is compressed JSON in the page, written by htmldata.go.
const $ = (id) => document.getElementById(id);

// unpack returns the data of a block, or null if the page is too large for this block.
async function unpack(id) {
	const block = $(id);
	if (!block || typeof DecompressionStream === "undefined") return null;
	const bytes = Uint8Array.from(atob(block.textContent), (c) => c.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
	return JSON.parse(await new Response(stream).text());
}

// make builds an element. Text never becomes markup.
function make(tag, className, text) {
	const element = document.createElement(tag);
	if (className) element.className = className;
	if (text !== undefined) element.textContent = text;
	return element;
}

// measure formats a value of a chart: 12.3µs, 1.5KiB, 0.25.
function measure(value, symbol) {
	if (value === null || value === undefined || !Number.isFinite(value)) return "";
	const size = Math.abs(value);
	if (size === 0) return "0" + symbol;
	const digits = (v) => String(Number(v.toPrecision(3)));
	const binary = symbol.startsWith("B");
	// A count is written out: 1024 goroutines are not 1.02k.
	if (symbol === "" && Number.isInteger(value) && size < 1e7) return String(value);
	if (symbol === "" && size >= 0.001 && size < 1000) return digits(value);
	const steps = binary
		? [[2 ** 40, "Ti"], [2 ** 30, "Gi"], [2 ** 20, "Mi"], [1024, "Ki"], [1, ""]]
		: [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"]];
	const [unit, prefix] = steps.find(([unit]) => size >= unit * 0.9995) || steps[steps.length - 1];
	return digits(value / unit) + prefix + symbol;
}
const times = (ratio) => (ratio ? String(Number(ratio.toPrecision(3))) + "×" : "");
