// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shell completion of the word under the cursor. The script of the shell knows no names: it calls zapbench __complete
 * WORD... and gets one candidate per line. A line that begins with a colon is an instruction for the script:
 * ":files SUFFIX" for names of files, ":files" for any, ":folders", ":nospace".
 */
#include "bench/cli/cli.h"

#include <string.h>

#include "bench/base/params.h"
#include "bench/base/policy.h"
#include "bench/case/case.h"
#include "bench/source/source.h"

/* ---- values that several commands take ---- */

static bool get_case(size_t index, struct named_value *value)
{
	if (!benches[index])
		return false;
	*value = (struct named_value){ benches[index]->name, benches[index]->summary, "" };
	return true;
}

static bool get_source(size_t index, struct named_value *value)
{
	if (!sources[index])
		return false;
	*value = (struct named_value){ sources[index]->name, sources[index]->summary, "" };
	return true;
}

static bool get_policy(size_t index, struct named_value *value)
{
	if (index >= NR_POLICIES)
		return false;
	*value = (struct named_value){ policy_table[index].name, policy_table[index].meaning, "" };
	return true;
}

static bool get_granularity(size_t index, struct named_value *value)
{
	if (index >= NR_GRANULARITIES)
		return false;
	*value = (struct named_value){ granularity_table[index].name, granularity_table[index].meaning, "" };
	return true;
}

static bool get_param(size_t index, struct named_value *value)
{
	if (index >= NR_PARAMS)
		return false;
	*value = (struct named_value){ param_key((enum param)index), param_help((enum param)index), "" };
	for (unsigned int i = 0; param_choice((enum param)index, i); i++) {
		size_t used = strlen(value->choices);

		snprintf(value->choices + used, sizeof(value->choices) - used, "%s%s", i ? ", " : "",
			 param_choice((enum param)index, i));
	}
	return true;
}

const struct values values_cases = { .get = get_case, .list = true };
const struct values values_sources = { .get = get_source, .list = true };
const struct values values_policies = { .get = get_policy, .list = true };
const struct values values_granularities = { .get = get_granularity, .list = true };
const struct values values_params = { .get = get_param, .list = true, .assigned = true };
const struct values values_results = { .files = "json json.gz" };
const struct values values_journals = { .files = "journal" };
const struct values values_files = { .files = "" };
const struct values values_folders = { .files = NULL };

/* ---- candidates ---- */

static void offer(const char *prefix, const char *name, const char *word, FILE *out)
{
	if (!strncmp(name, word, strlen(word)))
		fprintf(out, "%s%s\n", prefix, name);
}

static void offer_files(const char *files, FILE *out)
{
	char copy[80], *rest = copy, *suffix;

	if (!files) {
		fputs(":folders\n", out);
		return;
	}
	snprintf(copy, sizeof(copy), "%s", files);
	while ((suffix = strsep(&rest, " ")))
		fprintf(out, ":files%s%s\n", suffix[0] ? " " : "", suffix);
}

/* The values of the key in "KEY=VALUE,VALUE". */
static void offer_choices(const struct values *values, const char *before, const char *word, FILE *out)
{
	size_t key = strcspn(word, "=");
	const char *comma = strrchr(word, ',');
	struct named_value value;

	for (size_t i = 0; values->get(i, &value); i++) {
		char prefix[300], *rest = value.choices, *choice;
		const char *last = comma ? comma + 1 : word + key + 1;

		if (strlen(value.name) != key || strncmp(value.name, word, key))
			continue;
		snprintf(prefix, sizeof(prefix), "%s%.*s", before, (int)(last - word), word);
		while (value.choices[0] && (choice = strsep(&rest, ",")))
			offer(prefix, choice + strspn(choice, " "), last, out);
	}
}

/* @before: what stands in the same word before the value, such as "--set=". */
static void offer_values(const struct values *values, const char *before, const char *word, FILE *out)
{
	const char *comma = values->list ? strrchr(word, ',') : NULL;
	char prefix[300];
	struct named_value value;

	if (!values->get) {
		offer_files(values->files, out);
		return;
	}
	if (values->assigned && strchr(word, '=')) {
		offer_choices(values, before, word, out);
		return;
	}
	snprintf(prefix, sizeof(prefix), "%s%.*s", before, comma ? (int)(comma + 1 - word) : 0, word);
	for (size_t i = 0; values->get(i, &value); i++) {
		char name[80];

		snprintf(name, sizeof(name), "%s%s", value.name, values->assigned ? "=" : "");
		offer(prefix, name, comma ? comma + 1 : word, out);
	}
	if (values->assigned)
		fputs(":nospace\n", out);
}

static const struct flag *find_flag(const struct command *command, const char *word)
{
	size_t length;

	if (strncmp(word, "--", 2))
		return NULL;
	word += 2;
	length = strcspn(word, "=");
	for (const struct flag *flag = command->flags; flag && flag->name; flag++) {
		if (strlen(flag->name) == length && !strncmp(flag->name, word, length))
			return flag;
	}
	return NULL;
}

static void offer_flags(const struct command *command, const struct verb *verb, const char *word, FILE *out)
{
	for (const struct flag *flag = command->flags; flag && flag->name; flag++) {
		char name[80];

		snprintf(name, sizeof(name), "--%s", flag->name);
		if (!verb || strchr(verb->flags, flag->id))
			offer("", name, word, out);
	}
	offer("", "--help", word, out);
}

/* The verb among the words before the last one. */
static const struct verb *find_verb(const struct command *command, int count, char **words)
{
	for (const struct verb *verb = command->verbs; verb && verb->name; verb++) {
		for (int i = 0; i < count - 1; i++) {
			if (!strcmp(words[i], verb->name))
				return verb;
		}
	}
	return NULL;
}

static void complete_command(const struct command *command, int count, char **words, FILE *out)
{
	const struct verb *verb = find_verb(command, count, words);
	const struct flag *flag = count > 1 ? find_flag(command, words[count - 2]) : NULL;
	const char *word = words[count - 1], *equals = strchr(word, '=');

	if (flag && flag->argument && !strchr(words[count - 2], '=')) {
		if (flag->values)
			offer_values(flag->values, "", word, out);
		return;
	}
	flag = equals ? find_flag(command, word) : NULL;
	if (flag && flag->values) {
		char before[80];

		snprintf(before, sizeof(before), "%.*s", (int)(equals + 1 - word), word);
		offer_values(flag->values, before, equals + 1, out);
		return;
	}
	if (word[0] == '-') {
		offer_flags(command, verb, word, out);
		return;
	}
	for (const struct verb *each = verb ? NULL : command->verbs; each && each->name; each++)
		offer("", each->name, word, out);
	if (verb ? verb->values : command->arguments)
		offer_values(verb ? verb->values : command->arguments, "", word, out);
	if (!word[0])
		offer_flags(command, verb, word, out);
}

int complete(int count, char **words, FILE *out)
{
	if (!count)
		return STATUS_USAGE;
	for (size_t i = 0; commands[i]; i++) {
		if (count == 1)
			offer("", commands[i]->name, words[0], out);
		else if (!strcmp(words[0], commands[i]->name))
			complete_command(commands[i], count - 1, words + 1, out);
	}
	if (count == 1) {
		offer("", "--help", words[0], out);
		offer("", "--version", words[0], out);
	}
	return STATUS_OK;
}
