/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/crystal.h"

#include "simulate/elementary.h"
#include "simulate/random.h"

#include <math.h>
#include <string.h>

/* Columns: a, b, c in Cartesian axes, a along x, b in the xy plane (the Protein Data Bank's convention). 0: no cell. */
static int cell_vectors(const double cell[6], double m[3][3])
{
    double sine[3], cosine[3];
    for (int i = 0; i < 3; i++) {
        if (!(cell[i] >= 2.0 && cell[i] <= 5000.0) || !(cell[3 + i] > 1.0 && cell[3 + i] < 179.0)) return 0;
        lbc_sincos(cell[3 + i] * LBC_DEGREE, &sine[i], &cosine[i]);
    }
    const double cx = cosine[1], cy = (cosine[0] - cosine[1] * cosine[2]) / sine[2];
    const double cz2 = 1.0 - cx * cx - cy * cy;
    if (!(cz2 > 1e-6)) return 0;
    const double columns[3][3] = {{cell[0], 0, 0},
                                  {cell[1] * cosine[2], cell[1] * sine[2], 0},
                                  {cell[2] * cx, cell[2] * cy, cell[2] * sqrt(cz2)}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) m[i][j] = columns[j][i];
    return 1;
}

/* A symmetry operation keeps all lengths and angles: R^T G R = G for the metric G = m^T m. */
static int cell_fits_group(const double m[3][3], const lbc_space_group *group)
{
    for (unsigned n = 0; n < group->nops; n++) {
        double turned[3][3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                turned[i][j] = 0.0;
                for (int k = 0; k < 3; k++) turned[i][j] += m[i][k] * group->op[n].r[k][j];
            }
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                double before = 0.0, after = 0.0, size2 = 0.0;
                for (int k = 0; k < 3; k++) {
                    before += m[k][i] * m[k][j];
                    after += turned[k][i] * turned[k][j];
                    size2 += m[k][i] * m[k][i] + m[k][j] * m[k][j];
                }
                if (fabs(before - after) > 1e-4 * size2) return 0;
            }
    }
    return 1;
}

/* Rows of the inverse of m: the reciprocal axes. */
static void invert(const double m[3][3], double inverse[3][3])
{
    double determinant = 0.0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            const int i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
            inverse[j][i] = m[i1][j1] * m[i2][j2] - m[i1][j2] * m[i2][j1];
        }
    for (int k = 0; k < 3; k++) determinant += m[0][k] * inverse[k][0];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) inverse[i][j] /= determinant;
}

/* A rotation evenly distributed over all rotations: a unit quaternion with a random direction in four dimensions. */
static void random_rotation(uint64_t key, double u[3][3])
{
    double q[4], norm = 0.0;
    lbc_normal_pair(lbc_random(key, 0), lbc_random(key, 1), q);
    lbc_normal_pair(lbc_random(key, 2), lbc_random(key, 3), q + 2);
    for (int i = 0; i < 4; i++) norm += q[i] * q[i];
    for (int i = 0; i < 4; i++) q[i] /= sqrt(norm);
    const double w = q[0], x = q[1], y = q[2], z = q[3];
    const double rotation[3][3] = {{1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
                                   {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
                                   {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)}};
    memcpy(u, rotation, sizeof rotation);
}

lbc_status lbc_crystal_init(lbc_crystal *crystal, const char *group, const double *cell, uint64_t seed, lbc_error *err)
{
    memset(crystal, 0, sizeof *crystal);
    const lbc_status status = lbc_space_group_find(&crystal->group, group, err);
    if (status != LBC_OK) return status;
    memcpy(crystal->cell, cell ? cell : crystal->group.cell, sizeof crystal->cell);
    double m[3][3], reciprocal[3][3], u[3][3];
    if (!cell_vectors(crystal->cell, m)) return lbc_fail(err, LBC_E_ARGUMENT, "the unit cell is no cell");
    if (!cell_fits_group((const double(*)[3])m, &crystal->group))
        return lbc_fail(err, LBC_E_ARGUMENT, "the unit cell does not have the symmetry of %s", crystal->group.name);
    invert((const double(*)[3])m, reciprocal);
    random_rotation(lbc_random_key(seed, 1), u);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) { /* reciprocal axis j is row j of the inverse */
            crystal->ub[i][j] = 0.0;
            for (int k = 0; k < 3; k++) crystal->ub[i][j] += u[i][k] * reciprocal[j][k];
        }
    crystal->key = lbc_random_key(seed, 2);
    return LBC_OK;
}

void lbc_crystal_limits(const lbc_crystal *crystal, double d_min, int limit[3])
{
    /* h = a . r, so |h| <= a / d_min. */
    for (int i = 0; i < 3; i++) limit[i] = (int)floor(fmin(crystal->cell[i] / d_min, 32000.0));
}

void lbc_crystal_vector(const lbc_crystal *crystal, lbc_hkl hkl, double vector[3])
{
    for (int i = 0; i < 3; i++)
        vector[i] = crystal->ub[i][0] * hkl.h + crystal->ub[i][1] * hkl.k + crystal->ub[i][2] * hkl.l;
}

void lbc_crystal_intensity(const lbc_crystal *crystal, const lbc_hkl_class *c, double r2, double *plus, double *minus)
{
    *plus = *minus = 0.0;
    if (c->absent) return;
    const uint64_t index =
        (uint64_t)(uint16_t)c->unique.h | (uint64_t)(uint16_t)c->unique.k << 16 | (uint64_t)(uint16_t)c->unique.l << 32;
    const uint64_t key = lbc_random_key(crystal->key, index);
    double native[2], heavy[2]; /* E values: mean square 1 */
    lbc_normal_pair(lbc_random(key, 0), lbc_random(key, 1), native);
    lbc_normal_pair(lbc_random(key, 2), lbc_random(key, 3), heavy);
    /* For two independent complex normals the mean of | |P + iA| - |P - iA| | is near 4/pi |A|/|P| times mean |P|. */
    const double share = crystal->anomalous * LBC_PI / 4.0;
    const double mean = crystal->intensity * c->epsilon * lbc_exp(-0.5 * crystal->b_factor * r2);
    if (c->centric) {
        *plus = *minus = mean * (native[0] * native[0] + share * share * heavy[0] * heavy[0]);
        return;
    }
    const double re = native[0], im = native[1], a = -share * heavy[1], b = share * heavy[0]; /* i F'' */
    *plus = 0.5 * mean * ((re + a) * (re + a) + (im + b) * (im + b));
    *minus = 0.5 * mean * ((re - a) * (re - a) + (im - b) * (im - b));
}
