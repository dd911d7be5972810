/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compresses a series: sums pairs of images, bins pixels 2 x 2, applies HCompress, and stores the codestreams.
 *
 * usage: compress MASTER PREFIX
 */
#include <lbc.h>

#include <stdio.h>
#include <stdlib.h>

static void on_message(void *user, lbc_level level, const char *text)
{
    (void)user;
    if (level != LBC_LEVEL_INFO) fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
    if (argc != 3) return fputs("usage: compress MASTER PREFIX\n", stderr), 2;

    lbc_options options;
    lbc_options_init(&options);
    options.input = argv[1];
    options.out_file = argv[2];
    options.bin = 2;
    options.sum = 2;
    options.lossy = LBC_LOSSY_HCOMPRESS;
    options.lossy_value = 16;
    options.compression = "hcomp";
    options.threads = 4;
    options.message = on_message;

    lbc_error error;
    lbc_result result;
    const lbc_status status = lbc_compress(&options, &result, &error);
    if (status == LBC_OK)
        printf("%s: %llu images, %llu bytes from %llu\n", result.master, (unsigned long long)result.frames_out,
               (unsigned long long)result.bytes_out, (unsigned long long)result.bytes_in);
    else
        fprintf(stderr, "%s\n", error.text);
    lbc_result_free(&result);
    return status == LBC_OK ? 0 : 1;
}
