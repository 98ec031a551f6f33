/* Functions of one number, without branches, so that a plain loop over them becomes vector code.

   exp x = 2^n (1 + p), n the nearest integer to x/ln 2, r = x - n ln 2 in two parts, p = r + r^2 Q(r) (that is expm1 r);
   tanh x = e / (e + d) with 2|x| = n ln 2 + 2h, c = h coth h = 1 + h^2 C(h^2), d = c - h, exp 2h = (c + h) / d, so that
     e = d expm1(2|x|) / 2 = (2^n - 1) d / 2 + 2^n h, and the sign of x;
   log x = n ln 2 + log(1 + f), 1 + f in [sqrt(1/2), sqrt 2], by 2 artanh s with s = f / (2 + f).
   Q, C and the rest R of artanh are Chebyshev fits (mpmath, 40 digits).  No comparison is true of nan, and each is
   written so that nan goes through: (x > c ? c : x). */

#if REAL_BITS == 32
#define FRACTION 23
#define BIAS 127
#define SHIFTER 0x1.8p23f
#define LOG2E 0x1.715476p+0f
#define LN2_HIGH 0.693145751953125f
#define LN2_LOW 1.4286068203094172e-6f
#define EXP_LEAST -104.0f
#define EXP_MOST 89.0f
#define TANH_MOST 10.0f
#define NORMAL_LEAST 0x1p-126f
#else
#define FRACTION 52
#define BIAS 1023
#define SHIFTER 0x1.8p52
#define LOG2E 0x1.71547652b82fep+0
#define LN2_HIGH 0x1.62e42fefp-1
#define LN2_LOW 0x1.473de6af278edp-34
#define EXP_LEAST -746.0
#define EXP_MOST 710.0
#define TANH_MOST 20.0
#define NORMAL_LEAST 0x1p-1022
#endif

INLINE whole bits_of(real x) { whole n; memcpy(&n, &x, sizeof n); return n; }
INLINE real of_bits(whole n) { real x; memcpy(&x, &n, sizeof x); return x; }
INLINE real two_to(whole n) { return of_bits((whole)((natural)(n + BIAS) << FRACTION)); }
INLINE real magnitude(real x) { return of_bits(bits_of(x) & (whole)(((natural)-1) >> 1)); }
INLINE real with_sign(real x, real of) { return of_bits(bits_of(x) | (bits_of(of) & (whole)~(((natural)-1) >> 1))); }

/* expm1(r) for |r| <= ln 2 / 2 */
INLINE real expm1_near(real r) {
#if REAL_BITS == 32
    real q = 0.0013933820489776019f + r * 0.00019891180158282142f;
    q = 0.0083333107545768925f + r * q;
    q = 0.041666463386339527f + r * q;
    q = 0.16666666681794625f + r * q;
    q = 0.50000000136201387f + r * q;
#else
    real q = 2.7557273295539724e-7 + r * (2.5105419192016336e-8 + r * 2.0914831351380410e-9);
    q = 0.0000027557254913486702 + r * q;
    q = 0.000024801587325822282 + r * q;
    q = 0.00019841269875205077 + r * q;
    q = 0.0013888888888883670 + r * q;
    q = 0.0083333333333260250 + r * q;
    q = 0.041666666666669814 + r * q;
    q = 0.16666666666666671 + r * q;
    q = 0.5 + r * q;
#endif
    return r + r * r * q;
}

INLINE real function_exp(real x) {
    real y = x > EXP_MOST ? EXP_MOST : x;
    y = y < EXP_LEAST ? EXP_LEAST : y;
    real k = y * LOG2E + SHIFTER, n = k - SHIFTER;
    whole i = bits_of(k) - bits_of(SHIFTER), half = (whole)((natural)(i + 4096) >> 1) - 2048;
    real p = expm1_near((y - n * LN2_HIGH) - n * LN2_LOW);
    return (1 + p) * two_to(half) * two_to(i - half);
}

INLINE real function_tanh(real x) {
    real y = magnitude(x);
    y = y > TANH_MOST ? TANH_MOST : y;
    real k = y * (2 * LOG2E) + (SHIFTER + BIAS), n = k - (SHIFTER + BIAS);
    real scale = of_bits((whole)((natural)bits_of(k) << FRACTION));
    real h = (y - n * (LN2_HIGH / 2)) - n * (LN2_LOW / 2), z = h * h;
#if REAL_BITS == 32
    real c = 1 + z * (0.333333094551560149f + z * -0.0221587102834615006f);
#else
    real q = -0.000211635953188321065 + z * 0.0000212157936029594607;
    q = 0.00211640207067376262 + z * q;
    q = -0.0222222222220502906 + z * q;
    q = 0.33333333333333323 + z * q;
    real c = 1 + z * q;
#endif
    real d = c - h, e = (scale * (real)0.5 - (real)0.5) * d + scale * h;
    return with_sign(e / (e + d), x);
}

INLINE real function_sigmoid(real x) { return 1 / (1 + function_exp(-x)); }

INLINE real function_log(real x) {
    int small = x < NORMAL_LEAST;
    real y = small ? x * ((natural)1 << FRACTION) : x;
    whole b = bits_of(y) - bits_of((real)0.70710678118654752);
    whole n = (b >> FRACTION);
    real f = of_bits(bits_of(y) - (whole)((natural)n << FRACTION)) - 1;
    real k = (real)n - (small ? FRACTION : 0);
    real s = f / (2 + f), z = s * s;
#if REAL_BITS == 32
    real r = 0.28550736405358202f + z * 0.23332761807741403f;
    r = 0.40000122584584096f + z * r;
    r = 0.66666666553585538f + z * r;
#else
    real r = 0.13268503447792365 + z * 0.13089443736269741;
    r = 0.15386249783145213 + z * r;
    r = 0.18181795454619548 + z * r;
    r = 0.22222222393451755 + z * r;
    r = 0.28571428570795939 + z * r;
    r = 0.40000000000000890 + z * r;
    r = 0.66666666666666666 + z * r;
#endif
    real h = f * f * (real)0.5;
    real l = k * LN2_HIGH + (f - (h - (s * (h + z * r) + k * LN2_LOW)));
    l = x == 0 ? -(real)INFINITY : l;
    l = x < 0 ? (real)NAN : l;
    return x < (real)INFINITY ? l : x;
}

INLINE real function_log1p(real x) {
    real u = 1 + x, c = x - (u - 1);
    real l = function_log(u) + (u < (real)INFINITY ? c / u : 0);
    return x == 0 ? x : l;
}
INLINE real function_softplus(real x) { return (x < 0 ? 0 : x) + function_log1p(function_exp(-magnitude(x))); }
INLINE real function_relu(real x) { return x <= 0 ? 0 : x; }
INLINE real function_step(real x) { return x > 0 ? 1 : x <= 0 ? 0 : x; }
INLINE real function_sqrt(real x) { return REAL_BITS == 32 ? __builtin_sqrtf(x) : __builtin_sqrt(x); }
INLINE real function_reciprocal(real x) { return 1 / x; }
INLINE real function_log_sigmoid(real x) { return -function_softplus(-x); }
INLINE real function_square(real x) { return x * x; }
INLINE real function_power(real x, real y) { return REAL_BITS == 32 ? __builtin_powf(x, y) : __builtin_pow(x, y); }
