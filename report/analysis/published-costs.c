// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit costs of boards that others published. Only figures with a source; how a bound follows from them is said with
 * each. Nobody has published the cost of a DC, DSB, TLBI, or of a line that stores to write-combined memory fill.
 *
 * tinymembench gives a random read in ns beyond a hit of the first cache, by size of the block, and how many MB/s
 * memcpy copies: a line read and one written. So a miss that waits for memory costs the random read, and one of a
 * stream half a copied line. The lower bound of a miss that finds its line in the next cache is not published.
 */
#include "report/analysis/board-costs.h"

#include <math.h>

/* ns per line of 64 bytes */
#define PER_LINE(mb_per_s) (64e3 / (mb_per_s))
/* Half of a line that memcpy copied. */
#define STREAMED(mb_per_s) (PER_LINE(mb_per_s) / 2)
/* ns per load of that many bytes */
#define PER_LOAD(bytes, all_bytes, ms) ((bytes) * (ms)*1e6 / (all_bytes))

#define SBC_BENCH(name, core, rest) "ThomasKaiser/sbc-bench, results/" name ", " core ": " rest

static const struct published_cost rk3399_a53[] = {
	{ "l1d-refill", NAN, 8.2, SBC_BENCH("2yIx.txt", "A53", "random read in 256K") },
	{ "l2d-refill", STREAMED(1815.2), 164.3 - 8.2,
	  SBC_BENCH("2yIx.txt", "A53", "half a line of memcpy; random read in 64M less 256K, huge pages") },
	{ "prefetch", NAN, STREAMED(1815.2), SBC_BENCH("2yIx.txt", "A53", "half a line of memcpy") },
	{ "write-back", NAN, PER_LINE(8376.0), SBC_BENCH("2yIx.txt", "A53", "a line of memset") },
	{ "dtlb-walk", NAN, 176.0 - 164.3,
	  SBC_BENCH("2yIx.txt", "A53", "random read in 64M, small pages less huge pages") },
	{ NULL, NAN, NAN, NULL },
};

static const struct published_cost rk3399_a72[] = {
	{ "l1d-refill", NAN, 7.6, SBC_BENCH("2yIx.txt", "A72", "random read in 512K, huge pages") },
	{ "l2d-refill", STREAMED(3687.3), 169.7 - 7.6,
	  SBC_BENCH("2yIx.txt", "A72", "half a line of memcpy; random read in 64M less 512K, huge pages") },
	{ "prefetch", NAN, STREAMED(3687.3), SBC_BENCH("2yIx.txt", "A72", "half a line of memcpy") },
	{ "write-back", NAN, PER_LINE(8358.3), SBC_BENCH("2yIx.txt", "A72", "a line of memset") },
	{ "dtlb-refill", NAN, (10.1 - 7.6) / 0.75,
	  SBC_BENCH("2yIx.txt", "A72", "random read in 512K, small pages less huge pages; 3 of 4 miss") },
	{ "dtlb-walk", NAN, 185.6 - 169.7,
	  SBC_BENCH("2yIx.txt", "A72", "random read in 64M, small pages less huge pages") },
	{ "wc-load", PER_LOAD(8, 9.4e6, 60), PER_LOAD(16, 9.4e6, 60),
	  "HermanChen/mpp, issue 21: 9.4 MB copied in 60 ms on an RK3399; loads of 8 or 16 bytes" },
	{ NULL, NAN, NAN, NULL },
};

static const struct published_cost bcm2711_a72[] = {
	{ "l1d-refill", NAN, 8.9, SBC_BENCH("3InF.txt", "A72", "random read in 512K, huge pages") },
	{ "l2d-refill", STREAMED(2578.0), 126.6 - 8.9,
	  SBC_BENCH("3InF.txt", "A72", "half a line of memcpy; random read in 64M less 512K, huge pages") },
	{ "prefetch", NAN, STREAMED(2578.0), SBC_BENCH("3InF.txt", "A72", "half a line of memcpy") },
	{ "write-back", NAN, PER_LINE(3114.9), SBC_BENCH("3InF.txt", "A72", "a line of memset") },
	{ "dtlb-refill", NAN, (11.9 - 8.9) / 0.75,
	  SBC_BENCH("3InF.txt", "A72", "random read in 512K, small pages less huge pages; 3 of 4 miss") },
	{ "dtlb-walk", NAN, 149.9 - 126.6,
	  SBC_BENCH("3InF.txt", "A72", "random read in 64M, small pages less huge pages") },
	{ NULL, NAN, NAN, NULL },
};

static const struct published_cost rk3588_a55[] = {
	{ "l1d-refill", NAN, 3.0 / 0.75, SBC_BENCH("41BH.txt", "A55", "random read in 128K; 3 of 4 miss") },
	{ "l2d-refill", NAN, 14.7 - 3.0, SBC_BENCH("41BH.txt", "A55", "random read in 2M less 128K") },
	{ "l3d-refill", STREAMED(6114.3), 131.0 - 14.7,
	  SBC_BENCH("41BH.txt", "A55", "half a line of memcpy; random read in 64M less 2M") },
	{ "prefetch", NAN, STREAMED(6114.3), SBC_BENCH("41BH.txt", "A55", "half a line of memcpy") },
	{ "write-back", NAN, PER_LINE(22194.5), SBC_BENCH("41BH.txt", "A55", "a line of memset") },
	{ "wc-load", PER_LOAD(8, 3133440, 15), PER_LOAD(16, 3133440, 30),
	  "rockchip-linux/mpp, issue 715: 1920x1088x1.5 bytes copied in 15 to 30 ms on an RK3588; loads of 8 or 16 "
	  "bytes" },
	{ NULL, NAN, NAN, NULL },
};

static const struct published_cost rk3588_a76[] = {
	{ "l1d-refill", NAN, 4.0, SBC_BENCH("41BH.txt", "A76", "random read in 512K") },
	{ "l2d-refill", NAN, 13.2 - 4.0, SBC_BENCH("41BH.txt", "A76", "random read in 2M less 512K") },
	{ "l3d-refill", STREAMED(10814.3), 124.9 - 13.2,
	  SBC_BENCH("41BH.txt", "A76", "half a line of memcpy; random read in 64M less 2M") },
	{ "prefetch", NAN, STREAMED(10814.3), SBC_BENCH("41BH.txt", "A76", "half a line of memcpy") },
	{ "write-back", NAN, PER_LINE(29215.1), SBC_BENCH("41BH.txt", "A76", "a line of memset") },
	{ "wc-load", PER_LOAD(8, 3133440, 15), PER_LOAD(16, 3133440, 30),
	  "rockchip-linux/mpp, issue 715: 1920x1088x1.5 bytes copied in 15 to 30 ms on an RK3588; loads of 8 or 16 "
	  "bytes" },
	{ NULL, NAN, NAN, NULL },
};

const struct published_board published_boards[] = {
	{ "rk3399-a53", "cortex-a53", rk3399_a53 },   { "rk3399-a72", "cortex-a72", rk3399_a72 },
	{ "bcm2711-a72", "cortex-a72", bcm2711_a72 }, { "rk3588-a55", "cortex-a55", rk3588_a55 },
	{ "rk3588-a76", "cortex-a76", rk3588_a76 },   { NULL, NULL, NULL },
};
