/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/curve.h"

#include "frame/diffuse.h"

#include <math.h>

/* Where the curve is straight a count has this many values, or rounding would be its largest error there. */
enum { VALUES = 4 };

int32_t lbc_curve_bend_one(int32_t count, int32_t knee)
{
    const int32_t start = 2 * VALUES * knee;
    return (int32_t)(sqrt((double)start * start + 2.0 * VALUES * start * count) + 0.5) - start;
}

/* Most counts are small, and a root takes longer than a look into a table. */
void lbc_curve_bend(int32_t *counts, size_t n, int32_t knee)
{
    enum { SMALL = 1024 };
    int32_t bent[SMALL];
    for (int32_t i = 0; i < SMALL; i++) bent[i] = lbc_curve_bend_one(i, knee);
    for (size_t i = 0; i < n; i++)
        counts[i] = counts[i] < SMALL ? bent[counts[i]] : lbc_curve_bend_one(counts[i], knee);
}

void lbc_curve_straighten(int32_t *values, size_t n, int32_t limit, int32_t knee)
{
    const int from = (int)lbc_diffuse_fraction(lbc_curve_bend_one(limit, knee)), to = (int)lbc_diffuse_fraction(limit);
    const double unit = ldexp(1.0 / VALUES, to - from), bend = ldexp(1.0 / (4 * knee), -to);
    const int32_t up = INT32_C(1) << 30; /* makes all of them positive, for which truncation rounds down */
    for (size_t i = 0; i < n; i++) {
        const double straight = values[i] * unit, value = straight + (straight > 0 ? straight * straight * bend : 0);
        const double held = value < LBC_DIFFUSE_MOST ? value : LBC_DIFFUSE_MOST;
        values[i] = values[i] == LBC_DIFFUSE_NONE ? LBC_DIFFUSE_NONE : (int32_t)(held + up + 0.5) - up;
    }
}
