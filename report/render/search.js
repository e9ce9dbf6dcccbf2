// SPDX-License-Identifier: GPL-2.0-or-later
// Filters the rows of a table: each row must have all words. The address keeps them, so that a search can be sent as a link.
"use strict";
for (const form of document.querySelectorAll("form.search")) {
	const input = form.querySelector("input");
	const rows = [...document.getElementById(input.getAttribute("aria-controls")).tBodies[0].rows];
	const texts = rows.map((row) => row.textContent.toLowerCase());
	const find = () => {
		const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
		let shown = 0;

		rows.forEach((row, i) => {
			row.hidden = !words.every((word) => texts[i].includes(word));
			shown += !row.hidden;
		});
		form.querySelector("output").textContent = `${shown} of ${rows.length}`;
	};
	const from_address = () => {
		input.value = new URLSearchParams(location.hash.slice(1)).get("find") ?? "";
		find();
	};

	form.hidden = false;
	form.addEventListener("submit", (event) => event.preventDefault());
	input.addEventListener("input", () => {
		history.replaceState(null, "", "#" + (input.value && new URLSearchParams({ find: input.value })));
		find();
	});
	addEventListener("hashchange", () => {
		if (location.hash.startsWith("#find="))
			from_address();
	});
	addEventListener("keydown", (event) => {
		if (event.key === "/" && event.target.tagName !== "INPUT") {
			event.preventDefault();
			input.focus();
		} else if (event.key === "Escape" && event.target === input) {
			input.value = "";
			input.dispatchEvent(new Event("input"));
		}
	});
	from_address();
}
