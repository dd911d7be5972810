/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lbc.h - massive compression of macromolecular-crystallography image series.
 *
 * The one public header of liblbc. The library reads a NeXus HDF5 series (DECTRIS Eiger FileWriter
 * or NXmx), bins and sums its frames, applies HCompress or JPEG 2000, and writes a new series in the
 * same conventions. The method is that of Bernstein, Soares, Horvat & Jakoncic (2025), J. Synchrotron
 * Rad. 32(2).
 *
 * Rules that hold for every call:
 *  - A function that can fail returns an lbc_status; LBC_OK is 0. Where it takes an lbc_error, that
 *    is filled on failure with one line that names the file, what was wrong with it and what to do;
 *    it may be NULL. Nothing is printed, and nothing exits.
 *  - Image shapes are (ny, nx) = (slow, fast), row-major. Counts are photons.
 *  - Objects belong to the caller from the call that returns them to the matching _close or _free,
 *    which accept NULL and half-built objects.
 *  - Different objects may be used by different threads at once; one object by one thread at a time,
 *    unless its comment says more. HDF5 itself is entered by one thread at a time, under a lock of
 *    the library; a program that calls HDF5 on its own while liblbc runs needs a thread-safe HDF5.
 */
#ifndef LBC_H
#define LBC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && __GNUC__ >= 4
#define LBC_API          __attribute__((visibility("default")))
#define LBC_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define LBC_API
#define LBC_PRINTF(f, a)
#endif

/* ---- status and errors ------------------------------------------------------------------- */

typedef enum lbc_status {
    LBC_OK = 0,
    LBC_E_MEMORY,      /* an allocation failed */
    LBC_E_IO,          /* the system refused an open, read, write, flush or rename */
    LBC_E_FORMAT,      /* the input is damaged, or is not what it says it is */
    LBC_E_UNSUPPORTED, /* the input is sound, but this build cannot handle it */
    LBC_E_ARGUMENT,    /* the options contradict one another or the input */
    LBC_E_EXISTS,      /* an output exists and may not be replaced */
    LBC_E_MISMATCH,    /* a check or a comparison found a difference */
    LBC_E_SPACE,       /* a destination buffer or disk is too small */
    LBC_E_CANCELLED    /* the caller asked to stop */
} lbc_status;

/* A short phrase for a status; never NULL, never freed. */
LBC_API const char *lbc_status_string(lbc_status status);

#define LBC_ERROR_SIZE 1024

typedef struct lbc_error {
    lbc_status status;
    char text[LBC_ERROR_SIZE]; /* one line, UTF-8, without a final newline */
} lbc_error;

/* Fills err (which may be NULL) and returns status, so that `return lbc_fail(...)` reads well. */
LBC_API lbc_status lbc_fail(lbc_error *err, lbc_status status, const char *format, ...) LBC_PRINTF(3, 4);

typedef enum lbc_level { LBC_LEVEL_WARNING, LBC_LEVEL_NOTICE, LBC_LEVEL_INFO } lbc_level;

/* Receives each message as one line without newline. Called from the thread that called the
 * library, never from a worker. */
typedef void lbc_message_fn(void *user, lbc_level level, const char *text);

/* "1.0.0" */
LBC_API const char *lbc_version(void);
/* "2026-11-22" */
LBC_API const char *lbc_version_date(void);

/* ---- pixels ------------------------------------------------------------------------------ */

typedef enum lbc_pixel_type { LBC_U8, LBC_U16, LBC_U32, LBC_I8, LBC_I16, LBC_I32 } lbc_pixel_type;

typedef struct lbc_shape {
    uint32_t ny; /* rows, the slow axis */
    uint32_t nx; /* columns, the fast axis */
} lbc_shape;

/* ---- compressing a series ---------------------------------------------------------------- */

typedef enum lbc_wavelet { LBC_WAVELET_53, LBC_WAVELET_97 } lbc_wavelet;

/* Who encodes JPEG 2000. Decoding is always our own, whose pixels are OpenJPEG's. */
typedef enum lbc_j2k_engine { LBC_ENGINE_OPENJPEG, LBC_ENGINE_OWN } lbc_j2k_engine;

#define LBC_MAX_WEIGHTS 6

