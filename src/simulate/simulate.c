/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simulate/simulate.h"

#include "base/memory.h"
#include "base/pool.h"
#include "nexus/output.h"
#include "simulate/image.h"
#include "simulate/truth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CUTOFF_16    12440u /* of a real Eiger at 5 ms an image */
#define CUTOFF_32    124400u
#define READOUT_TIME 1e-5

lbc_simulation lbc_simulation_default(void)
{
    return (lbc_simulation){
        .prefix = "simulated",
        .block = 100,
        .first_block = 1,
        .bits = 16,
        .compression = "bslz4",
        .truth = true,
        .seed = 1,
        .space_group = "P43212",
        .intensity = 1000.0,
        .b_factor = 20.0,
        .mosaicity = 0.2,
        .images = 60,
        .oscillation = 0.5,
        .exposure = 1.0,
        .wavelength = 0.9795,
        .beam_x = NAN,
        .beam_y = NAN,
        .polarization = 0.999,
        .background = 4.0,
        .beam_stop = 1e-3,
        .detector = "1M",
        .spot = 0.9,
        .noisy = 6,
        .dead = 20,
    };
}

const char *lbc_simulation_space_group(unsigned n)
{
    return lbc_space_group_name(n);
}

/* ---- checks -------------------------------------------------------------------------------- */

/* NAN fails every comparison and so every check. */
static const char *what_is_wrong(const lbc_simulation *s)
{
    if (!s->prefix || !*s->prefix) return "no output prefix";
    if (s->bits != 16 && s->bits != 32) return "bits must be 16 or 32";
    if (s->first_block > 1) return "data files are numbered from 0 or 1";
    if (s->block < 1 || s->images < 1 || s->images > 1000000) return "images and images per file must be at least 1";
    if (!(s->oscillation >= 0.001 && s->oscillation <= 10.0)) return "the oscillation must be 0.001 to 10 degrees";
    if (!(s->start >= -360.0 && s->start <= 360.0)) return "the start angle must be -360 to 360 degrees";
    if (!(s->mosaicity >= 0.01 && s->mosaicity <= 5.0)) return "the mosaicity must be 0.01 to 5 degrees";
    if (!(s->wavelength >= 0.4 && s->wavelength <= 3.0)) return "the wavelength must be 0.4 to 3 angstrom";
    if (!(s->distance >= 0.0 && s->distance <= 10.0)) return "the distance must be at most 10 m";
    if (s->distance > 0.0 && s->distance < 0.02) return "the distance must be at least 0.02 m";
    if (!(s->spot >= 0.2 && s->spot <= 12.0)) return "the spot size must be 0.2 to 12 pixels";
    if (!(s->intensity >= 0.0 && s->intensity <= 1e8)) return "the intensity must be 0 to 1e8 photons";
    if (!(s->exposure >= 0.0 && s->exposure <= 1e6)) return "the exposure must be 0 to 1e6";
    if (!(s->background >= 0.0 && s->background * s->exposure <= 500.0))
        return "background times exposure must be 0 to 500 photons";
    if (!(s->b_factor >= 0.0 && s->b_factor <= 500.0)) return "the B factor must be 0 to 500 square angstrom";
    if (!(s->anomalous >= 0.0 && s->anomalous <= 1.0)) return "the anomalous difference must be 0 to 1";
    if (!(s->polarization >= 0.0 && s->polarization <= 1.0)) return "the polarization must be 0 to 1";
    if (!(s->beam_stop >= 0.0 && s->beam_stop <= 0.05)) return "the beam stop's shadow must be at most 50 mm";
    if (!(s->beam_arm >= 0.0 && s->beam_arm <= 0.05)) return "the holder's shadow must be at most 50 mm wide";
    if (!(s->d_min == 0.0 || s->d_min >= 0.5)) return "d_min must be at least 0.5 angstrom";
    if (s->cutoff > (s->bits == 16 ? 65532u : 2147483645u)) return "the cutoff does not fit the pixels";
    if (s->dead > 10000 || s->noisy > 10000 || s->hot > 10000) return "at most 10000 faulty pixels of a kind";
    return NULL;
}

