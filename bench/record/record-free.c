// SPDX-License-Identifier: GPL-2.0-or-later
/* Freeing a record, field by field. */
#include "bench/record/record.h"

#include <stdlib.h>
#include <string.h>

#include "bench/record/fields.h"

static void columns_free(struct column *column, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(column[i].name);
		free(column[i].value);
	}
	free(column);
}

void fields_free(void *base, const struct field *fields)
{
	for (const struct field *field = fields; field->name; field++) {
		void *at = (char *)base + field->offset;
		const size_t *count = (void *)((char *)base + field->count_offset);

		switch (field->kind) {
		case FIELD_TEXT:
		case FIELD_TEXT_OR_NULL:
			free(*(char **)at);
			break;
		case FIELD_FACTS:
		case FIELD_FACT_GROUPS:
			facts_free(at);
			break;
		case FIELD_COLUMNS:
			columns_free(*(struct column **)at, *count);
			break;
		case FIELD_HISTOGRAM:
			histogram_free(*(struct histogram **)at);
			break;
		case FIELD_OBJECT:
			fields_free(at, field->fields);
			break;
		case FIELD_ARRAY: {
			char *element;

			memcpy(&element, at, sizeof(element));
			for (size_t i = 0; i < *count; i++)
				fields_free(element + i * field->element_size, field->fields);
			free(element);
			break;
		}
		default:
			break;
		}
	}
}

void record_free(struct record *record)
{
	if (!record)
		return;
	fields_free(record, record_fields);
	free(record->unknown);
	free(record);
}
