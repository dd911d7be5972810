/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lbc_test_dump - what src/nexus/input sees in a series, for tests.
 *
 *   lbc_test_dump [--through-hdf5] [--pixels FILE] [--mask FILE] [--threads N] [--wait] MASTER
 *
 * Prints one JSON object: status, error, warnings, the facts, the files, where each frame is. --pixels
 * writes all frames, --mask the pixel mask, as raw little-endian numbers. --threads reads with N threads
 * (frame i by thread i mod N). --wait waits, after opening, for a line on stdin, so that a test can change the files.
 * Exit status: 0, or 1 after an error.
 */
#include "base/memory.h"
#include "nexus/input.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_THREADS 16

static void print_string(const char *text)
{
    putchar('"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            printf("\\%c", *p);
        else if (*p < 0x20)
            printf("\\u%04x", *p);
        else
            putchar(*p);
    }
    putchar('"');
}

static void print_named(const char *name, const char *text)
{
    printf(", \"%s\": ", name);
    print_string(text);
}

static void print_number(const char *name, double value)
{
    if (isnan(value))
        printf(", \"%s\": null", name);
    else
        printf(", \"%s\": %.17g", name, value);
}

/* ---- warnings ------------------------------------------------------------------------------ */

static unsigned warnings;

static void take_message(void *user, lbc_level level, const char *text)
{
    (void)user;
    printf(warnings++ ? ", " : "");
    print_string(text);
    if (level != LBC_LEVEL_WARNING) fprintf(stderr, "a message that is no warning: %s\n", text);
}

/* ---- frames -------------------------------------------------------------------------------- */

typedef struct frame_taker {
    unsigned char *to;
    size_t pixel_size, room;
    int too_many;
} frame_taker;

static void take_pixels(void *user, const void *pixels, size_t count)
{
    frame_taker *t = user;
    if (count > t->room) {
        t->too_many = 1;
        return;
    }
    memcpy(t->to, pixels, count * t->pixel_size);
    t->to += count * t->pixel_size;
    t->room -= count;
}

typedef struct reading {
    const lbc_input *input;
    unsigned char *pixels;
    unsigned thread, threads;
    lbc_status status;
    lbc_error error;
} reading;

static lbc_status read_frame(const reading *r, lbc_frame_reader *reader, uint64_t frame, lbc_error *err)
{
    const lbc_series *s = lbc_input_series(r->input);
    const size_t pixels = lbc_shape_pixels(s->shape), size = lbc_pixel_size(s->type);
    frame_taker taker = {r->pixels + frame * pixels * size, size, pixels, 0};
    const lbc_pixel_sink sink = {take_pixels, &taker};
    const lbc_status status = lbc_input_read(r->input, reader, frame, &sink, err);
    if (status == LBC_OK && (taker.room || taker.too_many))
        return lbc_fail(err, LBC_E_MISMATCH, "frame %llu: not as many pixels as the image has",
                        (unsigned long long)frame);
    return status;
}

static void *read_share(void *user)
{
    reading *r = user;
    lbc_frame_reader *reader = lbc_frame_reader_new();
    if (!reader) r->status = lbc_fail(&r->error, LBC_E_MEMORY, "no memory for a reader");
    for (uint64_t i = r->thread; r->status == LBC_OK && i < lbc_input_series(r->input)->frames; i += r->threads)
        r->status = read_frame(r, reader, i, &r->error);
    lbc_frame_reader_free(reader);
    return NULL;
}

static int write_file(const char *path, const void *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    const int ok = f && fwrite(bytes, 1, size, f) == size;
    return f && fclose(f) == 0 && ok;
}

static lbc_status read_all(const lbc_input *input, unsigned threads, const char *path, lbc_error *err)
{
    static reading share[MAX_THREADS];
    const lbc_series *s = lbc_input_series(input);
    const size_t size = s->frames * lbc_shape_pixels(s->shape) * lbc_pixel_size(s->type);
    unsigned char *pixels = lbc_alloc(size, 1);
    pthread_t id[MAX_THREADS];
    lbc_status status = pixels ? LBC_OK : lbc_fail(err, LBC_E_MEMORY, "no memory for the pixels");
    if (status != LBC_OK) return status;
    for (unsigned t = 0; t < threads; t++)
        share[t] = (reading){.input = input, .pixels = pixels, .thread = t, .threads = threads};
    for (unsigned t = 1; t < threads; t++)
        if (pthread_create(&id[t], NULL, read_share, &share[t]) != 0) abort();
    read_share(&share[0]);
    for (unsigned t = 1; t < threads; t++) pthread_join(id[t], NULL);
    for (unsigned t = 0; t < threads && status == LBC_OK; t++) {
        status = share[t].status;
        *err = share[t].error;
    }
    if (status == LBC_OK && !write_file(path, pixels, size)) status = lbc_fail(err, LBC_E_IO, "cannot write %s", path);
    free(pixels);
    return status;
}

