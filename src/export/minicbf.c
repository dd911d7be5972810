/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "export/minicbf.h"

#include "base/bytes.h"
#include "base/checksum.h"
#include "metadata/apply.h"
#include "metadata/isotime.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEADER_ROOM LBC_MINICBF_HEAD
#define PADDING     4095
#define PIXEL_ROOM  7 /* bytes of a pixel at most: one escape of 1, 2, and the difference in 4 */

static const char boundary_start[] = "--CIF-BINARY-FORMAT-SECTION--";
static const char boundary_end[] = "\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n\r\n";
static const uint8_t binary_mark[4] = {0x0C, 0x1A, 0x04, 0xD5};

size_t lbc_minicbf_bound(lbc_shape shape)
{
    return HEADER_ROOM + lbc_shape_pixels(shape) * PIXEL_ROOM + PADDING + sizeof boundary_end;
}

/* ---- pixels --------------------------------------------------------------------------------- */

/* Differences from the pixel before, in 1 byte, or in 2 or 4 after an escape. Differences of counts
 * below 2^31 and -1 always fit 4 bytes in wrap-around arithmetic. */
static uint8_t *put_difference(uint8_t *p, int32_t difference)
{
    if (difference >= -127 && difference <= 127) {
        *p++ = (uint8_t)difference;
        return p;
    }
    *p++ = 0x80;
    if (difference >= -32767 && difference <= 32767) {
        lbc_put_le16(p, (uint16_t)difference);
        return p + 2;
    }
    lbc_put_le16(p, 0x8000);
    lbc_put_le32(p + 2, (uint32_t)difference);
    return p + 6;
}

static uint8_t *put_pixels(uint8_t *p, const int32_t *frame, size_t n, int32_t overload)
{
    uint32_t before = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t value = (uint32_t)(frame[i] >= 0 ? frame[i] : frame[i] == LBC_OVERLOADED ? overload : -1);
        p = put_difference(p, (int32_t)(value - before));
        before = value;
    }
    return p;
}

/* ---- header --------------------------------------------------------------------------------- */

typedef struct header {
    char *text;
    size_t length;
} header;

static void add(header *h, const char *format, ...) LBC_PRINTF(2, 3);
static void add(header *h, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(h->text + h->length, HEADER_ROOM - h->length, format, args);
    va_end(args);
    if (n > 0) h->length += (size_t)n;
    if (h->length >= HEADER_ROOM) h->length = HEADER_ROOM - 1;
}

/* Words from a master, kept to one line of printable ASCII. */
static void add_words(header *h, const char *words)
{
    char clean[128];
    size_t n = 0;
    for (; words[n] && n + 1 < sizeof clean; n++) clean[n] = words[n] >= 32 && words[n] < 127 ? words[n] : '_';
    clean[n] = '\0';
    add(h, "%s", clean);
}

static void add_number(header *h, const char *name, double value, const char *unit)
{
    if (!isnan(value)) add(h, "# %s %.9g %s\r\n", name, value, unit);
}

static void add_sensor(header *h, const lbc_minicbf_facts *f)
{
    const char *name = lbc_material_name(f->material);
    if (!name || isnan(f->thickness)) return;
    add(h, "# %s sensor, thickness %.6f m\r\n", strcmp(name, "Si") == 0 ? "Silicon" : name, f->thickness);
}

/* dxtbx reads times as PILATUS writes them: to a thousandth of a second at most, and without a zone. */
static void add_date(header *h, const char *date)
{
    char text[LBC_TIME_SIZE], thousandths[] = "000";
    enum { WITHOUT_FRACTION = sizeof "2026-01-02T03:04:05" - 1 };
    if (!lbc_time_add(date, 0, text)) return;
    const char *fraction = text + WITHOUT_FRACTION;
    for (size_t i = 0; fraction[0] == '.' && i < 3 && isdigit((unsigned char)fraction[1 + i]); i++)
        thousandths[i] = fraction[1 + i];
    add(h, "# %.*s", WITHOUT_FRACTION, text);
    if (strcmp(thousandths, "000") != 0) add(h, ".%s", thousandths);
    add(h, "\r\n");
}

static double or_zero(double value)
{
    return isnan(value) ? 0 : value;
}

static void add_detector(header *h, const lbc_minicbf_facts *f)
{
    const char *name = f->detector[0] ? f->detector : "Eiger";
    add(h, "# Detector: ");
    add_words(h, f->bin > 1 ? "pixel array" : name);
    if (f->serial[0]) {
        add(h, strncmp(f->serial, "S/N ", 4) == 0 ? ", " : ", S/N ");
        add_words(h, f->serial);
    }
    add(h, "\r\n");
    if (f->bin <= 1) return;
    add(h, "# Binned %" PRIu32 " x %" PRIu32 " from: ", f->bin, f->bin);
    add_words(h, name);
    add(h, "\r\n");
}

static void add_facts(header *h, const lbc_minicbf_facts *f)
{
    add_detector(h, f);
    add_date(h, f->date);
    add(h, "# Pixel_size %.9g m x %.9g m\r\n", f->pixel_x, f->pixel_y);
    add_sensor(h, f);
    /* Without these dxtbx does not open the file. */
    add_number(h, "Exposure_time", or_zero(f->exposure_time), "s");
    add_number(h, "Exposure_period", or_zero(isnan(f->exposure_period) ? f->exposure_time : f->exposure_period), "s");
    add(h, "# Count_cutoff %" PRId64 " counts\r\n", f->cutoff);
    add_number(h, "Threshold_setting:", f->threshold, "eV");
    add_number(h, "Wavelength", f->wavelength, "A");
    add_number(h, "Detector_distance", f->distance, "m");
    add(h, "# Beam_xy (%.6g, %.6g) pixels\r\n", f->beam_x, f->beam_y);
    add(h, "# Start_angle %.6f deg.\r\n", or_zero(f->start_angle));
    add(h, "# Angle_increment %.6f deg.\r\n", or_zero(f->angle_increment));
}

