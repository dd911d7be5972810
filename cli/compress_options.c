/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compress_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELD(name) offsetof(compress_settings, name)

static const cli_option table[] = {
    CLI_HEADING("Input"),
    {'i', "infile", CLI_ARGUMENT, CLI_FILE, FIELD(infile), 0, "FILE", "the master file of the series to read", NULL},
    {'1', "first_image", CLI_OPTIONAL, CLI_INT, FIELD(first_image), 1, "N", "first selected image, from 1 (1)", NULL},
    {'N', "last_image", CLI_ARGUMENT, CLI_INT, FIELD(last_image), 0, "N", "last selected image (the last there is)",
     NULL},

    {0, "skip-bad", CLI_NOTHING, CLI_FLAG, FIELD(skip_bad), 0, NULL,
     "mask images that cannot be read, and go on, unless no other is left", NULL},

    CLI_HEADING("What is done to the images"),
    {'b', "bin", CLI_OPTIONAL, CLI_INT, FIELD(bin), 1, "N", "sum blocks of N x N pixels into one (1); below 1 means 1",
     NULL},
    {'s', "sum", CLI_OPTIONAL, CLI_INT, FIELD(sum), 1, "N", "sum N consecutive images into one (1); below 1 means 1",
     NULL},
    {'H', "Hcompress", CLI_ARGUMENT, CLI_INT, FIELD(hcompress), 0, "SCALE",
     "HCompress with this absolute scale; 1 is lossless, below 1 means 16", NULL},
    {'J', "J2K", CLI_ARGUMENT, CLI_INT, FIELD(j2k), 0, "RATIO",
     "JPEG 2000 to this compression ratio; below 1 means 125", NULL},
    {'K', "J2K2", CLI_ARGUMENT, CLI_INT, FIELD(j2k_alt), 0, "RATIO",
     "the same with the alternate list of quality layers; below 1 means 125", NULL},
    {0, "bytes-per-frame", CLI_ARGUMENT, CLI_INT, FIELD(bytes_per_frame), 0, "N",
     "JPEG 2000 to at most N bytes an image, in place of a ratio", NULL},
    {0, "psnr", CLI_ARGUMENT, CLI_REAL, FIELD(psnr), 0, "DB",
     "JPEG 2000 to about this peak signal to noise ratio (the peak is 65535, or more where pixels hold more), at most "
     "to the size of -J, -K or --bytes-per-frame where one is given; our own engine",
     NULL},
    {0, "profile", CLI_ARGUMENT, CLI_CHOICE, FIELD(profile), 0, "original|faithful",
     "settings of the lossy codec: those of the original program (original), or such as keep more at the same size "
     "(faithful); each can be set by itself as well",
     "original|faithful"},
    {0, "wavelet", CLI_ARGUMENT, CLI_CHOICE, FIELD(wavelet), 0, "5/3|9/7",
     "wavelet of JPEG 2000 (5/3; faithful: 9/7); at equal size 9/7 keeps the background truer", "5/3|9/7"},
    {0, "fill", CLI_ARGUMENT, CLI_CHOICE, FIELD(fill), 0, "zero|mean",
     "what the lossy codec sees in masked pixels: 0, or the mean around them (zero; faithful: mean)", "zero|mean"},
    {0, "rounding", CLI_ARGUMENT, CLI_CHOICE, FIELD(rounding), 0, "nearest|diffuse",
     "how decoded values become counts: each to the nearest, or with its error carried on to its neighbours, which "
     "keeps the mean (nearest; faithful: diffuse); HCompress then rounds nowhere else",
     "nearest|diffuse"},
    {0, "curve", CLI_ARGUMENT, CLI_TEXT, FIELD(curve), 0, "none|auto|N",
     "JPEG 2000 codes counts as they are, or on a curve that is straight well below N counts and a square root well "
     "above, lest at high ratios the strongest spots take all bytes; auto: an N that suits the ratio (none; faithful: "
     "auto); with --rounding diffuse",
     "none|auto"},
    {0, "j2k-engine", CLI_ARGUMENT, CLI_CHOICE, FIELD(engine), 0, "openjpeg|own",
     "who encodes JPEG 2000 (openjpeg; faithful: own)", "openjpeg|own"},
    {0, "j2k-layers", CLI_ARGUMENT, CLI_CHOICE, FIELD(layers), 0, "list|one",
     "quality layers of JPEG 2000, from coarse to fine (list), or none but the last, which saves some bytes (one) "
     "(list; faithful: one)",
     "list|one"},
    {0, "j2k-weights", CLI_ARGUMENT, CLI_TEXT, FIELD(weights), 0, "none|spot|W1,W2,...",
     "how much an error in a level of the wavelet counts beside 1, from the finest on, sixth in its low band (none; "
     "faithful: spot, which keeps the sums of spots and of background); our own engine",
     "none|spot"},
    {0, "gaps", CLI_ARGUMENT, CLI_CHOICE, FIELD(gaps), 0, "keep|zero",
     "masked pixels stay masked (keep), or count as 0 as in the original program (zero)", "keep|zero"},
    {0, "partial", CLI_ARGUMENT, CLI_CHOICE, FIELD(partial), 0, "drop|keep",
     "a last group with fewer than -s images is left out (drop) or written (keep)", "drop|keep"},

    CLI_HEADING("Output"),
    {'o', "out_file", CLI_ARGUMENT, CLI_FILE, FIELD(out_file), 0, "PREFIX",
     "data files are PREFIX_000001.h5, ... (out_data)", NULL},
    {'m', "out_master", CLI_ARGUMENT, CLI_FILE, FIELD(out_master), 0, "NAME",
     "the new master (PREFIX_master.h5); without a slash it goes beside the data files; .h5 is appended where "
     "it is missing",
     NULL},
    {'q', "out_squash", CLI_ARGUMENT, CLI_FILE, FIELD(out_squash), 0, "PREFIX",
     "also write the bare codestreams to PREFIX_000001.h5, ...; the word out_file means OUT_FILE_squash", NULL},
    {0, "minicbf", CLI_ARGUMENT, CLI_FILE, FIELD(minicbf), 0, "PREFIX",
     "also write each image as a miniCBF file: PREFIX_000001.cbf, ...", NULL},
    {'c', "compression", CLI_OPTIONAL, CLI_TEXT, FIELD(compression), 0, "NAME",
     "how images are stored (zstd): bslz4, bszstd, bshuf, zstd, none; hcomp and j2k store the codestream of -H, -J "
     "or -K itself, which is smallest and needs the libh5lbc plugin to read",
     "bslz4|bszstd|bshuf|zstd|none|hcomp|j2k"},
    {'l', "compression_level", CLI_ARGUMENT, CLI_INT, FIELD(level), 0, "N", "level (3): zstd 0 to 9, bszstd -2 to 22",
     NULL},
    {'d', "data_block_size", CLI_OPTIONAL, CLI_INT, FIELD(block), 100, "N",
     "images per data file (100); below 1 means 1", NULL},
    {'u', "uint", CLI_OPTIONAL, CLI_INT, FIELD(uint_bytes), 2, "N",
     "pixels as 2: unsigned 16-bit, 4: unsigned 32-bit, 0: signed 32-bit (2)", NULL},
    {0, "overwrite", CLI_NOTHING, CLI_FLAG, FIELD(overwrite), 0, NULL, "replace an existing set", NULL},
    {0, "resume", CLI_NOTHING, CLI_FLAG, FIELD(resume), 0, NULL,
     "go on with an interrupted run: complete data files of the same job are kept", NULL},
    {0, "verify", CLI_NOTHING, CLI_FLAG, FIELD(verify), 0, NULL,
     "read every file again before it is put in place; without -o: check the set whose master is -i", NULL},

    CLI_HEADING("Work"),
    {0, "dry-run", CLI_NOTHING, CLI_FLAG, FIELD(dry_run), 0, NULL,
     "say what would be done, with size and time judged by 3 images, and do nothing; what would stop the run is said, "
     "and is exit status 1 here too",
     NULL},
    {0, "suggest", CLI_NOTHING, CLI_FLAG, FIELD(suggest), 0, NULL,
     "try a table of settings on 3 images, show size and error of each, and do nothing; makes no report", NULL},
    {'p', "parallel", CLI_ARGUMENT, CLI_INT, FIELD(parallel), 0, "N",
     "worker threads (all cores), or the number of shares with -t", NULL},
    {'t', "thread", CLI_OPTIONAL, CLI_INT, FIELD(thread), CLI_NONE, "T",
     "do share T of -p and no more: 0 writes the master, 1 to P every Pth data file; without T the whole, as "
     "without -t",
     NULL},
    {0, "jobs", CLI_ARGUMENT, CLI_INT, FIELD(jobs), 0, "N", "worker threads inside a share of -t (all cores)", NULL},

    CLI_HEADING("Messages and reports"),
    {0, "progress", CLI_ARGUMENT, CLI_CHOICE, FIELD(progress), 0, "WHEN",
     "show progress: auto (a bar on a terminal, a line every 10 s elsewhere), always, never", "auto|always|never"},
    {0, "json", CLI_ARGUMENT, CLI_FILE, FIELD(json), 0, "FILE",
     "write what was done, with figures of every image, as JSON (- for standard output)", NULL},
    {0, "report", CLI_ARGUMENT, CLI_FILE, FIELD(report), 0, "FILE",
     "write a page (HTML) that shows images before and after, sizes and errors", NULL},
    {'v', "verbose", CLI_NOTHING, CLI_FLAG, FIELD(verbose), 0, NULL, "say more", NULL},
    {'V', "version", CLI_NOTHING, CLI_FLAG, FIELD(version), 0, NULL, "show name, version and date, and exit", NULL},
    {'h', "help", CLI_NOTHING, CLI_FLAG, FIELD(help), 0, NULL, "show this, and exit", NULL},
    CLI_END,
};