/* ---- facts --------------------------------------------------------------------------------- */

static void print_facts(const lbc_input *input)
{
    static const char *const types[] = {[LBC_U8] = "uint8", [LBC_U16] = "uint16", [LBC_U32] = "uint32",
                                        [LBC_I8] = "int8",  [LBC_I16] = "int16",  [LBC_I32] = "int32"};
    const lbc_series *s = lbc_input_series(input);
    lbc_error incomplete = {LBC_OK, ""};
    uint64_t fast = 0;
    printf(", \"frames\": %llu, \"nimages\": %llu, \"ntrigger\": %llu", (unsigned long long)s->frames,
           (unsigned long long)s->nimages, (unsigned long long)s->ntrigger);
    printf(", \"ny\": %u, \"nx\": %u, \"saturation\": %lld", s->shape.ny, s->shape.nx, (long long)s->saturation);
    print_named("type", types[s->type]);
    print_named("saturation_from", s->saturation_from);
    print_number("wavelength", s->wavelength);
    print_number("distance", s->distance);
    print_number("pixel_x", s->pixel_x);
    print_number("pixel_y", s->pixel_y);
    print_number("beam_x", s->beam_x);
    print_number("beam_y", s->beam_y);
    print_number("oscillation", s->oscillation);
    printf(", \"axis\": [%.17g, %.17g, %.17g], \"angles\": [", s->axis[0], s->axis[1], s->axis[2]);
    for (uint64_t i = 0; s->angles && i < s->frames; i++) {
        printf("%s", i ? ", " : "");
        if (isnan(s->angles[i]))
            printf("NaN");
        else
            printf("%.17g", s->angles[i]);
    }
    printf("]");
    printf(", \"mask\": %s, \"bytes\": %llu, \"data_files\": %u", s->mask ? "true" : "false",
           (unsigned long long)s->bytes, s->files);
    lbc_input_complete(input, &incomplete);
    print_named("incomplete", incomplete.text);
    printf(", \"files\": [");
    for (uint32_t i = 0; lbc_input_file(input, i); i++) {
        printf(i ? ", " : "");
        print_string(lbc_input_file(input, i));
    }
    printf("], \"places\": [");
    for (uint64_t i = 0; i < s->frames; i++) {
        uint64_t offset;
        const char *file = lbc_input_frame_place(input, i, &offset);
        fast += lbc_input_frame_is_fast(input, i);
        printf(i ? ", [" : "[");
        print_string(file);
        printf(", %llu, %llu]", (unsigned long long)offset, (unsigned long long)lbc_input_frame_bytes(input, i));
    }
    printf("], \"fast\": %llu", (unsigned long long)fast);
}

int main(int argc, char **argv)
{
    const char *pixels = NULL, *mask = NULL, *master = NULL;
    lbc_input_options options = {.log = {take_message, NULL}};
    unsigned threads = 1;
    int wait = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--through-hdf5") == 0)
            options.through_hdf5 = true;
        else if (strcmp(argv[i], "--wait") == 0)
            wait = 1;
        else if (strcmp(argv[i], "--pixels") == 0 && i + 1 < argc)
            pixels = argv[++i];
        else if (strcmp(argv[i], "--mask") == 0 && i + 1 < argc)
            mask = argv[++i];
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            threads = (unsigned)strtoul(argv[++i], NULL, 10);
        else
            master = argv[i];
    }
    if (!master || threads < 1 || threads > MAX_THREADS) return 2;

    lbc_input *input;
    lbc_error error = {LBC_OK, ""};
    printf("{\"warnings\": [");
    lbc_status status = lbc_input_open(&input, master, &options, &error);
    printf("]");
    if (status == LBC_OK) {
        const lbc_series *s = lbc_input_series(input);
        print_facts(input);
        if (wait) {
            fprintf(stderr, "open\n");
            if (getchar() == EOF) return 2;
        }
        if (pixels) status = read_all(input, threads, pixels, &error);
        if (mask && s->mask && !write_file(mask, s->mask, lbc_shape_pixels(s->shape) * sizeof *s->mask)) return 2;
    }
    print_named("status", lbc_status_string(status));
    print_named("error", error.text);
    printf("}\n");
    fflush(stdout); /* a leak checker may end the process before stdio does */
    lbc_input_close(input);
    return status == LBC_OK ? 0 : 1;
}
