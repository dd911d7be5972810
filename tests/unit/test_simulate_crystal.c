/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Space groups, lattice and structure factors of the simulated crystal. */
#include "simulate/crystal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) fail_msg("%.17g is not within %g of %.17g", value, tolerance, expected);
}

static lbc_space_group group_of(const char *name)
{
    lbc_space_group group;
    assert_int_equal(lbc_space_group_find(&group, name, NULL), LBC_OK);
    return group;
}

static void groups_have_their_order(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned order, centring;
    } expected[] = {{"P1", 1, 1},    {"P21", 2, 1},    {"C2", 4, 2},     {"P212121", 4, 1}, {"C2221", 8, 2},
                    {"I222", 8, 2},  {"P41212", 8, 1}, {"P43212", 8, 1}, {"P3121", 6, 1},   {"P6122", 12, 1},
                    {"P213", 12, 1}, {"I213", 24, 2},  {"F432", 96, 4}};
    unsigned n = 0;
    for (; lbc_space_group_name(n); n++) {
        const lbc_space_group group = group_of(expected[n].name);
        assert_string_equal(group.name, lbc_space_group_name(n));
        assert_int_equal(group.nops, expected[n].order);
        assert_int_equal(group.centring, expected[n].centring);
    }
    assert_int_equal(n, sizeof expected / sizeof *expected);
    assert_string_equal(group_of("p 43 21 2").name, "P43212");
    lbc_space_group group;
    lbc_error err;
    assert_int_equal(lbc_space_group_find(&group, "P432123", &err), LBC_E_ARGUMENT);
    assert_non_null(strstr(err.text, "P432123"));
}

/* Reflection conditions of International Tables A. */
static int expected_absent(const char *name, int h, int k, int l)
{
    const int zeros = (h == 0) + (k == 0) + (l == 0), along = h + k + l; /* with two zeros: the third */
    if (strcmp(name, "P21") == 0) return h == 0 && l == 0 && k % 2;
    if (strcmp(name, "C2") == 0) return (h + k) % 2 != 0;
    if (strcmp(name, "P212121") == 0 || strcmp(name, "P213") == 0) return zeros == 2 && along % 2;
    if (strcmp(name, "C2221") == 0) return (h + k) % 2 || (h == 0 && k == 0 && l % 2);
    if (strcmp(name, "I222") == 0 || strcmp(name, "I213") == 0) return (h + k + l) % 2 != 0;
    if (strcmp(name, "P41212") == 0 || strcmp(name, "P43212") == 0) return zeros == 2 && (l ? l % 4 : along % 2);
    if (strcmp(name, "P3121") == 0) return h == 0 && k == 0 && l % 3;
    if (strcmp(name, "P6122") == 0) return h == 0 && k == 0 && l % 6;
    if (strcmp(name, "F432") == 0) return (h + k) % 2 || (k + l) % 2;
    return 0;
}

static void absences_are_those_of_the_tables(void **state)
{
    (void)state;
    for (unsigned n = 0; lbc_space_group_name(n); n++) {
        const lbc_space_group group = group_of(lbc_space_group_name(n));
        for (int h = -7; h <= 7; h++)
            for (int k = -7; k <= 7; k++)
                for (int l = -7; l <= 7; l++) {
                    if (!h && !k && !l) continue;
                    const lbc_hkl hkl = {(int16_t)h, (int16_t)k, (int16_t)l};
                    if (lbc_classify(&group, hkl).absent != (expected_absent(group.name, h, k, l) != 0))
                        fail_msg("%s: %d %d %d", group.name, h, k, l);
                }
    }
}

static int same(lbc_hkl a, lbc_hkl b)
{
    return a.h == b.h && a.k == b.k && a.l == b.l;
}

static void mates_share_their_class(void **state)
{
    (void)state;
    for (unsigned n = 0; lbc_space_group_name(n); n++) {
        const lbc_space_group group = group_of(lbc_space_group_name(n));
        for (int h = -5; h <= 5; h++)
            for (int k = -5; k <= 5; k++)
                for (int l = -5; l <= 5; l++) {
                    if (!h && !k && !l) continue;
                    const lbc_hkl hkl = {(int16_t)h, (int16_t)k, (int16_t)l};
                    const lbc_hkl opposite = {(int16_t)-h, (int16_t)-k, (int16_t)-l};
                    const lbc_hkl_class c = lbc_classify(&group, hkl), o = lbc_classify(&group, opposite);
                    const lbc_hkl_class u = lbc_classify(&group, c.unique);
                    assert_true(same(c.unique, o.unique) && same(c.unique, u.unique) && !u.minus);
                    assert_true(c.centric ? !c.minus && !o.minus : c.minus != o.minus);
                    assert_true(c.absent == o.absent && c.epsilon == o.epsilon && c.epsilon >= 1);
                    for (unsigned i = 0; i < group.nops; i++) {
                        int m[3];
                        for (int j = 0; j < 3; j++)
                            m[j] = h * group.op[i].r[0][j] + k * group.op[i].r[1][j] + l * group.op[i].r[2][j];
                        const lbc_hkl mate = {(int16_t)m[0], (int16_t)m[1], (int16_t)m[2]};
                        const lbc_hkl_class d = lbc_classify(&group, mate);
                        assert_true(same(c.unique, d.unique) && c.minus == d.minus && c.centric == d.centric &&
                                    c.absent == d.absent && c.epsilon == d.epsilon);
                    }
                }
    }
    const lbc_space_group tetragonal = group_of("P43212");
    assert_int_equal(lbc_classify(&tetragonal, (lbc_hkl){0, 0, 4}).epsilon, 4);
    assert_int_equal(lbc_classify(&tetragonal, (lbc_hkl){3, 3, 0}).epsilon, 2);
    assert_true(lbc_classify(&tetragonal, (lbc_hkl){3, 5, 0}).centric);
    assert_false(lbc_classify(&tetragonal, (lbc_hkl){3, 5, 1}).centric);
}

