/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/geometry.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

const double lbc_fast_direction[3] = {-1, 0, 0};
const double lbc_slow_direction[3] = {0, -1, 0};
const double lbc_beam_direction[3] = {0, 0, 1};

const double *lbc_rotation_vector(const char *serial)
{
    static const double usual[3] = {-1, 0, 0}, reversed[3] = {1, 0, 0}, upright[3] = {0, 1, 0};
    static const struct {
        const char *serial;
        const double *vector;
    } known[] = {{"E-32-0112", reversed},
                 {"E-32-0114", reversed},
                 {"E-18-0103", reversed}, /* SPring-8 */
                 {"E-32-0105", upright},  /* MAX IV BioMAX */
                 {"E-18-0133", upright}}; /* ESRF ID23-2 */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(serial, known[i].serial)) return known[i].vector;
    return usual;
}

lbc_translation lbc_module_offset(double beam_x, double beam_y, double pixel_x, double pixel_y)
{
    /* beam_x pixels along -x lead from the corner to the beam, so the corner is at +beam_x */
    const double x = beam_x * pixel_x, y = beam_y * pixel_y, length = hypot(x, y);
    if (!(length > 0)) return (lbc_translation){0, {1, 0, 0}};
    return (lbc_translation){length, {x / length, y / length, 0}};
}

lbc_plane lbc_plane_upright(const lbc_stand *s)
{
    lbc_plane plane = {.offset = lbc_module_offset(s->beam_x, s->beam_y, s->pixel_x, s->pixel_y)};
    memcpy(plane.fast, lbc_fast_direction, sizeof plane.fast);
    memcpy(plane.slow, lbc_slow_direction, sizeof plane.slow);
    return plane;
}

static double product(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* As fine as a 32-bit float. */
static bool is_direction(const double a[3], const double b[3])
{
    return fabs(a[0] - b[0]) < 1e-6 && fabs(a[1] - b[1]) < 1e-6 && fabs(a[2] - b[2]) < 1e-6;
}

/* z turned round or not, length 1, and no -0. */
static void turn(double out[3], const double in[3], double z)
{
    const double length = sqrt(product(in, in));
    for (int i = 0; i < 3; i++) out[i] = in[i] * (i == 2 ? z : 1) / length + 0.0;
}

bool lbc_plane_of_cosines(lbc_plane *plane, const lbc_stand *s, const double orientation[6], const double distances[3])
{
    static const double odd = 1e-3; /* cosines may be written with three digits */
    const double *x = orientation, *y = orientation + 3, z = distances[2] > 0 ? 1 : -1;
    *plane = lbc_plane_upright(s);
    if (!(fabs(product(x, x) - 1) < odd && fabs(product(y, y) - 1) < odd && fabs(product(x, y)) < odd)) return false;
    if (is_direction(x, lbc_fast_direction) && is_direction(y, lbc_slow_direction)) return true;
    turn(plane->fast, x, z);
    turn(plane->slow, y, z);

    const bool given = isfinite(product(distances, distances)) && (distances[0] != 0 || distances[1] != 0);
    double to[3] = {distances[0], distances[1], z * distances[2] - s->distance};
    for (int i = 0; !given && i < 3; i++)
        to[i] = -(s->beam_x * s->pixel_x * plane->fast[i] + s->beam_y * s->pixel_y * plane->slow[i]);
    const double length = sqrt(product(to, to));
    plane->offset = (lbc_translation){length, {1, 0, 0}};
    for (int i = 0; length > 0 && i < 3; i++) plane->offset.vector[i] = to[i] / length;
    return true;
}

bool lbc_module_is_image(const lbc_module *modules, uint32_t count)
{
    return count == 1 && modules->origin[0] == 0 && modules->origin[1] == 0;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* What all edges of the module are multiples of, but for the image's own; 0: it has no others. */
static uint32_t divisor_of(const lbc_module *m, lbc_shape image)
{
    const uint32_t edge[2] = {image.ny, image.nx};
    uint32_t divisor = 0;
    for (int axis = 0; axis < 2; axis++) {
        const uint32_t end = m->origin[axis] + m->size[axis];
        divisor = common_divisor(divisor, m->origin[axis]);
        if (end < edge[axis]) divisor = common_divisor(divisor, end);
    }
    return divisor;
}

bool lbc_module_is_cut(const lbc_module *module, lbc_shape image, uint32_t bin)
{
    return divisor_of(module, image) % bin != 0;
}

uint32_t lbc_modules_divisor(const lbc_module *modules, uint32_t count, lbc_shape image)
{
    uint32_t divisor = 0;
    for (uint32_t i = 0; i < count; i++) divisor = common_divisor(divisor, divisor_of(&modules[i], image));
    return divisor;
}

static bool contains(const char *text, const char *word)
{
    const size_t n = strlen(word);
    for (; *text; text++) {
        size_t i = 0;
        while (i < n && toupper((unsigned char)text[i]) == word[i]) i++;
        if (i == n) return true;
    }
    return false;
}

static bool is_diamond(const char *instrument)
{
    static const char *const short_names[] = {"I03", "I04", "VMXM"};
    for (size_t i = 0; i < sizeof short_names / sizeof short_names[0]; i++)
        if (strlen(instrument) == strlen(short_names[i]) && contains(instrument, short_names[i])) return true;
    return contains(instrument, "DIAMOND BEAMLINE") || contains(instrument, "DLS");
}

bool lbc_data_size_is_reversed(const char *instrument, const char *start_time)
{
    static const struct {
        const char *name, *until; /* local time, as dxtbx compares it */
    } beamlines[] = {
        {"I03", "2021-09-10T13:12:00"},
        {"I04", "2021-09-14T15:03:00"},
        {"VMXM", "2022-01-01T01:00:00"},
    };
    if (!is_diamond(instrument) || !start_time[0]) return false;
    for (size_t i = 0; i < sizeof beamlines / sizeof beamlines[0]; i++)
        if (contains(instrument, beamlines[i].name))
            return strncmp(start_time, beamlines[i].until, strlen(beamlines[i].until)) < 0;
    return false;
}

void lbc_rotate(double v[3], const double axis[3], double degrees)
{
    /* Rodrigues: v cos + (axis x v) sin + axis (axis . v) (1 - cos) */
    const double angle = degrees * 0.017453292519943295769, c = cos(angle), s = sin(angle);
    const double along = (axis[0] * v[0] + axis[1] * v[1] + axis[2] * v[2]) * (1 - c);
    const double x = v[0], y = v[1], z = v[2];
    v[0] = x * c + (axis[1] * z - axis[2] * y) * s + axis[0] * along;
    v[1] = y * c + (axis[2] * x - axis[0] * z) * s + axis[1] * along;
    v[2] = z * c + (axis[0] * y - axis[1] * x) * s + axis[2] * along;
}
