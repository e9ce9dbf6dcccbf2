#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Change detection, night by night, in few years; make check-statistics takes many.
exec "$O/report/test/replay" 8