const cli_program compress_program = {
    .name = "l_bnl_compress",
    .summary = "massive compression of macromolecular-crystallography image series",
    .synopsis = "-i MASTER [options]",
    .about = "Sums and bins the images of a macromolecular-crystallography series (DECTRIS Eiger FileWriter or NXmx), "
             "compresses them with HCompress or JPEG 2000, and writes a new, much smaller series in the same "
             "conventions.\n"
             "Of an option that is given twice the last one counts; -i, -o and all others that name files are given "
             "once.",
    .table = table,
    .example = "l_bnl_compress -i run_master.h5 -b 2 -s 2 -H 16 -c hcomp -o out",
    .exit_status = "0 done; 1 failed while running, or a run would (--dry-run); 2 the command line makes no sense; 128 "
                   "+ n ended by signal n. The first signal (SIGINT, SIGTERM, SIGHUP) lets the run end in order: "
                   "complete data files stay, no master is written, and --resume goes on from there.",
    .notes =
        "ENVIRONMENT\n"
        "SOURCE_DATE_EPOCH: the date that the master notes for its making, in seconds since 1970, in place of "
        "today's. NO_COLOR: no colours in the progress bar. LBC_CPU: the highest instruction set to be used: c, "
        "sse2, avx2 or avx512; c or neon on AArch64.\n"
        "\n"
        "OUTPUT\n"
        "Standard output carries only what was asked for: -h, -V, --dry-run, --suggest, --json -. All else goes to "
        "standard error. Every file is written under a temporary name and renamed when it is whole, the master "
        "last. The input is never written to.",
};

