// SPDX-License-Identifier: GPL-2.0-or-later
// Two runs that a reader picks: the page of their comparison where it is here, else the command that compares them. The
// address keeps them: #base=RUN&new=RUN.
"use strict";
(() => {
	const command = document.querySelector("pre code");
	const rows = [...document.querySelector("main table").tBodies[0]?.rows ?? []];
	const make = (tag, properties, ...children) => {
		const element = Object.assign(document.createElement(tag), properties);

		element.append(...children);
		return element;
	};
	const known = make("datalist", { id: "runs" });
	const field = (name) => make("input", { name, type: "text", autocomplete: "off", spellcheck: false });
	const base = field("base"), fresh = field("new"), output = make("output", {});
	const names = new Set(rows.flatMap((row) => [row.cells[0].textContent, row.cells[1].textContent]));
	const form = make("form", { className: "pair" }, make("label", {}, "Base run ", base),
		make("label", {}, "New run ", fresh), known);
	// What a shell takes as it is, and a browser as an address.
	const plain = (name) => /^[\w.:+-]+$/.test(name);
	const link = (name) => make("a", { href: `runs/${encodeURIComponent(name)}.html`, textContent: name });
	const show = () => {
		const chosen = [base.value.trim(), fresh.value.trim()], wrong = chosen.find((name) => name && !plain(name));
		const row = rows.find((one) => one.cells[1].textContent === chosen[0] && one.cells[0].textContent === chosen[1]);

		command.textContent = wrong !== undefined ? "zapbench compare runs/BASE.json.gz runs/NEW.json.gz" :
			`zapbench compare runs/${chosen[0] || "BASE"}.json.gz runs/${chosen[1] || "NEW"}.json.gz`;
		if (wrong !== undefined)
			output.replaceChildren("Not the name of a run: ", wrong);
		else if (row)
			output.replaceChildren(make("a", { href: row.querySelector("a").getAttribute("href"),
				textContent: "The comparison of these two runs is here" }));
		else
			output.replaceChildren(...chosen.every(Boolean) ?
				["This pair is not among those below: run the command. The runs: ", link(chosen[0]), ", ", link(chosen[1])] :
				["Choose two runs, here or in the chart of a series (Compare two runs)."]);
	};
	const read = () => {
		const address = new URLSearchParams(location.hash.slice(1));

		if (!address.has("base") && !address.has("new"))
			return;
		base.value = address.get("base") ?? "";
		fresh.value = address.get("new") ?? "";
	};

	for (const input of [base, fresh])
		input.setAttribute("list", "runs");
	known.append(...[...names].map((name) => make("option", { value: name })));
	command.parentElement.before(form);
	command.parentElement.after(make("p", {}, output));
	form.addEventListener("submit", (event) => event.preventDefault());
	form.addEventListener("input", () => {
		history.replaceState(null, "", "#" + new URLSearchParams({ base: base.value.trim(), new: fresh.value.trim() }));
		show();
	});
	window.addEventListener("hashchange", () => {
		read();
		show();
	});
	read();
	show();
})();
