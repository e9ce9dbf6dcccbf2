// SPDX-License-Identifier: GPL-2.0-or-later
// Finds, sorts and groups the rows of a table: each row must have all words. The address keeps what was chosen, so that
// it can be sent as a link: #find=WORDS&sort=COLUMN&group=COLUMN, where -COLUMN sorts downwards.
"use strict";
for (const form of document.querySelectorAll("form.search")) {
	const input = form.querySelector("input"), output = form.querySelector("output");
	const table = document.getElementById(input.getAttribute("aria-controls")), body = table.tBodies[0];
	const rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
	const texts = rows.map((row) => row.textContent.toLowerCase());
	const place = new Map(rows.map((row, i) => [row, i]));
	const natural = new Intl.Collator("en", { numeric: true });
	const groups = document.createElement("select");
	let chosen = {};

	// What has no number comes last, up or down. The first column has the order of the page.
	const compare = (column, down) => (a, b) => {
		const sign = down ? -1 : 1;

		if (!column)
			return sign * (place.get(a) - place.get(b));
		const [x, y] = [a, b].map((row) => row.cells[column].textContent);
		if (!heads[column].classList.contains("r"))
			return sign * natural.compare(x, y);
		const [p, q] = [parseFloat(x), parseFloat(y)];
		return isNaN(p) || isNaN(q) ? isNaN(p) - isNaN(q) : sign * (p - q);
	};
	const column_of = (name) => heads.findIndex((head) => head.dataset.name === name);
	const find = () => {
		const words = (chosen.find ?? "").toLowerCase().split(/\s+/).filter(Boolean);
		let shown = 0;

		rows.forEach((row, i) => {
			row.hidden = !words.every((word) => texts[i].includes(word));
			shown += !row.hidden;
		});
		output.textContent = `${shown} of ${rows.length}`;
	};
	const arrange = () => {
		const down = chosen.sort?.startsWith("-") ?? false, sort = column_of(chosen.sort?.slice(down) ?? "");
		const group = column_of(chosen.group ?? ""), sorted = [...rows];
		let last = null;

		if (sort >= 0)
			sorted.sort(compare(sort, down));
		if (group >= 0)
			sorted.sort(compare(group, false));
		heads.forEach((head, i) => {
			if (i === sort)
				head.setAttribute("aria-sort", down ? "descending" : "ascending");
			else
				head.removeAttribute("aria-sort");
		});
		body.replaceChildren();
		for (const row of sorted) {
			if (group >= 0 && !row.hidden && row.cells[group].textContent !== last) {
				const head = document.createElement("tr"), cell = document.createElement("th");

				last = row.cells[group].textContent;
				cell.colSpan = heads.length;
				cell.textContent = last;
				head.className = "group";
				head.append(cell);
				body.append(head);
			}
			body.append(row);
		}
	};
	const show = () => {
		find();
		arrange();
	};
	const choose = (change) => {
		Object.assign(chosen, change);
		history.replaceState(null, "", "#" + new URLSearchParams(Object.entries(chosen).filter(([, value]) => value)));
		show();
	};
	const from_address = () => {
		chosen = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
		input.value = chosen.find ?? "";
		groups.value = column_of(chosen.group ?? "") < 0 ? "" : chosen.group;
		show();
	};

	heads.forEach((head) => {
		const button = document.createElement("button"), name = head.textContent;

		head.dataset.name = name;
		button.type = "button";
		button.textContent = name;
		button.addEventListener("click", () => choose({ sort: chosen.sort === name ? "-" + name : name }));
		head.replaceChildren(button);
	});
	const grouped = heads.filter((head) => "group" in head.dataset);
	if (grouped.length) {
		const label = document.createElement("label");

		groups.append(new Option("nothing", ""), ...grouped.map((head) => new Option(head.dataset.name)));
		groups.addEventListener("change", () => choose({ group: groups.value }));
		label.append("Group by ", groups);
		form.append(label);
	}
	form.hidden = false;
	form.addEventListener("submit", (event) => event.preventDefault());
	input.addEventListener("input", () => choose({ find: input.value }));
	addEventListener("hashchange", () => {
		if (/^#(find|sort|group)=/.test(location.hash))
			from_address();
	});
	addEventListener("keydown", (event) => {
		if (event.key === "/" && event.target.tagName !== "INPUT") {
			event.preventDefault();
			input.focus();
		} else if (event.key === "Escape" && event.target === input) {
			input.value = "";
			choose({ find: "" });
		}
	});
	from_address();
}