void compress_settings_init(compress_settings *s)
{
    *s = (compress_settings){.first_image = 1,
                             .last_image = CLI_NONE,
                             .bin = 1,
                             .sum = 1,
                             .block = 100,
                             .level = CLI_NONE,
                             .uint_bytes = 2,
                             .hcompress = CLI_NONE,
                             .j2k = CLI_NONE,
                             .j2k_alt = CLI_NONE,
                             .parallel = CLI_NONE,
                             .thread = CLI_NONE,
                             .jobs = CLI_NONE,
                             .bytes_per_frame = CLI_NONE,
                             .psnr = NAN,
                             .profile = -1,
                             .wavelet = -1,
                             .engine = -1,
                             .layers = -1,
                             .fill = -1,
                             .rounding = -1};
}

/* A count: below 2 it is 1. False: it does not fit. */
static bool count_from(int64_t value, char letter, uint32_t *count, char *error, size_t size)
{
    *count = value < 2 ? 1 : (uint32_t)value;
    if (value <= UINT32_MAX) return true;
    return cli_refuse(error, size, "-%c %lld: must be at most %lld", letter, (long long)value, (long long)UINT32_MAX);
}

/* The first option given that JPEG 2000 alone knows; NULL: none. */
static const char *j2k_option(const compress_settings *s)
{
    return s->bytes_per_frame != CLI_NONE ? "--bytes-per-frame"
           : !isnan(s->psnr)              ? "--psnr"
           : s->wavelet >= 0              ? "--wavelet"
           : s->engine >= 0               ? "--j2k-engine"
           : s->layers >= 0               ? "--j2k-layers"
           : s->curve                     ? "--curve"
           : s->weights                   ? "--j2k-weights"
                                          : NULL;
}