/* Values of 0 that stand for "fitting". */
static void settle(lbc_simulation *s, const lbc_detector *detector)
{
    if (s->cutoff == 0) s->cutoff = s->bits == 16 ? CUTOFF_16 : CUTOFF_32;
    s->distance = detector->distance;
    if (s->d_min == 0.0) s->d_min = lbc_detector_d_min(detector);
}

/* ---- the run ------------------------------------------------------------------------------- */

/* What a thread draws with. */
typedef struct worker {
    uint32_t *counts;
    uint8_t *stored;
    size_t pixel_size;
    lbc_codec_work *work;
} worker;

/* What an image leaves to be written. */
typedef struct slot {
    uint8_t *chunk;
    size_t size;
    lbc_image_facts facts;
} slot;

typedef struct run {
    const lbc_simulation *simulation;
    const lbc_scene *scene;
    lbc_chunk_format format;
    size_t pixels, bound;
    worker *worker;
    slot *slot;
    unsigned workers, slots;
    lbc_data_file *file; /* that images are being delivered to; NULL: none */
    uint64_t overloaded, photons, bytes;
} run;

static void give_pixels(void *user, size_t first, size_t count, void *pixels)
{
    const worker *w = user;
    memcpy(pixels, w->stored + first * w->pixel_size, count * w->pixel_size);
}

static lbc_status make_image(void *user, const lbc_pool_job *job, lbc_error *err)
{
    run *r = user;
    worker *w = &r->worker[job->worker];
    slot *to = &r->slot[job->slot];
    const lbc_pixel_source source = {give_pixels, w};
    to->facts = (lbc_image_facts){0};
    lbc_scene_draw(r->scene, (uint32_t)job->job, w->counts);
    lbc_scene_store(r->scene, w->counts, r->simulation->bits, w->stored, &to->facts);
    const lbc_status status = r->format.codec->encode(w->work, &r->format, &source, to->chunk, r->bound, &to->size);
    if (status == LBC_OK) return LBC_OK;
    return lbc_fail(err, status, "image %llu: %s failed: %s", (unsigned long long)job->job + 1, r->format.codec->name,
                    lbc_status_string(status));
}

static lbc_status begin_file(run *r, uint32_t image, lbc_error *err)
{
    const lbc_simulation *s = r->simulation;
    const uint32_t left = s->images - image, frames = left < s->block ? left : s->block;
    char *path = lbc_asprintf("%s_data_%06u.h5", s->prefix, image / s->block + s->first_block);
    if (!path) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", s->prefix);
    const lbc_status status = lbc_data_file_begin(&r->file, path, &r->format, frames, image + 1, err);
    free(path);
    return status;
}

static lbc_status write_image(void *user, const lbc_pool_job *job, lbc_error *err)
{
    run *r = user;
    const lbc_simulation *s = r->simulation;
    const slot *done = &r->slot[job->slot];
    const uint32_t image = (uint32_t)job->job;
    lbc_status status = LBC_OK;
    if (image % s->block == 0) status = begin_file(r, image, err);
    if (status == LBC_OK) status = lbc_data_file_write(r->file, image % s->block, done->chunk, done->size, err);
    if (status == LBC_OK && (image + 1 == s->images || (image + 1) % s->block == 0)) {
        status = lbc_data_file_commit(r->file, s->overwrite, err);
        lbc_data_file_close(r->file);
        r->file = NULL;
    }
    r->overloaded += done->facts.overloaded;
    r->photons += done->facts.photons;
    r->bytes += done->size;
    return status;
}

static void run_free(run *r)
{
    lbc_data_file_close(r->file);
    for (unsigned i = 0; r->worker && i < r->workers; i++) {
        free(r->worker[i].counts);
        free(r->worker[i].stored);
        lbc_codec_work_free(r->worker[i].work);
    }
    for (unsigned i = 0; r->slot && i < r->slots; i++) free(r->slot[i].chunk);
    free(r->worker);
    free(r->slot);
}

