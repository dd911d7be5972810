/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a series whose frames are in memory, as a detector would hand them over one by one.
 *
 * usage: stream PREFIX
 */
#include <lbc.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NY = 512, NX = 640, FRAMES = 30 };

/* What stands for the detector: a background that falls off, and a spot that moves. */
static void expose(uint16_t *image, int number)
{
    for (int y = 0; y < NY; y++)
        for (int x = 0; x < NX; x++) {
            const double r = hypot(x - 320, y - 256), spot = hypot(x - 100 - 5 * number, y - 200);
            image[y * NX + x] = (uint16_t)(20 * exp(-r / 150) + 500 * exp(-spot * spot / 4));
        }
}

int main(int argc, char **argv)
{
    if (argc != 2) return fputs("usage: stream PREFIX\n", stderr), 2;

    const lbc_facts facts = {
        .frames = FRAMES,
        .shape = {NY, NX},
        .type = LBC_U16,
        .saturation = 12000,
        .wavelength = 0.9795,
        .distance = 0.15,
        .pixel_x = 75e-6,
        .pixel_y = 75e-6,
        .beam_x = 320,
        .beam_y = 256,
        .angle = 0,
        .oscillation = 0.1,
        .frame_time = 0.01,
        .count_time = 0.00999,
        .sensor_thickness = 450e-6,
        .sensor_material = "Si",
        .description = "a detector made up",
        .start_time = "2026-01-31T12:00:00",
    };
    lbc_options options;
    lbc_options_init(&options);
    options.out_file = argv[1];
    options.sum = 3;
    options.lossy = LBC_LOSSY_HCOMPRESS;
    options.lossy_value = 4;
    options.compression = "hcomp";
    options.threads = 2;

    lbc_error error;
    lbc_result result = {0};
    lbc_writer *writer;
    uint16_t *image = malloc(sizeof *image * NY * NX);
    lbc_status status =
        image ? lbc_writer_open(&writer, &options, &facts, &error) : lbc_fail(&error, LBC_E_MEMORY, "out of memory");
    if (status == LBC_OK) {
        for (int n = 0; n < FRAMES && status == LBC_OK; n++) {
            expose(image, n);
            status = lbc_writer_add(writer, image, &error);
        }
        if (status == LBC_OK)
            status = lbc_writer_close(writer, &result, &error);
        else
            lbc_writer_drop(writer);
    }
    if (status == LBC_OK)
        printf("%s: %llu images of %llu bytes, RMSE %.2f\n", result.master, (unsigned long long)result.frames_out,
               (unsigned long long)(result.bytes_chunks / result.frames_out), result.figures.rmse);
    else
        fprintf(stderr, "%s\n", error.text);
    lbc_result_free(&result);
    free(image);
    return status == LBC_OK ? 0 : 1;
}