/* Masked pixels before the codec: 0, or about the mean of the counts around them. */
typedef enum lbc_fill { LBC_FILL_ZERO, LBC_FILL_MEAN } lbc_fill;

/* Decoded values: each to the nearest count, or so that their sum over neighbouring pixels is kept. */
typedef enum lbc_rounding { LBC_ROUNDING_NEAREST, LBC_ROUNDING_DIFFUSE } lbc_rounding;

/* Counts before the codec: as they are; or on a curve that is straight well below a knee, in counts, and a square root
 * well above it; LBC_CURVE_AUTO: with the knee that suits the size. */
enum { LBC_CURVE_AUTO = -1, LBC_CURVE_NONE = 0, LBC_CURVE_MOST = 1000 };

/* Settings of the lossy codecs that go together: those of the original program, or better ones at the same size. */
typedef enum lbc_profile { LBC_PROFILE_ORIGINAL, LBC_PROFILE_FAITHFUL } lbc_profile;

typedef enum lbc_lossy_kind {
    LBC_LOSSY_NONE,
    LBC_LOSSY_HCOMPRESS, /* lossy_value: the absolute scale */
    /* lossy_value: the ratio of the last layer, layers from high ratios down; 0: see bytes_per_frame and psnr */
    LBC_LOSSY_J2K,
    LBC_LOSSY_J2K_ALT /* the original's alternate layer list */
} lbc_lossy_kind;

typedef struct lbc_progress {
    uint64_t frames_done, frames; /* of the output */
    uint64_t frames_read;         /* of the input */
    uint64_t bytes_in;            /* stored bytes of the input frames done */
    uint64_t bytes_out;           /* chunk bytes written */
    double seconds;               /* since the first frame was begun */
} lbc_progress;

/* One job. lbc_options_init gives the defaults of the command line; strings stay the caller's and
 * must live until the call that takes the options returns. */
typedef struct lbc_options {
    /* Input. */
    const char *input; /* the master */

    /* Output. */
    const char *out_file; /* prefix: data files are PREFIX_000001.h5, ... */
    /* NULL or "out_file": PREFIX_master.h5. ".h5" is appended when missing; a name without a slash goes to the folder
     * of out_file. */
    const char *out_master;
    const char *out_squash; /* prefix of files of bare codestreams; "out_file": PREFIX_squash; NULL: none */
    const char *minicbf;    /* prefix of miniCBF files, one an output image: PREFIX_000001.cbf; NULL: none */

    /* What is done: images are selected, summed and binned. */
    uint64_t first_image; /* from 1 */
    uint64_t last_image;  /* 0: all images */
    uint32_t bin, sum;    /* 1: none */

    /* Storage. */
    uint32_t block;          /* images a data file */
    const char *compression; /* storage codec: "bslz4", "bszstd", "bshuf", "zstd", "none", "hcomp", "j2k" */
    int level;               /* brought into the codec's range, with a notice */
    bool level_given;        /* false: the codec's own default */

    /* Lossy codec. */
    lbc_lossy_kind lossy;
    uint32_t lossy_value;
    /* JPEG 2000: most bytes of an image's codestream, in place of lossy_value (0 then); 0: lossy_value says it. */
    uint64_t bytes_per_frame;
    /* JPEG 2000, our own engine: above 0, codestreams end at about this PSNR in dB, or at their size where that comes
     * first. The peak is 65535, or the least 2^n - 1 that holds the saturation value. */
    double psnr;
    lbc_profile profile; /* to be set by lbc_options_profile, which sets the seven below */
    lbc_wavelet wavelet;
    lbc_j2k_engine engine;
    /* JPEG 2000, our own engine: how much an error in a wavelet level's details counts beside one of the same size in
     * pixels, from the finest level on, and last in the low band; 0 stands for 1. Where it counts less, fewer bytes go
     * there. */
    double weights[LBC_MAX_WEIGHTS];
    lbc_fill fill;         /* what masked pixels are for the codec */
    lbc_rounding rounding; /* how decoded values become counts */
    int32_t curve;         /* JPEG 2000, with diffuse rounding: the knee, 1 to LBC_CURVE_MOST, or a word above */
    bool one_layer;        /* JPEG 2000: no quality layers, which cost bytes, but the last */

    /* Pixels and groups of the output. */
    int stored;        /* 2: unsigned 16-bit, 4: unsigned 32-bit, 0: signed 32-bit */
    bool keep_partial; /* a last group with fewer than `sum` images is written, not dropped */
    bool gaps_zero;    /* masked pixels count as 0, as in the original program */

    /* How the run goes. */
    bool overwrite;
    bool resume;   /* complete data files of the same job are kept after a check, the rest is made */
    bool verify;   /* every file is read again and compared with what was computed, before it is put in place */
    bool skip_bad; /* an input frame that cannot be read counts as masked all over, with a warning; not with gaps_zero,
                    * where a masked pixel is a 0 */
    /* Every image is compared with what went into the lossy codec, and a row an image is kept for lbc_report_json;
     * else, where there is a lossy codec, one in a few, for result->figures alone. */
    bool measure;
    bool draw;        /* measure, and keep three images drawn before and after, for lbc_report_html */
    int64_t date;     /* of the run, for provenance: seconds since 1970 UTC, of which the day is written */
    unsigned threads; /* worker threads; 0: everything in the caller's thread */
    /* shares 0: the whole job; else share 0 writes the master alone, share t in 1..shares the data files n with
     * (n-1) mod shares + 1 = t. */
    uint32_t shares, share;

    /* Callbacks. */
    lbc_message_fn *message; /* may be NULL */
    /* Called after each frame and a few times a second (NULL: never), from the calling thread; another value than 0
     * cancels the run. */
    int (*progress)(void *user, const lbc_progress *progress);
    void *user;
} lbc_options;

