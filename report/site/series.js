// SPDX-License-Identifier: GPL-2.0-or-later
// The chart of a series, drawn by dygraphs: zoom, the run under the pointer, and a click that opens its page. The data
// are in a file beside the page. Without dygraphs this does nothing, and the plot in the page stands.
"use strict";
(() => {
	const recent = window.zapbench_recent, figures = document.querySelectorAll("figure");

	if (!recent || !recent.run.length || !window.Dygraph || !figures.length)
		return;
	const make = (tag, properties, ...children) => {
		const element = Object.assign(document.createElement(tag), properties);

		element.append(...children);
		return element;
	};
	const box = make("div", { className: "chart" }), output = make("output", {});
	const buttons = make("p", { className: "ranges" });
	let data, rows, graph, over = null, picked = null; // picked: runs to be compared, while they are chosen
	const help = () => {
		if (picked) {
			output.textContent = picked.length ? `Base: run ${picked[0]}. Now click the point of the new run.` :
				"Click the point of the base run, then that of the new run.";
			return;
		}
		output.textContent = `${recent.unit}. Drag to zoom, double-click to zoom out; click a point for its run.` +
			(over === null ? "" : ` Orange: ${over.name}.`);
	};

	// A bound that lies far out would press the line flat: it is cut at as much again as the values span.
	const take = (points) => {
		const least = Math.min(...points.value), most = Math.max(...points.value);
		const margin = most > least ? most - least : 0.05 * most;

		data = points;
		rows = points.time.map((time, i) => {
			const value = points.value[i];

			return [new Date(1000 * time), [Math.max(points.lower[i] ?? value, least - margin), value,
				Math.min(points.upper[i] ?? value, most + margin)]];
		});
	};
	// Another series has its own times: each row has a value of one of the two.
	const rows_of_both = () => over === null ? rows : [...rows.map(([time, value]) => [time, value, [null, null, null]]),
		...over.time.map((time, i) => {
			const value = over.value[i];

			return [new Date(1000 * time), [null, null, null], [over.lower[i] ?? value, value, over.upper[i] ?? value]];
		})].sort((a, b) => a[0] - b[0]);
	const place_of = (time) => rows.findIndex((row) => row[0].getTime() === time);
	const redraw = (more) => {
		const labels = ["date", "value"].concat(over === null ? [] : ["other"]);

		graph.updateOptions({ file: rows_of_both(), labels, ...more });
		annotate();
		help();
	};
	const figure = (value) =>
		value.toLocaleString("en", value < 1000 ? { maximumSignificantDigits: 4 } : { maximumFractionDigits: 0 });
	const say = (event, time, points) => {
		const i = place_of(time), value = data.value[i];

		if (i < 0) {
			const j = over?.time.findIndex((at) => 1000 * at === time) ?? -1;

			if (j >= 0)
				output.textContent = `${over.name}: ${over.date[j]}: ${figure(over.value[j])} ${data.unit}; run ${over.run[j]}`;
			return;
		}
		const interval = data.lower[i] === null ? "" : ` (${figure(data.lower[i])} to ${figure(data.upper[i])})`;

		output.textContent = `${data.date[i]}: ${figure(value)} ${data.unit}${interval}; run ${data.run[i]}; ` +
			`Linux ${data.kernels[data.kernel[i]]}; commit ${data.commits[data.commit[i]]}`;
	};
	const annotate = () => graph.setAnnotations(recent.changes.map((change) => ({
		series: "value", x: 1000 * change.time, shortText: String(change.number), text: change.text, width: 22, height: 20,
		cssClass: change.open ? "open" : "", tickHeight: 12,
	})));
	const window_of = (count) => {
		const from = rows[Math.max(0, rows.length - count)][0].getTime(), to = rows.at(-1)[0].getTime();
		const room = Math.max(0.02 * (to - from), 3600000);

		return [from - room, to + room];
	};
	const range = (count) => graph.updateOptions({ dateWindow: window_of(count) });
	const button = (name, action) =>
		buttons.append(make("button", { type: "button", textContent: name, onclick: action }), " ");
	const load_older = (event) => {
		const script = make("script", { src: recent.older });

		event.target.disabled = true;
		script.onload = () => {
			const older = window.zapbench_older, shift = (list, by) => list.map((i) => i + by);
			const all = { ...recent };

			for (const key of ["run", "date", "time", "value", "lower", "upper", "kernels", "commits"])
				all[key] = older[key].concat(recent[key]);
			all.kernel = older.kernel.concat(shift(recent.kernel, older.kernels.length));
			all.commit = older.commit.concat(shift(recent.commit, older.commits.length));
			take(all);
			redraw({ dateWindow: window_of(rows.length) });
		};
		document.head.append(script);
	};
	const overlay = (event) => {
		const other = recent.others[event.target.value], script = make("script", { src: other?.file ?? "" });

		over = null;
		if (!other) {
			redraw({});
			return;
		}
		// The file sets the same variable as that of this page.
		script.onload = () => {
			over = { ...window.zapbench_recent, name: other.name };
			redraw({});
		};
		document.head.append(script);
	};

	take(recent);
	figures[0].before(buttons, box, output);
	const pictures = make("details", {}, make("summary", { textContent: "The same as a picture" }));
	figures[0].before(pictures);
	pictures.append(...figures);
	for (const count of [30, 100])
		if (rows.length > count)
			button(`${count} runs`, () => range(count));
	button(`All ${rows.length} runs${recent.older ? " here" : ""}`, () => range(rows.length));
	if (recent.older)
		button("Load older runs", load_older);
	if (recent.others.length)
		buttons.append(make("label", {}, "Draw over it ", make("select", { onchange: overlay }, new Option("nothing", ""),
			...recent.others.map((other, i) => new Option(other.name, i)))), " ");
	button("Compare two runs", () => {
		picked = picked ? null : [];
		help();
	});
	help();
	graph = new Dygraph(box, rows, {
		labels: ["date", "value"], customBars: true, showRangeSelector: true, rangeSelectorHeight: 36, legend: "never",
		colors: ["#1e84c7", "#d55e00"], connectSeparatedPoints: true, fillAlpha: 0.25, strokeWidth: 2, drawPoints: true,
		pointSize: 2.5, highlightCircleSize: 5,
		// With a range selector dygraphs would move the chart by a drag.
		interactionModel: Dygraph.defaultInteractionModel, dateWindow: window_of(100), digitsAfterDecimal: 3,
		axisLineColor: "#888888", gridLineColor: "#999999", gridLinePattern: [2, 4], gridLineWidth: 0.5,
		axes: { x: { axisLabelWidth: 72 }, y: { axisLabelFormatter: figure, axisLabelWidth: 80 } },
		highlightCallback: say,
		unhighlightCallback: help,
		clickCallback: (event, time, points) => {
			const i = place_of(time);

			if (i < 0)
				return;
			if (picked?.push(data.run[i]) < 2)
				help();
			else if (picked)
				location.href = `../compare.html#base=${encodeURIComponent(picked[0])}&new=${encodeURIComponent(picked[1])}`;
			else
				location.href = "../runs/" + encodeURIComponent(data.run[i]) + ".html";
		},
	});
	annotate();
})();
