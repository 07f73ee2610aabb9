// The switches of needs and costs. Each choice has its answers in the page: they rest on tests.
let choices = null, answerRows = null; // the rows as the page has them without scripts

const needBoxes = () => [...$("choices").querySelectorAll("input[type=checkbox]")];
const chosenNeeds = () => needBoxes().reduce((bits, box, i) => bits | (box.checked ? 1 << i : 0), 0);
const chosenWeight = () => Number($("choices").querySelector("input:checked[type=radio]").value);

// setChoice sets the switches and shows the answers.
function setChoice(needs, weight) {
	needBoxes().forEach((box, i) => { box.checked = Boolean(needs & (1 << i)); });
	$("choices").querySelectorAll("input[type=radio]")[weight].checked = true;
	showChoice();
}

// rowOf makes a row of markup of this page, in which the template of the report has escaped all texts.
function rowOf(markup) {
	const holder = document.createElement("template");
	holder.innerHTML = markup;
	return holder.content.firstElementChild;
}

function showChoice() {
	const needs = chosenNeeds(), weight = chosenWeight();
	const asWritten = needs === choices.chosen && weight === choices.weight;
	const choice = (weight << choices.needs.length) + needs, requirement = choices.words[choice];
	const table = document.querySelector("table.answers"), body = table.tBodies[0];
	body.replaceChildren(...answerRows.map((row, i) => {
		const n = choices.lists[choice][i];
		return asWritten || n === undefined ? row : rowOf(choices.rows[n]);
	}));
	const words = $("requirement") ?? make("p", "note");
	if (!words.id) { words.id = "requirement"; table.after(words); }
	words.textContent = requirement && `(${requirement})`;
}

async function watchChoices() {
	choices = $("choices") && await unpack("choice-answers");
	if (!choices) { if ($("choices")) $("choices").hidden = true; return; }
	answerRows = [...document.querySelector("table.answers").tBodies[0].rows];
	setChoice(choices.chosen, choices.weight);
	$("choices").addEventListener("submit", (e) => e.preventDefault());
	$("choices").addEventListener("change", () => { showChoice(); saveState(); });
}

// The choice as a part of the address, only where it differs from the page as it was written.
function saveChoice(s) {
	if (!choices) return;
	const needs = choices.needs.filter((_, i) => chosenNeeds() & (1 << i));
	if (chosenNeeds() !== choices.chosen) s.set("require", needs.join(",") || "none");
	if (chosenWeight() !== choices.weight) s.set("weight", choices.weights[chosenWeight()]);
}

function loadChoice(s) {
	if (!choices) return;
	const wanted = s.get("require")?.split(","), weight = choices.weights.indexOf(s.get("weight"));
	const needs = wanted ? choices.needs.reduce((bits, n, i) => bits | (wanted.includes(n) ? 1 << i : 0), 0)
		: choices.chosen;
	setChoice(needs, weight < 0 ? choices.weight : weight);
}
