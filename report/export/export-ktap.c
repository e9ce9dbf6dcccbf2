// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KTAP, version 1 (Documentation/dev-tools/ktap.rst of the kernel): does each configuration have a valid figure? It
 * does not say whether the figure is good.
 */
#include "report/export/export.h"

#include <math.h>
#include <string.h>

#include "bench/base/text.h"

/* A name may hold all but # and line feed there; a terminal is to be spared the rest. */
static void put_plain(const char *text, FILE *out)
{
	for (; *text; text++)
		fputc(*text == '#' ? '?' : plain_char(*text), out);
}

static void put_figure(const struct record *record, const struct exported *figure, FILE *out)
{
	bool emulated = record->emulated || figure->config->emulated;
	const struct estimate *e = &figure->value;
	char value[32], lower[32], upper[32];

	fprintf(out, " # %s%s ", emulated ? "EMULATED: " : "", figure_format(e->value, value, sizeof(value)));
	put_plain(figure->unit, out);
	if (isfinite(e->lower) && isfinite(e->upper))
		fprintf(out, " (%s to %s)", figure_format(e->lower, lower, sizeof(lower)),
			figure_format(e->upper, upper, sizeof(upper)));
	fprintf(out, ", %zu round%s%s\n", e->n, e->n == 1 ? "" : "s",
		config_fits_cache(record, figure->config) ? "; a cache may hold the whole buffer" : "");
}

static void put_config(const struct exported_record *exported, size_t index, FILE *out)
{
	const struct config_result *config = &exported->record->config[index];
	const struct exported *figure = exported_find(exported, EXPORTED_MEDIAN, config->name);
	char reason[200];

	fprintf(out, "%sok %zu ", figure ? "" : "not ", index + 1);
	put_plain(config->name, out);
	if (figure)
		put_figure(exported->record, figure, out);
	else
		fprintf(out, " # %s\n", exported_why_none(config, reason, sizeof(reason)));
}

static int write_ktap(const struct exports *exports, FILE *out)
{
	const struct record *record = exports->result->record;

	fprintf(out, "KTAP version 1\n1..%zu\n", record->nr_configs + record->nr_skipped);
	for (size_t i = 0; i < record->nr_configs; i++)
		put_config(exports->result, i, out);
	for (size_t i = 0; i < record->nr_skipped; i++) {
		fprintf(out, "ok %zu ", record->nr_configs + i + 1);
		put_plain(record->skipped[i].name, out);
		fputs(" # SKIP ", out);
		put_plain(record->skipped[i].reason, out);
		fputc('\n', out);
	}
	return 0;
}

const struct export_format export_ktap = {
	.name = "ktap",
	.help = "one KTAP line per configuration: ok, not ok or skipped",
	.write = write_ktap,
	.anything = true,
};