static void add_binary_header(header *h, lbc_shape shape, size_t size)
{
    add(h, "%s\r\n", boundary_start);
    add(h, "Content-Type: application/octet-stream;\r\n     conversions=\"x-CBF_BYTE_OFFSET\"\r\n");
    add(h, "Content-Transfer-Encoding: BINARY\r\n");
    add(h, "X-Binary-Size: %zu\r\nX-Binary-ID: 1\r\n", size);
    add(h, "X-Binary-Element-Type: \"signed 32-bit integer\"\r\nX-Binary-Element-Byte-Order: LITTLE_ENDIAN\r\n");
    add(h, "X-Binary-Number-of-Elements: %zu\r\n", lbc_shape_pixels(shape));
    add(h, "X-Binary-Size-Fastest-Dimension: %" PRIu32 "\r\nX-Binary-Size-Second-Dimension: %" PRIu32 "\r\n", shape.nx,
        shape.ny);
    add(h, "X-Binary-Size-Padding: %d\r\n\r\n", PADDING);
}

/* ---- whose it is ---------------------------------------------------------------------------- */

static const char no_sum[] = "00000000";
#define SUM_DIGITS (sizeof no_sum - 1)

/* What our line says up to the checksum. Its length. */
static size_t our_line(char line[128], const char *job, uint64_t number)
{
    return (size_t)snprintf(line, 128, "# l_bnl_compress job %.40s image %" PRIu64 " crc32c ", job, number);
}

/* Of a file whose checksum is at `at`. */
static void sum_digits(char digits[SUM_DIGITS + 1], const uint8_t *file, size_t size, size_t at)
{
    uint32_t crc = lbc_crc32c(lbc_crc32c(0, file, at), no_sum, SUM_DIGITS);
    crc = lbc_crc32c(crc, file + at + SUM_DIGITS, size - at - SUM_DIGITS);
    snprintf(digits, SUM_DIGITS + 1, "%08" PRIx32, crc);
}

lbc_minicbf_state lbc_minicbf_check(const uint8_t *file, size_t size, const char *job, uint64_t number)
{
    char line[128], digits[SUM_DIGITS + 1];
    const size_t length = our_line(line, job, number);
    const uint8_t *end = memchr(file, '\n', size < HEADER_ROOM ? size : HEADER_ROOM);
    const size_t begin = end ? (size_t)(end - file) + 1 : size, at = begin + length;
    if (size < at || memcmp(file + begin, line, length) != 0) return LBC_MINICBF_FOREIGN;
    if (size < at + SUM_DIGITS) return LBC_MINICBF_DAMAGED;
    sum_digits(digits, file, size, at);
    return memcmp(file + at, digits, SUM_DIGITS) == 0 ? LBC_MINICBF_WHOLE : LBC_MINICBF_DAMAGED;
}

/* ---- the file ------------------------------------------------------------------------------- */

lbc_status lbc_minicbf_write(const lbc_minicbf_facts *facts, const int32_t *frame, lbc_shape shape, uint8_t *out,
                             size_t capacity, size_t *size)
{
    if (capacity < lbc_minicbf_bound(shape)) return LBC_E_SPACE;
    /* The header tells the size of what follows it, so the pixels are packed behind its room first. */
    uint8_t *pixels = out + HEADER_ROOM;
    const int32_t overload = facts->overloaded < INT32_MAX ? (int32_t)facts->overloaded : INT32_MAX;
    const size_t packed = (size_t)(put_pixels(pixels, frame, lbc_shape_pixels(shape), overload) - pixels);

    char line[128], digits[SUM_DIGITS + 1];
    header h = {(char *)out, 0};
    our_line(line, facts->job, facts->number);
    add(&h, "###CBF: VERSION 1.5, l_bnl_compress %s\r\n%s", lbc_version(), line);
    const size_t sum_at = h.length;
    add(&h, "%s\r\n\r\ndata_", no_sum);
    add_words(&h, facts->name);
    add(&h, "\r\n\r\n_array_data.header_convention \"%s\"\r\n_array_data.header_contents\r\n;\r\n",
        facts->bin > 1 ? "GENERIC_MINI_1.2" : "PILATUS_1.2");
    add_facts(&h, facts);
    add(&h, ";\r\n\r\n_array_data.data\r\n;\r\n");
    add_binary_header(&h, shape, packed);
    if (h.length + sizeof binary_mark > HEADER_ROOM) return LBC_E_ARGUMENT;

    uint8_t *p = out + h.length;
    memcpy(p, binary_mark, sizeof binary_mark);
    memmove(p + sizeof binary_mark, pixels, packed);
    p += sizeof binary_mark + packed;
    memset(p, 0, PADDING);
    memcpy(p + PADDING, boundary_end, sizeof boundary_end - 1);
    *size = (size_t)(p - out) + PADDING + sizeof boundary_end - 1;
    sum_digits(digits, out, *size, sum_at);
    memcpy(out + sum_at, digits, SUM_DIGITS);
    return LBC_OK;
}