/* "0.5,0.8" */
static bool read_weights(const char *list, double weights[LBC_MAX_WEIGHTS])
{
    for (int i = 0; i < LBC_MAX_WEIGHTS; i++) {
        char *end;
        weights[i] = strtod(list, &end);
        if (end == list || !(weights[i] > 0 && weights[i] <= 1000)) return false;
        if (!*end) return true;
        if (*end != ',') return false;
        list = end + 1;
    }
    return false;
}

static bool set_weights(const char *text, lbc_options *o, char *error, size_t size)
{
    memset(o->weights, 0, sizeof o->weights);
    if (strcasecmp(text, "none") == 0) return true;
    if (strcasecmp(text, "spot") == 0)
        lbc_options_spot_weights(o);
    else if (!read_weights(text, o->weights))
        return cli_refuse(error, size, "--j2k-weights %s: must be none, spot, or 1 to %d numbers above 0 up to 1000",
                          text, LBC_MAX_WEIGHTS);
    return true;
}

/* A knee that was asked for wants values that can be straightened, and a PSNR is that of counts as they are. */
static bool set_curve(const compress_settings *s, lbc_options *o, char *error, size_t size)
{
    if (s->curve && strcasecmp(s->curve, "none") == 0) {
        o->curve = LBC_CURVE_NONE;
    } else if (s->curve && strcasecmp(s->curve, "auto") == 0) {
        o->curve = LBC_CURVE_AUTO;
    } else if (s->curve) {
        char *end;
        const long knee = strtol(s->curve, &end, 10);
        if (end == s->curve || *end || knee < 1 || knee > LBC_CURVE_MOST)
            return cli_refuse(error, size, "--curve %s: must be none, auto, or a number from 1 to %d", s->curve,
                              LBC_CURVE_MOST);
        o->curve = (int32_t)knee;
    }
    if (!o->curve || (o->rounding == LBC_ROUNDING_DIFFUSE && !(o->psnr > 0))) return true;
    if (s->curve && o->psnr > 0) return cli_refuse(error, size, "--psnr is of counts as they are: say --curve none");
    if (s->curve) return cli_refuse(error, size, "--curve goes with --rounding diffuse");
    o->curve = LBC_CURVE_NONE;
    return true;
}

/* Without a word of the engine it is the one that knows what is asked for. */
static bool set_engine(const compress_settings *s, lbc_options *o, char *error, size_t size)
{
    bool weighted = false;
    for (int i = 0; i < LBC_MAX_WEIGHTS; i++) weighted |= o->weights[i] > 0;
    const char *own = weighted ? "--j2k-weights" : o->psnr > 0 ? "--psnr" : NULL;
    if (s->engine >= 0)
        o->engine = s->engine == 1 ? LBC_ENGINE_OWN : LBC_ENGINE_OPENJPEG;
    else if (own)
        o->engine = LBC_ENGINE_OWN;
    if (own && o->engine != LBC_ENGINE_OWN)
        return cli_refuse(error, size, "OpenJPEG has no %s: say --j2k-engine own%s", own,
                          s->weights || !weighted ? "" : ", or --j2k-weights none");
    return true;
}

static bool set_j2k(const compress_settings *s, lbc_options *o, char *error, size_t size)
{
    const int64_t ratio = s->j2k != CLI_NONE ? s->j2k : s->j2k_alt;
    o->lossy = s->j2k != CLI_NONE || s->j2k_alt == CLI_NONE ? LBC_LOSSY_J2K : LBC_LOSSY_J2K_ALT;
    if (ratio > 1000000) return cli_refuse(error, size, "the ratio of -J and -K is at most 1000000");
    if (ratio != CLI_NONE) o->lossy_value = ratio >= 1 ? (uint32_t)ratio : 125;
    if (s->bytes_per_frame != CLI_NONE) {
        if (ratio != CLI_NONE)
            return cli_refuse(error, size, "-J, -K and --bytes-per-frame are sizes: give one of them");
        if (s->bytes_per_frame < 1) return cli_refuse(error, size, "--bytes-per-frame is at least 1");
        o->bytes_per_frame = (uint64_t)s->bytes_per_frame;
    }
    if (!isnan(s->psnr)) {
        if (s->psnr <= 0) return cli_refuse(error, size, "--psnr %g: must be above 0", s->psnr);
        o->psnr = s->psnr;
    }
    if (s->wavelet >= 0) o->wavelet = s->wavelet == 1 ? LBC_WAVELET_97 : LBC_WAVELET_53;
    if (s->layers >= 0) o->one_layer = s->layers == 1;
    if (s->weights && !set_weights(s->weights, o, error, size)) return false;
    return set_curve(s, o, error, size) && set_engine(s, o, error, size);
}

