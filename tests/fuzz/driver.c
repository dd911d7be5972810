/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver.c - stands in for libFuzzer where the compiler has none: runs every seed, then mutations of seeds until the
 * time is over. It knows nothing of coverage, and takes the two libFuzzer options that our tests use:
 *
 *   fuzz_NAME -max_total_time=SECONDS FOLDER...
 *
 * The input that is being tried is kept in `fuzz_NAME.input` of the working folder when the program dies of it.
 */
#include "fuzz.h"

#include "../support/random.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SEEDS = 512, MOST_BYTES = 1 << 16 };

typedef struct seed {
    uint8_t *bytes;
    size_t size;
} seed;

static seed seeds[MOST_SEEDS];
static uint32_t nseeds;
static uint8_t input[MOST_BYTES];
static size_t input_size;
static char input_path[256];

/* ---- the dying input ------------------------------------------------------------------------ */

static void keep_input(int signal_number)
{
    FILE *f = fopen(input_path, "wb"); /* not async-signal-safe, but the process is lost already */
    if (f) {
        fwrite(input, 1, input_size, f);
        fclose(f);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void run_input(void)
{
    uint8_t *exact = malloc(input_size + !input_size); /* a read beyond the end shows under ASan and valgrind */
    if (!exact) return;
    memcpy(exact, input, input_size);
    alarm(60); /* longer than any input may take */
    LLVMFuzzerTestOneInput(exact, input_size);
    free(exact);
}

/* ---- seeds ---------------------------------------------------------------------------------- */

static void read_seed(const char *folder, const char *name)
{
    char path[4096];
    if (name[0] == '.' || nseeds == MOST_SEEDS) return;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) return;
    input_size = fread(input, 1, sizeof input, f);
    fclose(f);
    uint8_t *bytes = malloc(input_size + !input_size);
    if (!bytes) return;
    memcpy(bytes, input, input_size);
    seeds[nseeds++] = (seed){bytes, input_size};
    run_input();
}

static void read_seeds(const char *folder)
{
    DIR *d = opendir(folder);
    if (!d) return;
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) read_seed(folder, e->d_name);
    closedir(d);
}

/* ---- mutations ------------------------------------------------------------------------------ */

static uint64_t state = 1;

static uint32_t place(void)
{
    return random_below(&state, (uint32_t)input_size);
}

static void mutate_once(void)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
    if (input_size == 0) return;
    switch (random_below(&state, 7)) {
    case 0: input[place()] ^= (uint8_t)(1 << random_below(&state, 8)); break;
    case 1: input[place()] = (uint8_t)random_below(&state, 256); break;
    case 2: input[place()] = telling[random_below(&state, sizeof telling)]; break;
    case 3: input_size = 1 + place(); break;
    case 4: { /* the end of another seed behind the begin of this one */
        const seed *other = &seeds[random_below(&state, nseeds)];
        const size_t at = place();
        if (at >= other->size) break;
        memcpy(input + at, other->bytes + at, other->size - at);
        input_size = other->size;
        break;
    }
    case 5: { /* bytes out */
        const size_t at = place(), n = 1 + random_below(&state, 8);
        if (at + n >= input_size) break;
        memmove(input + at, input + at + n, input_size - at - n);
        input_size -= n;
        break;
    }
    default: { /* bytes doubled */
        const size_t at = place(), n = 1 + random_below(&state, 8);
        if (at + n > input_size || input_size + n > MOST_BYTES) break;
        memmove(input + at + n, input + at, input_size - at);
        input_size += n;
        break;
    }
    }
}

static void try_mutation(void)
{
    const seed *s = &seeds[random_below(&state, nseeds)];
    memcpy(input, s->bytes, s->size);
    input_size = s->size;
    for (uint32_t n = 1 + random_below(&state, 6); n > 0; n--) mutate_once();
    run_input();
}

int main(int argc, char **argv)
{
    unsigned long seconds = 1, runs = 0;
    const char *name = strrchr(argv[0], '/');
    snprintf(input_path, sizeof input_path, "%s.input", name ? name + 1 : argv[0]);
    signal(SIGSEGV, keep_input);
    signal(SIGABRT, keep_input);
    signal(SIGALRM, keep_input);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "-max_total_time=", 16) == 0)
            seconds = strtoul(argv[i] + 16, NULL, 10);
        else if (argv[i][0] != '-')
            read_seeds(argv[i]);
    if (nseeds == 0) {
        fprintf(stderr, "%s: no seeds\n", argv[0]);
        return 1;
    }
    const time_t begin = time(NULL);
    for (; (unsigned long)(time(NULL) - begin) < seconds; runs++) try_mutation();
    printf("%u seeds, %lu mutations\n", nseeds, runs);
    for (uint32_t i = 0; i < nseeds; i++) free(seeds[i].bytes);
    return 0;
}
