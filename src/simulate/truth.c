/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/truth.h"

#include "base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 256

/* A text file on its way to its place. */
typedef struct table {
    lbc_place place;
    int fd;
    size_t used;
    char text[1 << 16];
} table;

static lbc_status table_flush(table *t, lbc_error *err)
{
    for (size_t done = 0; done < t->used;) {
        const ssize_t n = write(t->fd, t->text + done, t->used - done);
        if (n < 0 && errno != EINTR) return lbc_fail(err, LBC_E_IO, "%s: %s", t->place.path, strerror(errno));
        if (n > 0) done += (size_t)n;
    }
    t->used = 0;
    return LBC_OK;
}

static lbc_status table_begin(table *t, const char *path, const char *heading, lbc_error *err)
{
    memset(&t->place, 0, sizeof t->place);
    t->fd = -1;
    const lbc_status status = lbc_place_begin(&t->place, path, err);
    if (status != LBC_OK) return status;
    t->fd = open(t->place.temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (t->fd < 0) return lbc_fail(err, LBC_E_IO, "%s: %s", path, strerror(errno));
    t->used = strlen(heading);
    memcpy(t->text, heading, t->used);
    return LBC_OK;
}

LBC_PRINTF(3, 4) static lbc_status table_line(table *t, lbc_error *err, const char *format, ...)
{
    if (sizeof t->text - t->used < LINE_MAX_BYTES) {
        const lbc_status status = table_flush(t, err);
        if (status != LBC_OK) return status;
    }
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(t->text + t->used, LINE_MAX_BYTES, format, args);
    va_end(args);
    t->used += n > 0 && n < LINE_MAX_BYTES ? (size_t)n : 0;
    return LBC_OK;
}

static lbc_status table_end(table *t, lbc_status status, bool replace, lbc_error *err)
{
    if (status == LBC_OK) status = table_flush(t, err);
    if (t->fd >= 0 && close(t->fd) != 0 && status == LBC_OK)
        status = lbc_fail(err, LBC_E_IO, "%s: %s", t->place.path, strerror(errno));
    if (status == LBC_OK) status = lbc_place_commit(&t->place, replace, err);
    lbc_place_drop(&t->place);
    return status;
}

/* Writes the line of hkl if it is the unique one of its mates. */
static lbc_status truth_line(table *t, const lbc_crystal *crystal, lbc_hkl hkl, double r2, uint64_t *count,
                             lbc_error *err)
{
    const lbc_hkl_class c = lbc_classify(&crystal->group, hkl);
    if (c.absent || c.unique.h != hkl.h || c.unique.k != hkl.k || c.unique.l != hkl.l) return LBC_OK;
    double plus, minus;
    lbc_crystal_intensity(crystal, &c, r2, &plus, &minus);
    ++*count;
    return table_line(t, err, "%d,%d,%d,%.6g,%.6g,%d,%u,%.4f\n", hkl.h, hkl.k, hkl.l, plus, minus, c.centric, c.epsilon,
                      1.0 / sqrt(r2));
}

lbc_status lbc_truth_write(const char *path, bool replace, const lbc_crystal *crystal, double d_min, uint64_t *count,
                           lbc_error *err)
{
    table t;
    lbc_status status = table_begin(&t, path, "h,k,l,i_plus,i_minus,centric,epsilon,d\n", err);
    int limit[3];
    lbc_crystal_limits(crystal, d_min, limit);
    *count = 0;
    /* The unique one of a set has the largest l, so it is at least 0. */
    for (int l = 0; l <= limit[2]; l++)
        for (int k = -limit[1]; k <= limit[1]; k++)
            for (int h = -limit[0]; status == LBC_OK && h <= limit[0]; h++) {
                const lbc_hkl hkl = {(int16_t)h, (int16_t)k, (int16_t)l};
                double r[3];
                lbc_crystal_vector(crystal, hkl, r);
                const double r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
                if (r2 > 0.0 && r2 * d_min * d_min <= 1.0) status = truth_line(&t, crystal, hkl, r2, count, err);
            }
    return table_end(&t, status, replace, err);
}

lbc_status lbc_predictions_write(const char *path, bool replace, const lbc_spots *spots, lbc_error *err)
{
    table t;
    lbc_status status = table_begin(&t, path, "h,k,l,x,y,angle,width,photons\n", err);
    for (size_t i = 0; status == LBC_OK && i < spots->count; i++) {
        const lbc_spot *s = &spots->spot[i];
        status = table_line(&t, err, "%d,%d,%d,%.2f,%.2f,%.4f,%.4f,%.5g\n", s->hkl.h, s->hkl.k, s->hkl.l, (double)s->x,
                            (double)s->y, s->angle, (double)s->width, s->photons);
    }
    return table_end(&t, status, replace, err);
}