/* How far frames after a lossy step are from the same before it. A pixel is compared where it is a count
 * in both. */
typedef struct lbc_figures {
    uint64_t frames;       /* compared; 0: none, and nothing below means anything */
    uint32_t every;        /* every nth of the output was; 1: all */
    uint64_t pixels;       /* compared */
    uint64_t lost, gained; /* pixels that are counts before alone, after alone */
    uint64_t largest;      /* difference of a pixel, counts */
    double rmse;           /* root of the mean squared difference, counts */
    double mean_before, mean_after;
    double relative_shift; /* mean_after / mean_before - 1 */

    /* NAN below: not measured, or not defined. */
    double local_shift;      /* median of |after / before - 1| of means over 31 x 31 pixels */
    uint64_t spots;          /* strong spots, integrated over 5 x 5 pixels */
    double spot_correlation; /* of their intensities: Pearson's */
    double spot_scale;       /* sum after over sum before */
    double spot_r;           /* sum of |after - before| over sum before */
} lbc_figures;

typedef struct lbc_record lbc_record; /* rows, histograms, pictures: what a report is made of */

/* What a run did. */
typedef struct lbc_result {
    uint64_t frames_in, frames_out;
    uint64_t frames_dropped; /* selected, but in groups too short to be written */
    uint64_t frames_there;   /* in the input, selected or not */
    uint64_t frames_set;     /* in the set of which this run made all or a part */
    lbc_shape shape_in, shape_out;
    lbc_pixel_type type_in, type_out;
    uint32_t files;         /* data files written */
    uint32_t files_set;     /* data files of the set */
    uint32_t files_kept;    /* data files that a resumed run found complete; no other figure counts them */
    uint64_t frames_bad;    /* input frames that could not be read and were skipped */
    uint64_t bytes_raw;     /* input frames, undecoded size: frames_in x pixels x bytes a pixel */
    uint64_t bytes_raw_out; /* the same of the output frames */
    uint64_t bytes_in;      /* stored bytes of the input frames */
    uint64_t bytes_chunks;  /* stored bytes of the output frames */
    uint64_t bytes_out;     /* size of the data files written */
    uint64_t masked, overloaded, clipped; /* pixels of the output; overloaded includes clipped */
    uint64_t above_i16;                   /* counts above 32767 */
    int64_t saturation;                   /* S' */
    uint64_t codestreams;                 /* how many frames' codestreams were measured */
    uint64_t codestream_bytes;            /* their sum */
    double seconds;
    char *master;                 /* path of the master written, NULL: none */
    char *first_file, *last_file; /* paths of data files, NULL: none */
    lbc_figures figures;          /* of the lossy codec */
    lbc_record *record;           /* NULL: options did not ask to measure */
    char *note;                   /* what fast_dp and XDS need to be told, several lines; NULL: nothing */
} lbc_result;

