/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/turn.h"

#include "base/memory.h"
#include "nexus/doubt.h"
#include "nexus/h5util.h"
#include "nexus/units.h"

#include <math.h>
#include <stdlib.h>

const char *const lbc_axis_names[LBC_AXES] = {"omega", "phi", "kappa", "chi"};

static double spread_of(hid_t dataset, size_t count)
{
    double *numbers = lbc_alloc(count, sizeof *numbers), low = INFINITY, high = -INFINITY;
    if (!numbers) lbc_doubt(dataset, NULL, "out of memory");
    if (numbers && lbc_h5_numbers(dataset, numbers, count) < count) count = 0;
    for (size_t i = 0; numbers && i < count; i++) {
        low = fmin(low, numbers[i]);
        high = fmax(high, numbers[i]);
    }
    free(numbers);
    return high > low ? high - low : 0;
}

lbc_turn lbc_turn_of(hid_t dataset)
{
    char unit[32];
    double two[2];
    const size_t count = lbc_h5_numbers(dataset, two, 2);
    if (!count) return LBC_TURN_NONE;
    lbc_h5_attr_text(dataset, "units", unit, sizeof unit);
    const double degrees = lbc_unit_angle(unit);
    const double spread = count > 1 ? spread_of(dataset, count < LBC_TURN_LOOKED ? count : LBC_TURN_LOOKED) : 0;
    return (lbc_turn){count, two[0] * degrees, count > 1 ? (two[1] - two[0]) * degrees : 0, spread * degrees};
}

lbc_merit lbc_merit_of(const lbc_turn *value, const lbc_turn *end, bool complete, bool told, double step)
{
    if (complete)
        return value->spread > 0 || (end->count && end->first != value->first) ? LBC_MERIT_MOVES : LBC_MERIT_STILL;
    return !told ? LBC_MERIT_NONE : step != 0 ? LBC_MERIT_MOVES_BY_STEP : LBC_MERIT_STILL_BY_STEP;
}
