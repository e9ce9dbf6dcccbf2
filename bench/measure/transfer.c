// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/transfer.h"

#include <stdbool.h>
#include <string.h>

/* Sanitizers would check each access, and the figure of a transfer would be theirs. */
#define UNSANITIZED __attribute__((no_sanitize("address", "undefined")))
#define INLINE static inline __attribute__((always_inline)) UNSANITIZED
#define WORD sizeof(uint64_t)

/* Unaligned words; memcpy() of a constant size is one instruction. The barrier prevents vectorised loops. */
INLINE uint64_t load_word(const char *from)
{
	uint64_t word;

	__builtin_memcpy(&word, from, sizeof(word));
	__asm__("" : "+r"(word));
	return word;
}

INLINE void store_word(char *to, uint64_t word)
{
	__asm__("" : "+r"(word));
	__builtin_memcpy(to, &word, sizeof(word));
}

/* The rest after whole words, from byte @done on. */
INLINE uint64_t read_tail(const char *from, size_t done, size_t bytes)
{
	uint64_t word = 0;

	for (size_t i = 0; done + i < bytes; i++)
		word |= (uint64_t)(unsigned char)from[done + i] << (8 * i);
	return word;
}

INLINE void write_tail(char *to, size_t done, size_t bytes, uint64_t word)
{
	for (size_t i = 0; done + i < bytes; i++) {
		to[done + i] = (char)(word >> (8 * i));
		__asm__("" ::: "memory");
	}
}

/* Each of these continues at byte @done with words, then bytes. */
INLINE uint64_t read_rest(const char *from, size_t done, size_t bytes)
{
	uint64_t sum = 0;

	for (; done + WORD <= bytes; done += WORD)
		sum += load_word(from + done);
	return sum + read_tail(from, done, bytes);
}

INLINE void write_rest(char *to, size_t done, size_t bytes, uint64_t value)
{
	for (; done + WORD <= bytes; done += WORD)
		store_word(to + done, value + done / WORD);
	write_tail(to, done, bytes, value + done / WORD);
}

INLINE void fill_rest(char *to, size_t done, size_t bytes, uint64_t pattern)
{
	for (; done + WORD <= bytes; done += WORD)
		store_word(to + done, pattern);
	write_tail(to, done, bytes, pattern);
}

INLINE void copy_rest(char *to, const char *from, size_t done, size_t bytes)
{
	for (; done + WORD <= bytes; done += WORD)
		store_word(to + done, load_word(from + done));
	write_tail(to, done, bytes, read_tail(from, done, bytes));
}

INLINE uint64_t pattern_of(uint64_t value)
{
	return (value & 0xff) * UINT64_C(0x0101010101010101);
}

static UNSANITIZED uint64_t scalar_read(char *to, const char *from, size_t bytes, uint64_t value)
{
	(void)to;
	(void)value;
	return read_rest(from, 0, bytes);
}

static UNSANITIZED uint64_t scalar_write(char *to, const char *from, size_t bytes, uint64_t value)
{
	(void)from;
	write_rest(to, 0, bytes, value);
	return 0;
}

static UNSANITIZED uint64_t scalar_fill(char *to, const char *from, size_t bytes, uint64_t value)
{
	(void)from;
	fill_rest(to, 0, bytes, pattern_of(value));
	return 0;
}

static UNSANITIZED uint64_t scalar_copy(char *to, const char *from, size_t bytes, uint64_t value)
{
	(void)value;
	copy_rest(to, from, 0, bytes);
	return 0;
}

struct transfer_code {
	transfer_fn *run;
	const char *instructions;
};