LBC_API void lbc_options_init(lbc_options *options);
/* Sets all that a profile says; each may be set otherwise afterwards. */
LBC_API void lbc_options_profile(lbc_options *options, lbc_profile profile);
/* Sets the weights that suit the sizes of spots: what integration needs is their sum, not single pixels. */
LBC_API void lbc_options_spot_weights(lbc_options *options);

/* Runs one job. result is filled as far as the run came and must be freed with lbc_result_free in any
 * case. A failed or cancelled run leaves complete data files, no master, and says what it left. */
LBC_API lbc_status lbc_compress(const lbc_options *options, lbc_result *result, lbc_error *err);
LBC_API void lbc_result_free(lbc_result *result);

/* Whether path, where the caller is to put a file of its own, is apart from all that a run with these options puts in
 * place. LBC_E_ARGUMENT: it has the name of one of them. */
LBC_API lbc_status lbc_stays_apart(const lbc_options *options, const char *path, lbc_error *err);

/* Checks a set at rest: that every data file the master lists is there and whole (by the checksums that
 * sets written by this library carry), that every frame can be decoded, and that there are as many as the
 * master says. LBC_E_MISMATCH or LBC_E_FORMAT: it is not complete; err names the first thing wrong. Takes
 * of options: input, threads, message, progress, user. frames (NULL: not wanted): how many were read. */
LBC_API lbc_status lbc_verify(const lbc_options *options, uint64_t *frames, lbc_error *err);

/* What a run is to do with its input. */
typedef enum lbc_purpose {
    LBC_TO_READ,     /* lbc_compare, lbc_suggest, lbc_estimate_run unless it resumes */
    LBC_TO_VERIFY,   /* lbc_verify */
    LBC_TO_COMPRESS, /* lbc_compress, lbc_estimate_run of a run that resumes */
} lbc_purpose;

/* Told the path of each file before it is gone through. */
typedef void lbc_rehearsal_fn(void *user, const char *path);

/* Goes through all that a run of this purpose will of masters and heads of files: of options->input, to verify of the
 * files of its set, and to compress of what is there under the names of the output. Reads no image, writes nothing, and
 * says nothing. The HDF5 library crashes over some damaged files, and over others it does not come to an end; a program
 * that must live lets a child process do this first, with a limit of processor time, and looks how it ended. */
LBC_API void lbc_rehearse(const lbc_options *options, lbc_purpose purpose, lbc_rehearsal_fn *at, void *user);

/* The summary of a run that is done, for people: lines of at most 80 columns (paths may be longer).
 * verbose: with the note for readers even when nothing was binned or summed. The text is the
 * caller's, freed with free(); NULL: out of memory. */
LBC_API char *lbc_summary(const lbc_options *options, const lbc_result *result, bool verbose);

/* The same as JSON (docs/report.schema.json), with a row an image where options->measure was set; and
 * as one HTML page that needs nothing else, for a run with options->draw. Freed with free(); NULL: out of memory,
 * or, of the page, that result has no record. */
LBC_API char *lbc_report_json(const lbc_options *options, const lbc_result *result);
LBC_API char *lbc_report_html(const lbc_options *options, const lbc_result *result);

/* ---- frames one by one ------------------------------------------------------------------- */

/* What a pixel of a working frame is that is no count. */
#define LBC_PIXEL_OVERLOADED (-1)
#define LBC_PIXEL_MASKED     (-2)

/* What a series is. Lengths in m, wavelength in angstrom, angles in degrees, times in s; beam centre in
 * pixels from the corner of the first one. NAN and NULL: not known. */
typedef struct lbc_facts {
    uint64_t frames;
    lbc_shape shape;
    lbc_pixel_type type;
    int64_t saturation;   /* a count above it is overloaded */
    const uint32_t *mask; /* [ny * nx]: masked where one of the low 16 bits is set; NULL: nowhere */
    double wavelength, distance, pixel_x, pixel_y, beam_x, beam_y;
    double angle, oscillation; /* about the rotation axis: where the first image begins, and its width */
    double frame_time, count_time, sensor_thickness;
    const char *sensor_material; /* "Si" */
    const char *description;     /* "Dectris Eiger 1M" */
    const char *serial;          /* "E-02-0114" */
    const char *start_time;      /* ISO 8601 */
} lbc_facts;

