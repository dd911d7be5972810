/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads one frame of any series, at rest or not, and tells what is in it.
 *
 * usage: read MASTER NUMBER
 */
#include <lbc.h>

#include <stdio.h>
#include <stdlib.h>

static void tell(const lbc_facts *facts, const int32_t *frame)
{
    const size_t pixels = (size_t)facts->shape.ny * facts->shape.nx;
    size_t masked = 0, overloaded = 0;
    int32_t largest = 0;
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) {
        masked += frame[i] == LBC_PIXEL_MASKED;
        overloaded += frame[i] == LBC_PIXEL_OVERLOADED;
        if (frame[i] > 0) sum += frame[i];
        if (frame[i] > largest) largest = frame[i];
    }
    printf("%u x %u pixels, %zu masked, %zu overloaded, %.0f counts, largest %d\n", (unsigned)facts->shape.nx,
           (unsigned)facts->shape.ny, masked, overloaded, sum, (int)largest);
}

int main(int argc, char **argv)
{
    if (argc != 3) return fputs("usage: read MASTER NUMBER\n", stderr), 2;

    lbc_error error;
    lbc_reader *reader;
    lbc_status status = lbc_reader_open(&reader, argv[1], NULL, NULL, &error);
    if (status == LBC_OK) {
        const lbc_facts *facts = lbc_reader_facts(reader);
        int32_t *frame = malloc(sizeof *frame * facts->shape.ny * facts->shape.nx);
        status = frame ? lbc_reader_frame(reader, strtoull(argv[2], NULL, 10) - 1, frame, &error)
                       : lbc_fail(&error, LBC_E_MEMORY, "out of memory");
        if (status == LBC_OK) tell(facts, frame);
        free(frame);
        lbc_reader_close(reader);
    }
    if (status != LBC_OK) fprintf(stderr, "%s\n", error.text);
    return status == LBC_OK ? 0 : 1;
}
