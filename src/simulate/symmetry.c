/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/symmetry.h"

#include <ctype.h>
#include <string.h>

#define MAX_GENERATORS 5

typedef struct group_entry {
    const char *name;
    double cell[6];
    const char *generators[MAX_GENERATORS];
} group_entry;

static const group_entry groups[] = {
    {"P1", {43.1, 52.3, 61.7, 83.2, 78.4, 71.9}, {NULL}},
    {"P21", {57.2, 61.8, 74.4, 90, 104.3, 90}, {"-x,y+1/2,-z"}},
    {"C2", {106.4, 58.1, 66.2, 90, 107.5, 90}, {"-x,y,-z", "x+1/2,y+1/2,z"}},
    {"P212121", {57.8, 73.6, 115.2, 90, 90, 90}, {"-x+1/2,-y,z+1/2", "-x,y+1/2,-z+1/2"}},
    {"C2221", {64.5, 96.8, 121.3, 90, 90, 90}, {"-x,-y,z+1/2", "-x,y,-z+1/2", "x+1/2,y+1/2,z"}},
    {"I222", {67.4, 84.2, 103.6, 90, 90, 90}, {"-x,-y,z", "-x,y,-z", "x+1/2,y+1/2,z+1/2"}},
    {"P41212", {57.9, 57.9, 150.2, 90, 90, 90}, {"-y+1/2,x+1/2,z+1/4", "-x+1/2,y+1/2,-z+1/4"}},
    {"P43212", {79.1, 79.1, 37.9, 90, 90, 90}, {"-y+1/2,x+1/2,z+3/4", "-x+1/2,y+1/2,-z+3/4"}},
    {"P3121", {88.3, 88.3, 105.9, 90, 90, 120}, {"-y,x-y,z+1/3", "y,x,-z"}},
    {"P6122", {92.6, 92.6, 128.4, 90, 90, 120}, {"x-y,x,z+1/6", "y,x,-z+1/3"}},
    {"P213", {97.2, 97.2, 97.2, 90, 90, 90}, {"z,x,y", "-x+1/2,-y,z+1/2", "-x,y+1/2,-z+1/2"}},
    {"I213", {78.1, 78.1, 78.1, 90, 90, 90}, {"z,x,y", "-x+1/2,-y,z+1/2", "-x,y+1/2,-z+1/2", "x+1/2,y+1/2,z+1/2"}},
    {"F432", {181.4, 181.4, 181.4, 90, 90, 90}, {"z,x,y", "-y,x,z", "y,x,-z", "x,y+1/2,z+1/2", "x+1/2,y,z+1/2"}},
};

#define GROUPS (sizeof groups / sizeof *groups)

/* Reads one generator; the table above is the only source, so nothing is checked. */
static lbc_symop parse_symop(const char *text)
{
    lbc_symop op = {0};
    int row = 0, sign = 1;
    for (const char *p = text; *p; p++) {
        if (*p == ',') {
            row++;
            sign = 1;
        } else if (*p == '-') {
            sign = -1;
        } else if (*p == '+') {
            sign = 1;
        } else if (*p >= 'x') {
            op.r[row][*p - 'x'] = (int8_t)sign;
        } else {
            op.t[row] = (int8_t)(sign * (*p - '0') * 24 / (p[2] - '0')); /* "3/4" */
            p += 2;
        }
    }
    return op;
}

static lbc_symop multiply(const lbc_symop *a, const lbc_symop *b)
{
    lbc_symop c;
    for (int i = 0; i < 3; i++) {
        int t = a->t[i];
        for (int j = 0; j < 3; j++) {
            c.r[i][j] = (int8_t)(a->r[i][0] * b->r[0][j] + a->r[i][1] * b->r[1][j] + a->r[i][2] * b->r[2][j]);
            t += a->r[i][j] * b->t[j];
        }
        c.t[i] = (int8_t)((t % 24 + 24) % 24);
    }
    return c;
}

static void add_symop(lbc_space_group *group, lbc_symop op)
{
    for (unsigned i = 0; i < group->nops; i++)
        if (memcmp(&group->op[i], &op, sizeof op) == 0) return;
    if (group->nops < LBC_MAX_SYMOPS) group->op[group->nops++] = op;
}

static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == ' ') a++;
        while (*b == ' ') b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
        if (!*a) return true;
    }
}

lbc_status lbc_space_group_find(lbc_space_group *group, const char *name, lbc_error *err)
{
    const group_entry *entry = groups;
    while (entry < groups + GROUPS && !same_name(entry->name, name)) entry++;
    if (entry == groups + GROUPS) return lbc_fail(err, LBC_E_ARGUMENT, "unknown space group '%s'", name);
    *group = (lbc_space_group){.name = entry->name};
    memcpy(group->cell, entry->cell, sizeof group->cell);
    add_symop(group, parse_symop("x,y,z"));
    for (int g = 0; g < MAX_GENERATORS && entry->generators[g]; g++)
        add_symop(group, parse_symop(entry->generators[g]));
    for (unsigned i = 1; i < group->nops; i++) /* nops grows as products are found */
        for (unsigned j = 1; j <= i; j++) {
            add_symop(group, multiply(&group->op[i], &group->op[j]));
            add_symop(group, multiply(&group->op[j], &group->op[i]));
        }
    for (unsigned i = 0; i < group->nops; i++)
        group->centring += memcmp(group->op[i].r, group->op[0].r, sizeof group->op[0].r) == 0;
    return LBC_OK;
}

const char *lbc_space_group_name(unsigned n)
{
    return n < GROUPS ? groups[n].name : NULL;
}

static bool larger(const int a[3], const int b[3])
{
    if (a[2] != b[2]) return a[2] > b[2];
    if (a[1] != b[1]) return a[1] > b[1];
    return a[0] > b[0];
}

lbc_hkl_class lbc_classify(const lbc_space_group *group, lbc_hkl hkl)
{
    const int h[3] = {hkl.h, hkl.k, hkl.l};
    lbc_hkl_class c = {0};
    int best[3] = {h[0], h[1], h[2]};
    unsigned fixed = 0;
    for (unsigned i = 0; i < group->nops; i++) {
        const lbc_symop *op = &group->op[i];
        int mate[3], opposite[3];
        for (int j = 0; j < 3; j++) {
            mate[j] = h[0] * op->r[0][j] + h[1] * op->r[1][j] + h[2] * op->r[2][j];
            opposite[j] = -mate[j];
        }
        if (memcmp(mate, h, sizeof h) == 0) {
            fixed++;
            c.absent |= (h[0] * op->t[0] + h[1] * op->t[1] + h[2] * op->t[2]) % 24 != 0;
        }
        c.centric |= memcmp(opposite, h, sizeof h) == 0;
        if (larger(opposite, best)) {
            memcpy(best, opposite, sizeof best);
            c.minus = true;
        }
        if (!larger(best, mate)) { /* of equals the mate counts: a centric reflection is no opposite */
            memcpy(best, mate, sizeof best);
            c.minus = false;
        }
    }
    c.unique = (lbc_hkl){(int16_t)best[0], (int16_t)best[1], (int16_t)best[2]};
    c.epsilon = fixed / group->centring;
    return c;
}
