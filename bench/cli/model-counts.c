// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include "bench/record/record.h"
#include "report/render/table.h"

int add_model_counts(const char *counts, const char *path)
{
	struct why why = { "", "" };
	struct record *record;
	int err = record_read(path, &record, &why);

	if (err)
		return complain_why(unread_status(err, STATUS_FAILED), err, &why);
	err = record_add_modelled(record, counts, &why);
	if (!err)
		err = record_summarise(record);
	if (!err)
		err = record_write(record, path, &why);
	if (!err)
		err = table_print(record, output_columns(78), stdout);
	record_free(record);
	return err ? complain_why(unread_status(err, STATUS_FAILED), err, &why) : STATUS_OK;
}