/* A series to be read frame by frame, in any order. */
typedef struct lbc_reader lbc_reader;

/* message (may be NULL) gets what is odd about the input. */
LBC_API lbc_status lbc_reader_open(lbc_reader **reader, const char *master, lbc_message_fn *message, void *user,
                                   lbc_error *err);
/* Valid until lbc_reader_close. */
LBC_API const lbc_facts *lbc_reader_facts(const lbc_reader *reader);
/* Frame n, from 0, as ny * nx working pixels: counts, LBC_PIXEL_OVERLOADED, LBC_PIXEL_MASKED. */
LBC_API lbc_status lbc_reader_frame(lbc_reader *reader, uint64_t n, int32_t *frame, lbc_error *err);
LBC_API void lbc_reader_close(lbc_reader *reader);

/* A series that is written as its frames come, as from a detector. Compressed images are held in memory until
 * options->block of them make a data file; it may so be read while the next ones come. The set is like one that
 * lbc_compress makes: its master lists its files and tells what was done, and lbc_verify checks it. */
typedef struct lbc_writer lbc_writer;

/* Begins a series. Of options all counts that says what is done to frames and how they are stored; none that
 * names an input, selects from it, or divides the work (input, first_image, last_image, resume, skip_bad, shares,
 * minicbf, measure, draw, progress). facts are those of the frames that will be added; facts->frames is the most there
 * can be, and wavelength, distance, pixel sizes and beam centre must be known; DIALS also wants the sensor's material
 * and thickness. An oscillation of NAN is one of 0: stills. Both may go when it returns.
 *
 * Series with the same options and facts have one name of their job, which is made before there are frames, and nothing
 * tells files of one from those of another: give each a prefix of its own. */
LBC_API lbc_status lbc_writer_open(lbc_writer **writer, const lbc_options *options, const lbc_facts *facts,
                                   lbc_error *err);
/* Adds the next frame: ny * nx pixels of facts->type in native byte order, which may go when it returns. Every
 * few frames it compresses those that have come, with options->threads threads. After a failure the writer
 * takes no more frames. */
LBC_API lbc_status lbc_writer_add(lbc_writer *writer, const void *pixels, lbc_error *err);
/* Writes what is left, and the master, over the frames that came; then frees the writer, in any case. result
 * may be NULL, else it must be freed with lbc_result_free. A failed writer leaves complete data files and no
 * master. */
LBC_API lbc_status lbc_writer_close(lbc_writer *writer, lbc_result *result, lbc_error *err);
/* Gives up: frees the writer without writing more. NULL is allowed. */
LBC_API void lbc_writer_drop(lbc_writer *writer);

/* ---- before a run ------------------------------------------------------------------------ */

/* What a run would do, judged by up to 3 of its images. */
typedef struct lbc_estimate {
    uint64_t frames_in, frames_out, frames_dropped;
    lbc_shape shape_in, shape_out;
    lbc_pixel_type type_in, type_out;
    uint32_t files;
    uint64_t bytes_raw, bytes_in;          /* of the input frames */
    unsigned samples;                      /* images tried that could be read; 0: nothing is judged */
    uint64_t bytes_out;                    /* about, of the data files */
    double seconds;                        /* about */
    char *master, *first_file, *last_file; /* as lbc_result; the master also where it is another share's work */
    uint32_t files_kept;                   /* of a run that resumes: data files it would find complete */
    char *stop;                            /* what would keep the run from its work; NULL: nothing is known */
} lbc_estimate;

/* Does all of a run but writing. estimate must be freed with lbc_estimate_free in any case. */
LBC_API lbc_status lbc_estimate_run(const lbc_options *options, lbc_estimate *estimate, lbc_error *err);
LBC_API void lbc_estimate_free(lbc_estimate *estimate);
LBC_API char *lbc_estimate_text(const lbc_options *options, const lbc_estimate *estimate); /* as lbc_summary */

#define LBC_SUGGESTIONS 40

