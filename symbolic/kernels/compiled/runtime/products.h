/* Products of matrices, in tiles of TALL rows and at most WIDE vectors that stay in the registers.

   A matrix on the right is packed: its columns in panels of at most WIDE vectors, a panel row after row, the last
   vector filled with zeros, so that PACKED(K, J) numbers hold a (K, J) matrix.  The panels are balanced: 4 vectors are
   2 + 2, not 3 + 1. */

#define PANELS(J) ((VECTORS(J) + WIDE - 1) / WIDE)
#define PACKED(K, J) ((count)(K) * PADDED(J))

/* steps of a sum over rows that are taken together; rows that share a panel while it is in the cache */
#define DEEP 96
#define NEAR 1024 /* bytes of a row that need no packing */
#define BLOCK 96

INLINE int panel_vectors(int J, int panel) {
    int all_panels = PANELS(J);
    return VECTORS(J) / all_panels + (panel < VECTORS(J) % all_panels);
}

/* to = from, packed; the entry at (k, j) of `from` stands at k * down + j * right */
OUTLINE void pack(real *restrict to, const real *restrict from, count down, count right, int K, int J) {
    for (int k = 0; right == 1 && k < K; k++) { /* a row at a time, as it lies */
        const real *row = from + k * down;
        real *at = to;
        for (int panel = 0, first = 0; panel < PANELS(J); panel++) {
            int width = panel_vectors(J, panel) * LANES;
            for (int v = 0; v < width; v += LANES)
                if (first + v + LANES <= J) write(at + k * width + v, read(row + first + v));
                else
                    for (int j = v; j < v + LANES; j++) at[k * width + j] = first + j < J ? row[first + j] : 0;
            first += width;
            at += (count)K * width;
        }
    }
    for (int panel = 0, first = 0; right != 1 && panel < PANELS(J); panel++) {
        int width = panel_vectors(J, panel) * LANES, filled = LEAST(width, J - first);
        const real *corner = from + first * right;
        for (int j = 0; j < width; j++)
            for (int k = 0; k < K; k++) to[k * width + j] = j < filled ? corner[k * down + j * right] : 0;
        first += width;
        to += (count)K * width;
    }
}

/* out = start + a b for `rows` (at most TALL) rows and `wide` (at most WIDE) vectors; a(r, k) stands at
   r * down + k * right, b(k, j) at k * b_row + j.  No start: zero.  The sum over k is split where a few rows would leave the processor idle. */
INLINE void tile_of(const int rows, const int wide, const int split, int K, real *out, count out_row, const real *start,
                    count start_row, const real *restrict a, count down, count right, const real *restrict b, count b_row) {
    vector sum[4][TALL][WIDE];
#pragma GCC unroll 4
    for (int s = 0; s < split; s++)
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
            for (int v = 0; v < wide; v++)
                sum[s][r][v] = start && s == 0 ? read(start + r * start_row + v * LANES) : all(0);
    int k = 0;
    for (; k + split <= K; k += split) {
#pragma GCC unroll 4
        for (int s = 0; s < split; s++) {
            vector y[WIDE];
#pragma GCC unroll 3
            for (int v = 0; v < wide; v++) y[v] = read(b + (k + s) * b_row + v * LANES);
#pragma GCC unroll 8
            for (int r = 0; r < rows; r++) {
                vector x = all(a[r * down + (k + s) * right]);
#pragma GCC unroll 3
                for (int v = 0; v < wide; v++) sum[s][r][v] += x * y[v];
            }
        }
    }
    for (; split > 1 && k < K; k++)
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
            for (int v = 0; v < wide; v++)
                sum[0][r][v] += a[r * down + k * right] * read(b + k * b_row + v * LANES);
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
        for (int v = 0; v < wide; v++) {
            vector total = sum[0][r][v];
#pragma GCC unroll 4
            for (int s = 1; s < split; s++) total += sum[s][r][v];
            write(out + r * out_row + v * LANES, total);
        }
}

#define TILE(rows, wide, split) \
    tile_of(rows, wide, split, K, out, out_row, start, start_row, a, down, right, b, b_row)
#define TILES(rows, split) \
    if (wide == 3) TILE(rows, 3, split); \
    else if (wide == 2) TILE(rows, 2, split); \
    else TILE(rows, 1, split)

OUTLINE void tile(int rows, int wide, int K, real *out, count out_row, const real *start, count start_row,
                  const real *restrict a, count down, count right, const real *restrict b, count b_row) {
    if (rows == TALL) { TILES(TALL, 1); }
#if TALL == 8
    else if (rows == 4) { TILES(4, 1); }
#endif
    else if (rows == 2) { TILES(2, 2); }
    else { TILES(1, 4); }
}

/* out = start + a b for one row, in two panels at once (`other`: vectors of the second one, or 0) that lie one after the
   other, so that each number of a is fetched once for both */
