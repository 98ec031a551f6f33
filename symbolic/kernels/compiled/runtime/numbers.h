/* Numbers, vectors of them, and how rows are laid out.

   A row of n numbers takes PADDED(n) places, a multiple of LINE, so that it is read and written in whole vectors on
   every processor; what stands in the padding never reaches a result.  REAL_BITS is 32 or 64. */

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline, unused))
#define OUTLINE static __attribute__((noinline, unused))
#define LEAST(a, b) ((a) < (b) ? (a) : (b))

typedef ptrdiff_t count;

#if REAL_BITS == 32
typedef float real;
typedef int32_t whole;
typedef uint32_t natural;
#else
typedef double real;
typedef int64_t whole;
typedef uint64_t natural;
#endif

/* The tile of a product that fits the registers: TALL rows of WIDE vectors, and WIDE vectors and one number besides. */
#define WIDE 3
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#define TALL 8
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#define TALL 4
#elif defined(__aarch64__)
#define VECTOR_BYTES 16
#define TALL 8
#else
#define VECTOR_BYTES 16
#define TALL 4
#endif

typedef real vector __attribute__((vector_size(VECTOR_BYTES), aligned(REAL_BITS / 8), may_alias));

#define LANES ((int)(VECTOR_BYTES / sizeof(real)))
#define LINE ((int)(64 / sizeof(real)))
#define PADDED(n) (((n) + LINE - 1) / LINE * LINE)
#define VECTORS(n) (((n) + LANES - 1) / LANES)
#define TALL_ROWS(n) (((n) + TALL - 1) / TALL * TALL)

/* in front of a loop whose rounds do not depend on each other */
#ifdef __clang__
#define EACH _Pragma("clang loop vectorize(assume_safety)")
#else
#define EACH _Pragma("GCC ivdep")
#endif

/* While a kernel runs, numbers below the smallest normal one count as zero: they cost a hundred times as much, and an
   adjoint that decays over many steps passes through them.  What was set before is set again at its end. */
#if defined(__SSE2__)
INLINE uint64_t flushing(void) {
    unsigned was = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(was | 0x8040);
    return was;
}
INLINE void as_before(uint64_t was) { __builtin_ia32_ldmxcsr((unsigned)was); }
#elif defined(__aarch64__)
INLINE uint64_t flushing(void) {
    uint64_t was;
    __asm__ volatile("mrs %0, fpcr" : "=r"(was));
    __asm__ volatile("msr fpcr, %0" : : "r"(was | 1 << 24));
    return was;
}
INLINE void as_before(uint64_t was) { __asm__ volatile("msr fpcr, %0" : : "r"(was)); }
#else
INLINE uint64_t flushing(void) { return 0; }
INLINE void as_before(uint64_t was) { (void)was; }
#endif

INLINE vector all(real x) { return x - (vector){0}; }
INLINE vector read(const real *from) { return *(const vector *)from; }
INLINE void write(real *to, vector x) { *(vector *)to = x; }