#define TABLE(name, read_name, write_name)                                                                     \
	{                                                                                                      \
		[TRANSFER_READ] = { name##_read, read_name }, [TRANSFER_WRITE] = { name##_write, write_name }, \
		[TRANSFER_FILL] = { name##_fill, write_name },                                                 \
		[TRANSFER_COPY_FROM] = { name##_copy, read_name " and " write_name },                          \
		[TRANSFER_COPY_TO] = { name##_copy, read_name " and " write_name },                            \
	}

#if defined(__x86_64__) || defined(__aarch64__)
static bool is_aligned(const void *address, size_t alignment)
{
	return (uintptr_t)address % alignment == 0;
}
#endif

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))
#define SSE41 __attribute__((target("sse4.1")))

/* Two vectors per step, so that loads and stores limit the loop, not its additions. */
#define READ_LOOP(vector, load, add, zero)                                  \
	do {                                                                \
		const size_t size = sizeof(vector);                         \
		vector a = zero(), b = zero();                              \
		uint64_t lane[2 * sizeof(vector) / WORD];                   \
                                                                            \
		for (; done + 2 * size <= bytes; done += 2 * size) {        \
			a = add(a, load((void *)(from + done)));            \
			b = add(b, load((void *)(from + done + size)));     \
		}                                                           \
		__builtin_memcpy(lane, &a, size);                           \
		__builtin_memcpy((char *)lane + size, &b, size);            \
		for (size_t i = 0; i < sizeof(lane) / sizeof(lane[0]); i++) \
			sum += lane[i];                                     \
	} while (0)

#define WRITE_LOOP(vector, store, add, first, step)          \
	do {                                                 \
		const size_t size = sizeof(vector);          \
		vector word = first, more = step;            \
                                                             \
		for (; done + size <= bytes; done += size) { \
			store((void *)(to + done), word);    \
			word = add(word, more);              \
		}                                            \
	} while (0)

#define FILL_LOOP(vector, store, all)                               \
	do {                                                        \
		const size_t size = sizeof(vector);                 \
		vector word = all;                                  \
                                                                    \
		for (; done + size <= bytes; done += size) {        \
			store((void *)(to + done), word);           \
			__asm__("" ::: "memory"); /* no memset() */ \
		}                                                   \
	} while (0)

#define COPY_LOOP(vector, store, load)                                 \
	do {                                                           \
		const size_t size = sizeof(vector);                    \
                                                                       \
		for (; done + 2 * size <= bytes; done += 2 * size) {   \
			vector a = load((void *)(from + done));        \
			vector b = load((void *)(from + done + size)); \
                                                                       \
			store((void *)(to + done), a);                 \
			store((void *)(to + done + size), b);          \
			__asm__("" ::: "memory"); /* no memcpy() */    \
		}                                                      \
	} while (0)

#define SSE_FIRST _mm_set_epi64x((long long)(value + 1), (long long)value)
#define SSE_STEP _mm_set1_epi64x(2)
#define AVX_FIRST \
	_mm256_set_epi64x((long long)(value + 3), (long long)(value + 2), (long long)(value + 1), (long long)value)
#define AVX_STEP _mm256_set1_epi64x(4)

/* Define the four transfers of one kind of instructions; @fence ends a stream. */
#define TRANSFERS(name, target, vector, load, store, add, zero, first, step, set1, alignment, other, fence)       \
	static target UNSANITIZED uint64_t name##_read(char *to, const char *from, size_t bytes, uint64_t value)  \
	{                                                                                                         \
		size_t done = 0;                                                                                  \
		uint64_t sum = 0;                                                                                 \
                                                                                                                  \
		if (!is_aligned(from, alignment))                                                                 \
			return other##_read(to, from, bytes, value);                                              \
		READ_LOOP(vector, load, add, zero);                                                               \
		return sum + read_rest(from, done, bytes);                                                        \
	}                                                                                                         \
	static target UNSANITIZED uint64_t name##_write(char *to, const char *from, size_t bytes, uint64_t value) \
	{                                                                                                         \
		size_t done = 0;                                                                                  \
                                                                                                                  \
		if (!is_aligned(to, alignment))                                                                   \
			return other##_write(to, from, bytes, value);                                             \
		WRITE_LOOP(vector, store, add, first, step);                                                      \
		write_rest(to, done, bytes, value);                                                               \
		fence();                                                                                          \
		return 0;                                                                                         \
	}                                                                                                         \
	static target UNSANITIZED uint64_t name##_fill(char *to, const char *from, size_t bytes, uint64_t value)  \
	{                                                                                                         \
		size_t done = 0;                                                                                  \
                                                                                                                  \
		if (!is_aligned(to, alignment))                                                                   \
			return other##_fill(to, from, bytes, value);                                              \
		FILL_LOOP(vector, store, set1((long long)pattern_of(value)));                                     \
		fill_rest(to, done, bytes, pattern_of(value));                                                    \
		fence();                                                                                          \
		return 0;                                                                                         \
	}                                                                                                         \
	static target UNSANITIZED uint64_t name##_copy(char *to, const char *from, size_t bytes, uint64_t value)  \
	{                                                                                                         \
		size_t done = 0;                                                                                  \
                                                                                                                  \
		if (!is_aligned(to, alignment) || !is_aligned(from, alignment))                                   \
			return other##_copy(to, from, bytes, value);                                              \
		COPY_LOOP(vector, store, load);                                                                   \
		copy_rest(to, from, done, bytes);                                                                 \
		fence();                                                                                          \
		return 0;                                                                                         \
	}

#define NO_FENCE() ((void)0)

TRANSFERS(sse2, , __m128i, _mm_loadu_si128, _mm_storeu_si128, _mm_add_epi64, _mm_setzero_si128, SSE_FIRST, SSE_STEP,
	  _mm_set1_epi64x, 1, scalar, NO_FENCE)
TRANSFERS(avx2, AVX2, __m256i, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_add_epi64, _mm256_setzero_si256,
	  AVX_FIRST, AVX_STEP, _mm256_set1_epi64x, 1, scalar, NO_FENCE)
TRANSFERS(sse41_stream, SSE41, __m128i, _mm_stream_load_si128, _mm_stream_si128, _mm_add_epi64, _mm_setzero_si128,
	  SSE_FIRST, SSE_STEP, _mm_set1_epi64x, 32, sse2, _mm_sfence)
TRANSFERS(avx2_stream, AVX2, __m256i, _mm256_stream_load_si256, _mm256_stream_si256, _mm256_add_epi64,
	  _mm256_setzero_si256, AVX_FIRST, AVX_STEP, _mm256_set1_epi64x, 32, avx2, _mm_sfence)

static const struct transfer_code *vector_codes(void)
{
	static const struct transfer_code sse2[NR_TRANSFERS] = TABLE(sse2, "movdqu", "movdqu");
	static const struct transfer_code avx2[NR_TRANSFERS] = TABLE(avx2, "vmovdqu", "vmovdqu");

	return __builtin_cpu_supports("avx2") ? avx2 : sse2;
}

static const struct transfer_code *stream_codes(void)
{
	static const struct transfer_code sse41[NR_TRANSFERS] = TABLE(sse41_stream, "movntdqa", "movntdq");
	static const struct transfer_code avx2[NR_TRANSFERS] = TABLE(avx2_stream, "vmovntdqa", "vmovntdq");

	if (__builtin_cpu_supports("avx2"))
		return avx2;
	return __builtin_cpu_supports("sse4.1") ? sse41 : NULL;
}

static const struct transfer_code scalar_codes[NR_TRANSFERS] = TABLE(scalar, "mov", "mov");

#elif defined(__aarch64__)

/* Pairs of 16-byte registers. In assembly, since no intrinsic selects the instruction. */
#define LOAD_PAIR(op, a, b, at) __asm__ volatile(op " %q0, %q1, [%2]" : "=w"(a), "=w"(b) : "r"(at) : "memory")
#define STORE_PAIR(op, at, a, b) __asm__ volatile(op " %q0, %q1, [%2]" : : "w"(a), "w"(b), "r"(at) : "memory")

typedef uint64_t vector __attribute__((vector_size(16)));

enum { PAIR = 2 * sizeof(vector) };

#define TRANSFERS(name, load_op, store_op, alignment, other)                                               \
	static UNSANITIZED uint64_t name##_read(char *to, const char *from, size_t bytes, uint64_t value)  \
	{                                                                                                  \
		vector sum = { 0, 0 }, a, b;                                                               \
		size_t done = 0;                                                                           \
                                                                                                           \
		if (!is_aligned(from, alignment))                                                          \
			return other##_read(to, from, bytes, value);                                       \
		for (; done + PAIR <= bytes; done += PAIR) {                                               \
			LOAD_PAIR(load_op, a, b, from + done);                                             \
			sum += a;                                                                          \
			sum += b;                                                                          \
		}                                                                                          \
		return sum[0] + sum[1] + read_rest(from, done, bytes);                                     \
	}                                                                                                  \
	static UNSANITIZED uint64_t name##_write(char *to, const char *from, size_t bytes, uint64_t value) \
	{                                                                                                  \
		vector a = { value, value + 1 }, b = { value + 2, value + 3 };                             \
		size_t done = 0;                                                                           \
                                                                                                           \
		if (!is_aligned(to, alignment))                                                            \
			return other##_write(to, from, bytes, value);                                      \
		for (; done + PAIR <= bytes; done += PAIR) {                                               \
			STORE_PAIR(store_op, to + done, a, b);                                             \
			a += 4;                                                                            \
			b += 4;                                                                            \
		}                                                                                          \
		write_rest(to, done, bytes, value);                                                        \
		return 0;                                                                                  \
	}                                                                                                  \
	static UNSANITIZED uint64_t name##_fill(char *to, const char *from, size_t bytes, uint64_t value)  \
	{                                                                                                  \
		vector a = { pattern_of(value), pattern_of(value) };                                       \
		size_t done = 0;                                                                           \
                                                                                                           \
		if (!is_aligned(to, alignment))                                                            \
			return other##_fill(to, from, bytes, value);                                       \
		for (; done + PAIR <= bytes; done += PAIR)                                                 \
			STORE_PAIR(store_op, to + done, a, a);                                             \
		fill_rest(to, done, bytes, pattern_of(value));                                             \
		return 0;                                                                                  \
	}                                                                                                  \
	static UNSANITIZED uint64_t name##_copy(char *to, const char *from, size_t bytes, uint64_t value)  \
	{                                                                                                  \
		size_t done = 0;                                                                           \
		vector a, b;                                                                               \
                                                                                                           \
		if (!is_aligned(to, alignment) || !is_aligned(from, alignment))                            \
			return other##_copy(to, from, bytes, value);                                       \
		for (; done + PAIR <= bytes; done += PAIR) {                                               \
			LOAD_PAIR(load_op, a, b, from + done);                                             \
			STORE_PAIR(store_op, to + done, a, b);                                             \
		}                                                                                          \
		copy_rest(to, from, done, bytes);                                                          \
		return 0;                                                                                  \
	}

TRANSFERS(neon, "ldp", "stp", 1, scalar)
TRANSFERS(pairs, "ldnp", "stnp", 32, neon)

/* Bytes that one DC ZVA clears; 0: not allowed (DCZID_EL0.DZP). */
static size_t zva_bytes(void)
{
	uint64_t dczid;

	__asm__("mrs %0, dczid_el0" : "=r"(dczid));
	return dczid & 16 ? 0 : (size_t)4 << (dczid & 15);
}

static UNSANITIZED uint64_t zva_fill(char *to, const char *from, size_t bytes, uint64_t value)
{
	size_t done = 0, block = zva_bytes();

	if (value & 0xff || !is_aligned(to, block))
		return pairs_fill(to, from, bytes, value);
	for (; done + block <= bytes; done += block)
		__asm__ volatile("dc zva, %0" : : "r"(to + done) : "memory");
	fill_rest(to, done, bytes, 0);
	return 0;
}

static const struct transfer_code *vector_codes(void)
{
	static const struct transfer_code neon[NR_TRANSFERS] = TABLE(neon, "ldp q", "stp q");

	return neon;
}

static const struct transfer_code *stream_codes(void)
{
	static const struct transfer_code pair[NR_TRANSFERS] = TABLE(pairs, "ldnp q", "stnp q");
	static struct transfer_code zva[NR_TRANSFERS];

	memcpy(zva, pair, sizeof(zva));
	if (zva_bytes())
		zva[TRANSFER_FILL] = (struct transfer_code){ zva_fill, "dc zva" };
	return zva;
}

static const struct transfer_code scalar_codes[NR_TRANSFERS] = TABLE(scalar, "ldr", "str");

#else

static const struct transfer_code *vector_codes(void)
{
	return NULL;
}

static const struct transfer_code *stream_codes(void)
{
	return NULL;
}

static const struct transfer_code scalar_codes[NR_TRANSFERS] = {
	{ scalar_read, "words" }, { scalar_write, "words" }, { scalar_fill, "words" },
	{ scalar_copy, "words" }, { scalar_copy, "words" },
};

#endif

transfer_fn *transfer_find(enum transfer transfer, enum isa isa, const char **instructions)
{
	const struct transfer_code *codes = isa == ISA_SCALAR   ? scalar_codes
					    : isa == ISA_VECTOR ? vector_codes()
								: stream_codes();

	if (!codes)
		return NULL;
	if (instructions)
		*instructions = codes[transfer].instructions;
	return codes[transfer].run;
}
