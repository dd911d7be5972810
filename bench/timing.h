/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* timing.h - processor time, and the median of it. */
#ifndef LBC_BENCH_TIMING_H
#define LBC_BENCH_TIMING_H

#include <stdlib.h>
#include <time.h>

/* Processor time of this process, in ms. */
static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static inline int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts times[n]; the larger of the two in the middle. */
static inline double median(double *times, int n)
{
    qsort(times, (size_t)n, sizeof *times, by_value);
    return times[n / 2];
}

#endif
