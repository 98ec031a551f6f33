/* Sums and largest entries, in LINE partial results so that they are computed side by side. */

INLINE real sum_of_parts(const real *part) {
    real sum = 0;
    for (int l = 0; l < LINE; l++) sum += part[l];
    return sum;
}

INLINE real total_of_parts(const double *part) {
    double sum = 0;
    for (int l = 0; l < LINE; l++) sum += part[l];
    return (real)sum;
}

INLINE real largest_of_parts(const real *part) {
    real most = part[0];
    for (int l = 1; l < LINE; l++) most = part[l] > most ? part[l] : most;
    return most;
}

/* to = from: rows of `width` numbers, the rest of a padded row zero; nothing to copy from: zero */
OUTLINE void copy_rows(real *restrict to, count to_row, const real *restrict from, count from_row, count rows, count width) {
    for (count r = 0; r < rows; r++) {
        if (from) memcpy(to + r * to_row, from + r * from_row, width * sizeof(real));
        else memset(to + r * to_row, 0, width * sizeof(real));
    }
}

/* room for so many numbers: whole lines, one more to read beyond the end, and some so that arrays of one size do not
   meet in the same places of the cache */
#define AREA(numbers) (((count)(numbers) + LINE - 1) / LINE * LINE + 5 * LINE)
#define MOST(a, b) ((a) > (b) ? (a) : (b))

/* rows that are taken through several operations before the next ones */
#define STRIP 96