static void lattice_has_its_cell(void **state)
{
    (void)state;
    for (unsigned n = 0; lbc_space_group_name(n); n++) {
        lbc_crystal crystal;
        assert_int_equal(lbc_crystal_init(&crystal, lbc_space_group_name(n), NULL, 5 + n, NULL), LBC_OK);
        const double *c = crystal.cell;
        double cosine[3], squares = 0.0, metric[3][3], m[3][3];
        for (int i = 0; i < 3; i++) {
            cosine[i] = cos(c[3 + i] * 3.14159265358979323846 / 180);
            squares += cosine[i] * cosine[i];
        }
        const double volume = c[0] * c[1] * c[2] * sqrt(1.0 - squares + 2.0 * cosine[0] * cosine[1] * cosine[2]);
        memcpy(m, crystal.ub, sizeof m);
        const double determinant = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
                                   m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                                   m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
        assert_near(determinant * volume, 1.0, 1e-12); /* positive: right-handed */
        for (int i = 0; i < 3; i++) /* a* . a* = (b c sin(alpha) / V)^2, a* . b* from the cell's metric likewise */
            for (int j = 0; j < 3; j++) metric[i][j] = m[0][i] * m[0][j] + m[1][i] * m[1][j] + m[2][i] * m[2][j];
        for (int i = 0; i < 3; i++) {
            const int j = (i + 1) % 3, k = (i + 2) % 3;
            const double length = c[j] * c[k] * sqrt(1.0 - cosine[i] * cosine[i]) / volume;
            assert_near(metric[i][i] / (length * length), 1.0, 1e-12);
            const double product = c[i] * c[j] * c[k] * c[k] * (cosine[i] * cosine[j] - cosine[k]) / (volume * volume);
            assert_near(metric[i][j], product, 1e-14);
        }
    }
}

static void cells_without_the_symmetry_are_refused(void **state)
{
    (void)state;
    lbc_crystal crystal;
    lbc_error err;
    static const double unequal[6] = {79, 80, 38, 90, 90, 90}, flat[6] = {50, 60, 70, 30, 30, 80};
    static const double large[6] = {1e5, 50, 50, 90, 90, 90};
    assert_int_equal(lbc_crystal_init(&crystal, "P43212", unequal, 1, &err), LBC_E_ARGUMENT);
    assert_int_equal(lbc_crystal_init(&crystal, "P212121", unequal, 1, &err), LBC_OK);
    assert_int_equal(lbc_crystal_init(&crystal, "P1", flat, 1, &err), LBC_E_ARGUMENT);
    assert_int_equal(lbc_crystal_init(&crystal, "P1", large, 1, &err), LBC_E_ARGUMENT);
}

typedef struct moments {
    double n, sum, sum2, difference, f;
} moments;

static void add(moments *m, double plus, double minus)
{
    m->n += 1.0;
    m->sum += plus;
    m->sum2 += plus * plus;
    m->difference += fabs(sqrt(plus) - sqrt(minus));
    m->f += 0.5 * (sqrt(plus) + sqrt(minus));
}

static void intensities_follow_wilson(void **state)
{
    (void)state;
    lbc_crystal crystal;
    assert_int_equal(lbc_crystal_init(&crystal, "P212121", NULL, 3, NULL), LBC_OK);
    crystal.intensity = 1000.0;
    crystal.b_factor = 0.0;
    crystal.anomalous = 0.08;
    moments acentric = {0}, centric = {0};
    for (int h = 0; h <= 40; h++)
        for (int k = 0; k <= 40; k++)
            for (int l = 0; l <= 40; l++) {
                const lbc_hkl_class c = lbc_classify(&crystal.group, (lbc_hkl){(int16_t)h, (int16_t)k, (int16_t)l});
                double plus, minus;
                lbc_crystal_intensity(&crystal, &c, 0.01, &plus, &minus);
                if (c.absent) assert_true(plus == 0.0 && minus == 0.0);
                if (c.absent || c.epsilon > 1) continue;
                if (c.centric) assert_true(plus == minus);
                add(c.centric ? &centric : &acentric, plus, minus);
            }
    const double mean = acentric.sum / acentric.n, mean_centric = centric.sum / centric.n;
    assert_near(mean, 1000.0, 20.0);
    assert_near(mean_centric, 1000.0, 100.0);
    assert_near(acentric.sum2 / acentric.n / (mean * mean), 2.0, 0.06);
    assert_near(centric.sum2 / centric.n / (mean_centric * mean_centric), 3.0, 0.35);
    assert_near(acentric.difference / acentric.f, 0.08, 0.004);

    /* B lowers intensities by exp(-2 B s^2), s^2 = 1 / 4 d^2 */
    const lbc_hkl_class c = lbc_classify(&crystal.group, (lbc_hkl){3, 4, 5});
    double before, after, minus;
    lbc_crystal_intensity(&crystal, &c, 0.25, &before, &minus);
    crystal.b_factor = 20.0;
    lbc_crystal_intensity(&crystal, &c, 0.25, &after, &minus);
    assert_near(after / before, exp(-2.0 * 20.0 * 0.25 / 4.0), 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_have_their_order),
        cmocka_unit_test(absences_are_those_of_the_tables),
        cmocka_unit_test(mates_share_their_class),
        cmocka_unit_test(lattice_has_its_cell),
        cmocka_unit_test(cells_without_the_symmetry_are_refused),
        cmocka_unit_test(intensities_follow_wilson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