static lbc_status run_alloc(run *r)
{
    r->worker = lbc_alloc_zero(r->workers, sizeof *r->worker);
    r->slot = lbc_alloc_zero(r->slots, sizeof *r->slot);
    if (!r->worker || !r->slot) return LBC_E_MEMORY;
    for (worker *w = r->worker; w < r->worker + r->workers; w++) {
        w->pixel_size = lbc_pixel_size(r->format.type);
        w->counts = lbc_alloc_aligned(r->pixels, sizeof *w->counts);
        w->stored = lbc_alloc_aligned(r->pixels, w->pixel_size);
        w->work = lbc_codec_work_new();
        if (!w->counts || !w->stored || !w->work) return LBC_E_MEMORY;
    }
    for (slot *t = r->slot; t < r->slot + r->slots; t++) {
        t->chunk = lbc_alloc_aligned(r->bound, 1);
        if (!t->chunk) return LBC_E_MEMORY;
    }
    return LBC_OK;
}

static lbc_status choose_format(run *r, lbc_error *err)
{
    const lbc_simulation *s = r->simulation;
    r->format.codec = lbc_codec_by_name(s->compression);
    if (!r->format.codec || !r->format.codec->configure)
        return lbc_fail(err, LBC_E_ARGUMENT, "unknown compression '%s'", s->compression);
    r->format.type = s->bits == 16 ? LBC_U16 : LBC_U32;
    r->format.shape = r->scene->detector.shape;
    const lbc_status status = r->format.codec->configure(&r->format, r->format.codec->level_default);
    if (status != LBC_OK) return lbc_fail(err, status, "compression '%s' does not suit such images", s->compression);
    r->pixels = lbc_shape_pixels(r->format.shape);
    r->bound = r->format.codec->bound(&r->format);
    return LBC_OK;
}

static lbc_status run_images(run *r, lbc_error *err)
{
    lbc_pool *pool = lbc_pool_new(r->simulation->threads);
    if (!pool) return lbc_fail(err, LBC_E_MEMORY, "no threads could be started");
    r->workers = lbc_pool_workers(pool);
    r->slots = r->workers + 2;
    const lbc_pool_task task = {.jobs = r->simulation->images,
                                .parts = 1,
                                .slots = r->slots,
                                .user = r,
                                .work = make_image,
                                .deliver = write_image};
    lbc_status status = run_alloc(r);
    if (status == LBC_OK)
        status = lbc_pool_run(pool, &task, err);
    else
        lbc_fail(err, status, "no memory for %u images at once", r->slots);
    lbc_pool_free(pool);
    return status;
}

/* ---- what goes beside the images ----------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static lbc_status write_master(const lbc_simulation *s, const lbc_detector *detector, lbc_error *err)
{
    const bool triggered = s->style == LBC_STYLE_NTRIGGER;
    char *path = lbc_asprintf("%s_master.h5", s->prefix), *data = lbc_asprintf("%s_data", base_name(s->prefix));
    const lbc_filewriter facts = {
        .dialect = s->dialect,
        .description = detector->model->description,
        .sensor_material = "Si",
        .instrument = "simulated",
        .serial = "E-00-0000",
        .compression = s->compression,
        .date = "2025-02-01T12:00:00.000000",
        .shape = detector->shape,
        .type = s->bits == 16 ? LBC_U16 : LBC_U32,
        .nimages = triggered ? 1 : s->images,
        .ntrigger = triggered ? s->images : 1,
        .wavelength = s->wavelength,
        .distance = detector->distance,
        .pixel_size = detector->pixel_size,
        .sensor_thickness = detector->sensor_thickness,
        .beam_x = detector->beam_x,
        .beam_y = detector->beam_y,
        .frame_time = s->bits == 16 ? 0.005 : 0.05,
        .readout_time = READOUT_TIME,
        .omega_start = s->start,
        .omega_step = s->oscillation,
        .cutoff = s->cutoff,
        .mask = detector->mask,
        .excluded = (uint32_t)detector->masked,
        .data_prefix = data,
        .first_file = s->first_block,
        .files = (s->images - 1) / s->block + 1,
        .images_per_file = s->block,
    };
    const lbc_status status = path && data ? lbc_filewriter_master(path, s->overwrite, &facts, err)
                                           : lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", s->prefix);
    free(path);
    free(data);
    return status;
}

static lbc_status write_tables(const lbc_simulation *s, const lbc_scene *scene, uint64_t *unique, lbc_error *err)
{
    lbc_status status = LBC_OK;
    char *truth = lbc_asprintf("%s_truth.csv", s->prefix), *spots = lbc_asprintf("%s_predictions.csv", s->prefix);
    if (!truth || !spots) status = lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", s->prefix);
    if (status == LBC_OK && s->truth)
        status = lbc_truth_write(truth, s->overwrite, &scene->crystal, s->d_min, unique, err);
    if (status == LBC_OK && s->predictions) status = lbc_predictions_write(spots, s->overwrite, &scene->spots, err);
    free(truth);
    free(spots);
    return status;
}

/* Old tables beside new images would lie, and an old master beside some new images more so. */
static lbc_status remove_old(const lbc_simulation *s, lbc_error *err)
{
    static const char *const suffixes[] = {"master.h5", "truth.csv", "predictions.csv"};
    for (size_t i = 0; s->overwrite && i < sizeof suffixes / sizeof *suffixes; i++) {
        char *path = lbc_asprintf("%s_%s", s->prefix, suffixes[i]);
        if (!path) return lbc_fail(err, LBC_E_MEMORY, "%s: out of memory", s->prefix);
        const int failed = unlink(path) != 0 && errno != ENOENT;
        if (failed) lbc_fail(err, LBC_E_IO, "%s: cannot be replaced: %s", path, strerror(errno));
        free(path);
        if (failed) return LBC_E_IO;
    }
    return LBC_OK;
}