/* What a lossy codec does to a few images of a series. */
typedef struct lbc_suggestion {
    uint32_t bin;
    lbc_lossy_kind lossy;
    uint32_t lossy_value;
    lbc_wavelet wavelet;
    lbc_profile profile;
    double bytes;             /* of a stored image of the output, at rest */
    double ratio;             /* against the raw input */
    double ratio_stored;      /* against the stored input */
    double frames_per_second; /* of the output, on one core */
    double least_correlation; /* of spots, in its class: 0.9999, 0.999, 0.99, 0.98, 0.95, 0.9 or 0 */
    lbc_figures figures;
} lbc_suggestion;

/* Tries a table of settings (-H 4 8 16 32, -J 20 50 125 250 with 5/3, and both with profile faithful; -J with 9/7 too;
 * -b 1 2, or the bin of options where that is above 1) on 3 images and writes nothing. What options say of a lossy
 * codec is left aside, all else is as they say. Sorted: first by classes of spot correlation, from the best down, then
 * by size. count: how many were possible. */
LBC_API lbc_status lbc_suggest(const lbc_options *options, lbc_suggestion suggestions[LBC_SUGGESTIONS], unsigned *count,
                               lbc_error *err);
LBC_API char *lbc_suggest_text(const lbc_options *options, const lbc_suggestion *suggestions, unsigned count);

/* ---- comparing two series ---------------------------------------------------------------- */

/* B is compared with A, which is first brought to B's bin and sum. lbc_compare_options_init gives the
 * defaults: no bounds but that no pixel be lost. */
typedef struct lbc_compare_options {
    const char *a, *b;      /* masters */
    uint32_t bin, sum;      /* how B was made from A; 0: as sizes and angles of both tell */
    uint64_t first_image;   /* of A, where B begins; 0: as the angles of both tell, or 1 */
    uint64_t last_image;    /* of A, where B ends; 0: the last there is, and B must go that far */
    double max_rmse;        /* counts; NAN: no bound, here and below */
    double max_shift;       /* of the mean and of the local mean, as a fraction */
    double min_correlation; /* of the intensities of spots */
    double max_lost;        /* part of the counts of A that B may have lost: masked or overloaded */
    bool draw;              /* keep pictures, for lbc_compare_html */
    unsigned threads;
    lbc_message_fn *message;
    int (*progress)(void *user, const lbc_progress *progress); /* as that of lbc_options */
    void *user;
} lbc_compare_options;

typedef struct lbc_comparison {
    uint32_t bin, sum;
    uint64_t first_image;
    uint64_t frames, frames_in; /* of B that were compared, and of A that went into them */
    lbc_shape shape_a, shape_b;
    lbc_pixel_type type_a, type_b;
    uint64_t bytes_a, bytes_b; /* stored bytes of these frames */
    int64_t saturation;        /* of B; what is above it in A counts as overloaded */
    double seconds;
    lbc_figures figures;
    char outside[200]; /* the first bound that is not kept, in words; "": all are */
    lbc_record *record;
} lbc_comparison;

LBC_API void lbc_compare_options_init(lbc_compare_options *options);
/* LBC_E_MISMATCH: compared, and outside the bounds; LBC_E_ARGUMENT: the two cannot be brought together, or
 * not by these options. comparison must be freed with lbc_comparison_free in any case. */
LBC_API lbc_status lbc_compare(const lbc_compare_options *options, lbc_comparison *comparison, lbc_error *err);
LBC_API void lbc_comparison_free(lbc_comparison *comparison);
/* As lbc_summary, lbc_report_json and lbc_report_html. */
LBC_API char *lbc_compare_summary(const lbc_compare_options *options, const lbc_comparison *comparison);
LBC_API char *lbc_compare_json(const lbc_compare_options *options, const lbc_comparison *comparison);
LBC_API char *lbc_compare_html(const lbc_compare_options *options, const lbc_comparison *comparison);

/* The storage codecs, for help texts: name and description of entry n; NULL beyond the last. */
LBC_API const char *lbc_codec_name(unsigned n);
LBC_API const char *lbc_codec_text(unsigned n);

/* Forbids instruction sets above a level ("c", "sse2", "avx2", "avx512") for the whole process; to be
 * called before anything else. LBC_E_ARGUMENT for another word. */
LBC_API lbc_status lbc_limit_cpu(const char *level);

#ifdef __cplusplus
}
#endif

#endif /* LBC_H */