INLINE void row_of(const int wide, const int other, const int split, int K, real *restrict out, const real *start,
                   const real *restrict a, const real *restrict b) {
    const real *c = b + K * wide * LANES;
    vector sum[4][2 * WIDE];
#pragma GCC unroll 4
    for (int s = 0; s < split; s++)
#pragma GCC unroll 6
        for (int v = 0; v < wide + other; v++) sum[s][v] = start && s == 0 ? read(start + v * LANES) : all(0);
    int k = 0;
    for (; k + split <= K; k += split)
#pragma GCC unroll 4
        for (int s = 0; s < split; s++) {
            vector x = all(a[k + s]);
#pragma GCC unroll 6
            for (int v = 0; v < wide + other; v++)
                sum[s][v] += x * read(v < wide ? b + ((k + s) * wide + v) * LANES : c + ((k + s) * other + v - wide) * LANES);
        }
    for (; split > 1 && k < K; k++)
#pragma GCC unroll 6
        for (int v = 0; v < wide + other; v++)
            sum[0][v] += a[k] * read(v < wide ? b + (k * wide + v) * LANES : c + (k * other + v - wide) * LANES);
#pragma GCC unroll 6
    for (int v = 0; v < wide + other; v++) {
        vector total = sum[0][v];
#pragma GCC unroll 4
        for (int s = 1; s < split; s++) total += sum[s][v];
        write(out + v * LANES, total);
    }
}

#define ROW(wide, other, split) row_of(wide, other, split, K, out, start, a, packed)

/* out = start + a P for one row, P packed (K, J) */
OUTLINE void row_times(int K, int J, real *restrict out, const real *start, const real *restrict a,
                       const real *restrict packed) {
    for (int panel = 0; panel < PANELS(J); panel += 2) {
        int wide = panel_vectors(J, panel), other = panel + 1 < PANELS(J) ? panel_vectors(J, panel + 1) : 0;
        if (other == 3) ROW(3, 3, 2);
        else if (other == 2 && wide == 3) ROW(3, 2, 2);
        else if (other == 2) ROW(2, 2, 2);
        else if (wide == 3) ROW(3, 0, 4);
        else if (wide == 2) ROW(2, 0, 4);
        else ROW(1, 0, 4);
        out += (wide + other) * LANES;
        start = start ? start + (wide + other) * LANES : 0;
        packed += (wide + other) * LANES * K;
    }
}

INLINE int tile_rows(count left) {
    return left >= TALL ? TALL : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/* out = start + a P for N rows, P packed (K, J).  With start_row = 0 every row begins with the same numbers. */
OUTLINE void rows_times(count N, int K, int J, real *out, count out_row, const real *start, count start_row,
                        const real *restrict a, count a_row, const real *restrict packed) {
    if (N == 1) {
        row_times(K, J, out, start, a, packed);
        return;
    }
    for (count block = 0; block < N; block += BLOCK) {
        count end = LEAST(block + BLOCK, N);
        for (int panel = 0, first = 0; panel < PANELS(J); panel++) {
            int wide = panel_vectors(J, panel), rows;
            for (count r = block; r < end; r += rows) {
                rows = tile_rows(end - r);
                tile(rows, wide, K, out + r * out_row + first, out_row, start ? start + r * start_row + first : 0,
                     start_row, a + r * a_row, a_row, 1, packed + (count)first * K, wide * LANES);
            }
            first += wide * LANES;
        }
    }
}

/* to = `deep` rows of a, TALL columns after the other */
OUTLINE void pack_columns(real *restrict to, const real *restrict a, count a_row, int deep, int I) {
    for (int r = 0; r < deep; r++, a += a_row) {
        real *at = to + r * TALL;
        int i = 0;
        for (; i + TALL <= I; i += TALL, at += deep * TALL) memcpy(at, a + i, TALL * sizeof(real));
        if (i < I)
            for (int s = 0; s < TALL; s++) at[s] = i + s < I ? a[i + s] : 0;
    }
}

/* g = sum over N rows of (row of a)^T (row of b), with `add` added to g: I rows of g_row >= PADDED(J) numbers; the rows
   of b are padded.  `scratch` holds SCRATCH(I, J) numbers. */
#define SCRATCH(I, J) ((count)DEEP * (TALL_ROWS(I) + PADDED(J)))

OUTLINE void columns_times(count N, int I, int J, real *g, count g_row, int add, const real *restrict a, count a_row,
                           const real *restrict b, count b_row, real *restrict scratch) {
    int near = (I + PADDED(J)) * (int)sizeof(real) <= NEAR;
    for (count block = 0; block < N || block == 0; block += DEEP) {
        int deep = LEAST(DEEP, N - block), old = add || block;
        const real *left = a + block * a_row, *right = b + block * b_row;
        if (!near) {
            pack_columns(scratch, left, a_row, deep, I);
            left = scratch;
            pack(scratch + (count)deep * TALL_ROWS(I), right, b_row, 1, deep, J);
            right = scratch + (count)deep * TALL_ROWS(I);
        }
        for (int panel = 0, first = 0; panel < PANELS(J); panel++) {
            int wide = panel_vectors(J, panel);
            const real *y = near ? right + first : right + (count)first * deep;
            for (int i = 0, rows; i < I; i += rows) {
                real *out = g + i * g_row + first;
                const real *x = near ? left + i : left + (count)(i / TALL * TALL) * deep + i % TALL;
                rows = tile_rows(I - i);
                tile(rows, wide, deep, out, g_row, old ? out : 0, g_row, x, 1, near ? a_row : TALL, y,
                     near ? b_row : wide * LANES);
            }
            first += wide * LANES;
        }
    }
}