static lbc_status make_folder(const lbc_simulation *s, lbc_error *err)
{
    const size_t n = (size_t)(base_name(s->prefix) - s->prefix);
    if (n == 0) return LBC_OK;
    char *folder = lbc_asprintf("%.*s", (int)n, s->prefix);
    const lbc_status status = folder ? lbc_place_folder(folder, err) : lbc_fail(err, LBC_E_MEMORY, "out of memory");
    free(folder);
    return status;
}

static void report(const run *r, uint64_t unique, lbc_simulated *made)
{
    const lbc_simulation *s = r->simulation;
    const lbc_detector *detector = &r->scene->detector;
    const double counted = (double)s->images * (double)(r->pixels - detector->masked) - (double)r->overloaded;
    *made = (lbc_simulated){
        .files = (s->images - 1) / s->block + 1,
        .bytes = r->bytes,
        .unique = unique,
        .spots = r->scene->spots.count,
        .masked = detector->masked,
        .overloaded = r->overloaded,
        .mean_count = counted > 0.0 ? (double)r->photons / counted : 0.0,
        .distance = s->distance,
        .d_min = s->d_min,
    };
}

lbc_status lbc_simulate(const lbc_simulation *simulation, lbc_simulated *made, lbc_error *err)
{
    lbc_simulation s = *simulation;
    const char *wrong = what_is_wrong(&s);
    if (wrong) return lbc_fail(err, LBC_E_ARGUMENT, "%s", wrong);
    lbc_scene *scene = lbc_alloc_zero(1, sizeof *scene); /* a struct of tables, too large for a stack */
    if (!scene) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    run r = {.simulation = &s, .scene = scene};
    uint64_t unique = 0;
    lbc_status status = lbc_detector_init(&scene->detector, &s, err);
    if (status == LBC_OK) {
        settle(&s, &scene->detector);
        status = lbc_scene_init(scene, &s, err);
    }
    if (status == LBC_OK) status = choose_format(&r, err);
    if (status == LBC_OK) status = make_folder(&s, err);
    if (status == LBC_OK) status = remove_old(&s, err);
    if (status == LBC_OK) status = write_tables(&s, scene, &unique, err);
    if (status == LBC_OK) status = run_images(&r, err);
    if (status == LBC_OK) status = write_master(&s, &scene->detector, err);
    if (status == LBC_OK && made) report(&r, unique, made);
    run_free(&r);
    lbc_scene_free(scene);
    free(scene);
    return status;
}