static bool set_hcompress(const compress_settings *s, lbc_options *o, char *error, size_t size)
{
    const char *foreign = j2k_option(s);
    if (foreign) return cli_refuse(error, size, "%s is for JPEG 2000 (-J, -K), not for -H", foreign);
    if (s->hcompress > INT32_MAX) return cli_refuse(error, size, "the scale of -H is at most %ld", (long)INT32_MAX);
    o->lossy = LBC_LOSSY_HCOMPRESS;
    o->lossy_value = s->hcompress >= 1 ? (uint32_t)s->hcompress : 16;
    return true;
}

/* The first option given that is for a lossy codec of either kind; NULL: none. */
static const char *lossy_option(const compress_settings *s)
{
    return s->profile == 1 ? "--profile faithful" : s->fill >= 0 ? "--fill" : s->rounding >= 0 ? "--rounding" : NULL;
}

static bool set_lossy(const compress_settings *s, lbc_options *o, char *error, size_t size)
{
    const bool sized =
        s->j2k != CLI_NONE || s->j2k_alt != CLI_NONE || s->bytes_per_frame != CLI_NONE || !isnan(s->psnr);
    if (s->profile == 1) lbc_options_profile(o, LBC_PROFILE_FAITHFUL);
    if (s->fill >= 0) o->fill = s->fill == 1 ? LBC_FILL_MEAN : LBC_FILL_ZERO;
    if (s->rounding >= 0) o->rounding = s->rounding == 1 ? LBC_ROUNDING_DIFFUSE : LBC_ROUNDING_NEAREST;
    if (s->hcompress != CLI_NONE) return set_hcompress(s, o, error, size);
    if (sized) return set_j2k(s, o, error, size);
    const char *idle = j2k_option(s);
    if (idle) return cli_refuse(error, size, "%s is for JPEG 2000: give -J or -K", idle);
    idle = lossy_option(s);
    return idle ? cli_refuse(error, size, "%s is for a lossy codec: give -H, -J or -K", idle) : true;
}

static bool set_threads(const compress_settings *s, unsigned cores, lbc_options *o, char *error, size_t size)
{
    const int64_t most = 4096;
    if (s->parallel > most || s->jobs > most)
        return cli_refuse(error, size, "-p and --jobs are at most %lld", (long long)most);
    if (s->thread == CLI_NONE) {
        if (s->jobs != CLI_NONE)
            return cli_refuse(error, size, "--jobs is for a share of -t; -p sets the threads of a whole run");
        o->threads = s->parallel >= 1 ? (unsigned)s->parallel : cores;
        return true;
    }
    if (s->thread < 0)
        return cli_refuse(error, size, "-t %lld: shares are 0 (the master) and 1 to -p", (long long)s->thread);
    if (s->thread > 0 && s->parallel < 1)
        return cli_refuse(error, size, "-t %lld: say with -p how many shares there are", (long long)s->thread);
    o->shares = s->parallel >= 1 ? (uint32_t)s->parallel : 1;
    if (s->thread > o->shares)
        return cli_refuse(error, size, "-t %lld is beyond the %u shares of -p", (long long)s->thread,
                          (unsigned)o->shares);
    o->share = (uint32_t)s->thread;
    o->threads = s->jobs >= 1 ? (unsigned)s->jobs : cores;
    return true;
}

bool compress_only_checks(const compress_settings *s)
{
    return s->verify && !s->out_file && !s->suggest;
}

/* Who says what to make, and not where, must not take a check of the input for it. */
static bool check_alone(const compress_settings *s, char *error, size_t size)
{
    char name[64];
    compress_settings alone;
    compress_settings_init(&alone);
    alone.infile = s->infile;
    alone.verify = s->verify;
    alone.parallel = s->parallel;
    alone.progress = s->progress;
    alone.verbose = s->verbose;
    for (const cli_option *o = table; o->name || o->text; o++) {
        if (!o->name || cli_same(o, s, &alone)) continue;
        return cli_refuse(error, size,
                          "%s: without -o, --verify checks the set of -i and makes nothing; name with -o what is to be "
                          "made",
                          cli_shown(o, name));
    }
    return true;
}

bool compress_options_from(const compress_settings *s, unsigned cores, lbc_options *o, char *error, size_t size)
{
    lbc_options_init(o);
    if (!s->infile || !*s->infile)
        return cli_refuse(error, size, "no input: name the master file with -i (-h shows all options)");
    if (compress_only_checks(s) && !check_alone(s, error, size)) return false;
    if (s->suggest && (s->json || s->report))
        return cli_refuse(error, size, "%s: --suggest shows its table on standard output, and makes no report",
                          s->json ? "--json" : "--report");
    if (s->first_image < 1)
        return cli_refuse(error, size, "-1 %lld: images are counted from 1", (long long)s->first_image);
    if (s->last_image != CLI_NONE && s->last_image < s->first_image)
        return cli_refuse(error, size, "-N %lld is before the first image, %lld", (long long)s->last_image,
                          (long long)s->first_image);
    if (s->uint_bytes != 0 && s->uint_bytes != 2 && s->uint_bytes != 4)
        return cli_refuse(error, size, "-u %lld: must be 2, 4 or 0", (long long)s->uint_bytes);
    o->input = s->infile;
    if (s->out_file) o->out_file = s->out_file;
    o->out_master = s->out_master;
    o->out_squash = s->out_squash;
    o->minicbf = s->minicbf;
    if (s->compression) o->compression = s->compression;
    o->first_image = (uint64_t)s->first_image;
    o->last_image = s->last_image == CLI_NONE ? 0 : (uint64_t)s->last_image;
    if (!count_from(s->bin, 'b', &o->bin, error, size) || !count_from(s->sum, 's', &o->sum, error, size) ||
        !count_from(s->block, 'd', &o->block, error, size))
        return false;
    o->level_given = s->level != CLI_NONE;
    o->level = !o->level_given ? 0 : s->level < -1000 ? -1000 : s->level > 1000 ? 1000 : (int)s->level;
    o->stored = (int)s->uint_bytes;
    o->keep_partial = s->partial == 1;
    o->gaps_zero = s->gaps == 1;
    o->overwrite = s->overwrite;
    o->resume = s->resume;
    o->verify = s->verify;
    o->skip_bad = s->skip_bad;
    o->measure = s->json || s->report;
    o->draw = s->report != NULL;
    return set_lossy(s, o, error, size) && set_threads(s, cores, o, error, size);
}

void compress_tell_substitutions(const compress_settings *s, lbc_message_fn *tell, void *user)
{
    const int64_t most = INT64_MAX; /* of what is not used, or was not given */
    const bool h = s->hcompress != CLI_NONE, j = !h && s->j2k != CLI_NONE;
    const struct {
        char letter;
        int64_t value;
        const char *meaning;
    } numbers[] = {
        {'H', h ? s->hcompress : most, "scale 16; 1 is lossless"},
        {'J', j ? s->j2k : most, "ratio 125"},
        {'K', !h && !j && s->j2k_alt != CLI_NONE ? s->j2k_alt : most, "ratio 125"},
        {'b', s->bin, "1, no binning"},
        {'s', s->sum, "1, no summing"},
        {'d', s->block, "1 image per data file"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[100];
        if (numbers[i].value >= 1) continue;
        snprintf(text, sizeof text, "-%c %lld: below 1 means %s", numbers[i].letter, (long long)numbers[i].value,
                 numbers[i].meaning);
        tell(user, LBC_LEVEL_NOTICE, text);
    }
    if (h && (s->j2k != CLI_NONE || s->j2k_alt != CLI_NONE))
        tell(user, LBC_LEVEL_NOTICE, "-J and -K are not used: -H goes before them");
    if (j && s->j2k_alt != CLI_NONE) tell(user, LBC_LEVEL_NOTICE, "-K is not used: -J goes before it");
}
