/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline/job.h"

#include "base/memory.h"
#include "codec/rest/rest.h"
#include "pipeline/cbf.h"
#include "pipeline/clear.h"
#include "pipeline/identity.h"
#include "pipeline/image.h"
#include "pipeline/lossy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- options alone ------------------------------------------------------------------------- */

void lbc_options_init(lbc_options *options)
{
    *options = (lbc_options){
        .out_file = "out_data", .first_image = 1, .bin = 1, .sum = 1, .block = 100, .compression = "zstd", .stored = 2};
}

static lbc_status check_codec(const lbc_options *o, const lbc_codec *codec, lbc_error *err)
{
    const bool hcompress = o->lossy == LBC_LOSSY_HCOMPRESS;
    if (codec == &lbc_codec_rest_hcomp && !hcompress)
        return lbc_fail(err, LBC_E_ARGUMENT, "-c hcomp stores HCompress codestreams: give the scale with -H");
    if (codec == &lbc_codec_rest_j2k && !lbc_lossy_is_j2k(o->lossy))
        return lbc_fail(err, LBC_E_ARGUMENT,
                        "-c j2k stores JPEG 2000 codestreams: give a size with -J, -K, --bytes-per-frame or --psnr%s",
                        hcompress ? ", without -H" : "");
    if (o->out_squash && o->lossy == LBC_LOSSY_NONE)
        return lbc_fail(err, LBC_E_ARGUMENT, "-q writes codestreams, and there are none without -H, -J or -K");
    if (o->out_squash && lbc_hcompress_is_real(o))
        return lbc_fail(err, LBC_E_ARGUMENT,
                        "-q writes FITS, whose readers round at each level and would lose the background of an -H with "
                        "--rounding diffuse: say --rounding nearest");
    return LBC_OK;
}

static lbc_status check_options(const lbc_options *o, lbc_error *err)
{
    if (!o->input) return lbc_fail(err, LBC_E_ARGUMENT, "no input: name the master file with -i");
    if (o->first_image < 1) return lbc_fail(err, LBC_E_ARGUMENT, "-1: images are counted from 1");
    if (o->last_image && o->last_image < o->first_image)
        return lbc_fail(err, LBC_E_ARGUMENT, "-N %" PRIu64 " is before -1 %" PRIu64, o->last_image, o->first_image);
    if (o->bin < 1 || o->sum < 1 || o->block < 1)
        return lbc_fail(err, LBC_E_ARGUMENT, "-b, -s and -d must be at least 1");
    if (o->bin > 4096)
        return lbc_fail(err, LBC_E_ARGUMENT, "-b %" PRIu32 ": bins are at most 4096 pixels a side", o->bin);
    if (o->stored != 0 && o->stored != 2 && o->stored != 4)
        return lbc_fail(err, LBC_E_ARGUMENT, "-u %d: must be 2, 4 or 0", o->stored);
    if (o->shares && o->share > o->shares)
        return lbc_fail(err, LBC_E_ARGUMENT, "-t %" PRIu32 " is beyond -p %" PRIu32, o->share, o->shares);
    if (o->skip_bad && o->gaps_zero)
        return lbc_fail(err, LBC_E_ARGUMENT,
                        "--skip-bad masks what cannot be read, and with --gaps zero nothing would tell it from an "
                        "image without counts: use one of them");
    return LBC_OK;
}

/* ---- the detector ---------------------------------------------------------------------------- */

/* A bin across the edge of a module would hold pixels of two planes, and move one of them by a part of a pixel. */
static lbc_status check_modules(const lbc_job *job, lbc_error *err)
{
    const lbc_series *s = job->series;
    const uint32_t bin = job->options->bin, most = lbc_modules_divisor(s->modules, s->nmodules, s->shape);
    char other[40] = "";
    if (lbc_module_is_image(s->modules, s->nmodules)) return LBC_OK;
    if (most > 1) snprintf(other, sizeof other, ", or a divisor of %" PRIu32, most);
    for (const lbc_module *m = s->modules; m < s->modules + s->nmodules; m++)
        if (lbc_module_is_cut(m, s->shape, bin))
            return lbc_fail(err, LBC_E_UNSUPPORTED,
                            "%s: -b %" PRIu32 " would put an edge of %s (data_origin %" PRIu32 " %" PRIu32
                            ", data_size %" PRIu32 " %" PRIu32 ") inside a bin: say -b 1%s",
                            job->options->input, bin, m->path, m->origin[0], m->origin[1], m->size[0], m->size[1],
                            other);
    return LBC_OK;
}

/* ---- which frames -------------------------------------------------------------------------- */

/* The selection lies within the frames that exist; without a last image, all that the master speaks of
 * must be there. */
static lbc_status check_selection(const lbc_job *job, lbc_error *err)
{
    const lbc_options *o = job->options;
    const uint64_t frames = job->series->frames;
    if (!o->last_image || o->last_image > frames) {
        const lbc_status status = lbc_input_complete(job->input, err);
        if (status) return status;
    }
    const char *exist = frames == 1 ? " exists" : "s exist";
    if (o->last_image > frames)
        return lbc_fail(err, LBC_E_FORMAT, "%s: -N %" PRIu64 ", but only %" PRIu64 " image%s", o->input, o->last_image,
                        frames, exist);
    if (o->first_image > frames)
        return lbc_fail(err, LBC_E_FORMAT, "%s: -1 %" PRIu64 ", but only %" PRIu64 " image%s", o->input, o->first_image,
                        frames, exist);
    return LBC_OK;
}

/* The data files of this share, and how many frames are in them. */
static lbc_status list_files(lbc_job *job, lbc_error *err)
{
    if (job->share == 0) return LBC_OK;
    const uint64_t files = lbc_plan_share_files(&job->plan, job->shares, job->share);
    job->todo = lbc_alloc(files, sizeof *job->todo);
    if (!job->todo) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    for (; job->ntodo < files; job->ntodo++) {
        uint64_t first, count;
        job->todo[job->ntodo] = job->share - 1 + job->ntodo * job->shares;
        lbc_plan_file(&job->plan, job->todo[job->ntodo], &first, &count);
        job->frames += count;
    }
    return LBC_OK;
}

/* Not one sum is complete. */
static lbc_status too_few(const lbc_job *job, lbc_error *err)
{
    const lbc_options *o = job->options;
    if (job->plan.per_trigger && job->plan.per_trigger < o->sum)
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: -s %" PRIu32 " sums more images than the %" PRIu64
                        " of a trigger, and no sum crosses one (--partial keep takes them)",
                        o->input, o->sum, (uint64_t)job->plan.per_trigger);
    if (job->plan.last - job->plan.first + 1 >= o->sum)
        return lbc_fail(err, LBC_E_FORMAT,
                        "%s: -s %" PRIu32
                        " sums more images than are selected of any trigger, and no sum crosses one (--partial keep "
                        "takes them)",
                        o->input, o->sum);
    return lbc_fail(err, LBC_E_FORMAT,
                    "%s: -s %" PRIu32 " sums more images than the %" PRIu64 " selected of its %" PRIu64
                    " (--partial keep takes them)",
                    o->input, o->sum, job->plan.last - job->plan.first + 1, job->series->frames);
}

/* Where groups end at triggers, frames are missing between the images of the output, or some are sums of fewer. */
static void tell_what_is_dropped(const lbc_job *job)
{
    const lbc_plan *p = &job->plan;
    const int64_t slip = lbc_plan_slip(p);
    if (slip > 0)
        lbc_log_send(&job->log, LBC_LEVEL_WARNING,
                     "%" PRIu64 " image%s left out at the ends of triggers, which have %" PRIu64
                     " each, and no sum of -s %" PRIu32 " crosses one: the images written have gaps of angle between "
                     "them, and most readers take them to have none (--partial keep writes sums of fewer instead)",
                     p->dropped, p->dropped == 1 ? "" : "s", p->per_trigger, p->sum);
    else if (slip < 0)
        lbc_log_send(&job->log, LBC_LEVEL_WARNING,
                     "triggers have %" PRIu64 " images each, and no sum of -s %" PRIu32
                     " crosses one: at the end of a trigger the image written is a sum of fewer, and most readers take "
                     "all to have one width",
                     p->per_trigger, p->sum);
    else if (p->dropped)
        lbc_log_send(&job->log, LBC_LEVEL_NOTICE,
                     "%" PRIu64 " image%s at the end of a group too short for a sum of %" PRIu32
                     ": left out (--partial keep writes a sum of what there is)",
                     p->dropped, p->dropped == 1 ? "" : "s", p->sum);
}

static bool is_past_trigger(const lbc_plan *p)
{
    return p->per_trigger && p->last >= p->per_trigger;
}

static void tell_what_is_unknown(const lbc_job *job)
{
    if (!is_past_trigger(&job->plan) || !lbc_turns_by_step(job->series)) return;
    lbc_log_send(&job->log, LBC_LEVEL_WARNING,
                 "%s tells the rotation by its step alone, and has %" PRIu64
                 " images a trigger: where the triggers after "
                 "the first begin is not told. The new master has no angles, and readers take its images for stills%s "
                 "(-N %" PRIu64 " takes the first trigger alone, with its angles)",
                 job->options->input, job->plan.per_trigger,
                 job->options->minicbf ? "; the miniCBF headers of later triggers have Start_angle 0" : "",
                 job->plan.per_trigger);
}

/* Where an image does not begin at the end of the one before, of the same sum, no one range of angle is true of it. */
static void doubt_jumps(const lbc_job *job)
{
    const lbc_series *s = job->series;
    const double width = s->oscillation;
    uint64_t jumps = 0, at = 0, of = 0, first;
    uint32_t count;
    if (!s->angles || s->angles_by_step || !(fabs(width) > 0) || !job->writes_master) return;
    for (uint64_t k = 0; k < job->plan.groups; k++) {
        lbc_plan_group(&job->plan, k, &first, &count);
        for (uint64_t i = first + 1; i < first + count; i++) {
            const double off = remainder(s->angles[i] - s->angles[i - 1] - width, 360);
            if (!(fabs(off) > fabs(width) / 2)) continue;
            if (jumps++ == 0) at = i, of = k;
        }
    }
    if (jumps)
        lbc_log_send(&job->log, LBC_LEVEL_WARNING,
                     "the angle jumps between images that -s sums (%" PRIu64 " time%s; first: image %" PRIu64
                     " begins at %.6g and image %" PRIu64
                     " at %.6g degrees, with a width of %.4g, and both go into image "
                     "%" PRIu64 " of the output): what such a sum tells of its angles is not true",
                     jumps, jumps == 1 ? "" : "s", at, s->angles[at - 1], at + 1, s->angles[at], width, of + 1);
}

static lbc_status make_plan(lbc_job *job, lbc_error *err)
{
    const lbc_options *o = job->options;
    const lbc_series *s = job->series;
    const lbc_status status = check_selection(job, err);
    if (status) return status;
    job->plan = (lbc_plan){.first = o->first_image - 1,
                           .last = (o->last_image ? o->last_image : s->frames) - 1,
                           .per_trigger = s->nimages > 1 && s->ntrigger > 1 ? s->nimages : 0,
                           .sum = o->sum,
                           .block = o->block,
                           .keep_partial = o->keep_partial};
    lbc_plan_make(&job->plan);
    if (job->plan.groups == 0) return too_few(job, err);
    tell_what_is_dropped(job);
    tell_what_is_unknown(job);
    if (job->plan.files > 999999)
        return lbc_fail(err, LBC_E_ARGUMENT,
                        "-d %" PRIu32 ": that would be %" PRIu64 " data files; 999999 can be named", o->block,
                        job->plan.files);
    job->shares = o->shares ? o->shares : 1;
    job->share = o->shares ? o->share : 1;
    job->writes_master = !o->shares || o->share == 0;
    return list_files(job, err);
}

void lbc_job_keep(lbc_job *job, uint32_t f)
{
    uint32_t i = 0;
    while (i < job->ntodo && job->todo[i] != f) i++;
    if (i == job->ntodo) return;
    uint64_t first, count;
    lbc_plan_file(&job->plan, f, &first, &count);
    job->ntodo--;
    memmove(job->todo + i, job->todo + i + 1, (job->ntodo - i) * sizeof *job->todo);
    job->frames -= count;
    job->kept++;
}

/* Only the last file of a plan can be short, and it comes last, so that every other one holds a block. */
uint64_t lbc_job_frame(const lbc_job *job, uint64_t j)
{
    return (uint64_t)job->todo[j / job->plan.block] * job->plan.block + j % job->plan.block;
}

/* ---- what a pixel becomes ------------------------------------------------------------------- */

static int64_t limit_of(const lbc_options *o)
{
    const int64_t stored = o->stored == 2 ? 65532 : INT64_C(0x7FFFFFFD);
    const bool hcompress = o->lossy == LBC_LOSSY_HCOMPRESS;
    const int64_t coded = o->lossy == LBC_LOSSY_NONE               ? stored
                          : hcompress && !lbc_hcompress_is_real(o) ? INT64_C(1) << 30
                                                                   : (INT64_C(1) << 24) - 1;
    return stored < coded ? stored : coded;
}

/* S' = min(b b s S, limit), without overflow. */
static int32_t scaled_saturation(const lbc_job *job)
{
    const lbc_options *o = job->options;
    const int64_t limit = limit_of(o);
    const int64_t per_sum = (int64_t)o->bin * o->bin;
    int64_t product;
    if (__builtin_mul_overflow(per_sum, (int64_t)o->sum, &product) ||
        __builtin_mul_overflow(product, job->series->saturation, &product) || product > limit)
        return (int32_t)limit;
    return (int32_t)product;
}

static void set_pixel_rules(lbc_job *job)
{
    const lbc_options *o = job->options;
    job->limit = scaled_saturation(job);
    job->gather = (lbc_gather_rule){.type = job->series->type,
                                    .in = job->series->shape,
                                    .bin = o->bin,
                                    .saturation = job->series->saturation,
                                    .gaps_zero = o->gaps_zero,
                                    .mask = job->mask_in};
    const lbc_pixel_type type = o->stored == 2 ? LBC_U16 : o->stored == 4 ? LBC_U32 : LBC_I32;
    const int64_t marker = type == LBC_U16 ? UINT16_MAX : type == LBC_U32 ? (int64_t)UINT32_MAX : -1;
    job->store = (lbc_store_rule){.type = type,
                                  .masked = o->gaps_zero ? 0 : marker,
                                  .overloaded = o->gaps_zero ? job->limit : (int64_t)job->limit + 1};
}

static lbc_status make_masks(lbc_job *job, lbc_error *err)
{
    const lbc_series *s = job->series;
    if (job->options->bin > s->shape.ny || job->options->bin > s->shape.nx)
        return lbc_fail(err, LBC_E_ARGUMENT,
                        "-b %" PRIu32 ": larger than the images of %" PRIu32 " x %" PRIu32 " pixels, so that not one "
                        "whole bin fits",
                        job->options->bin, s->shape.nx, s->shape.ny);
    const bool over_edge = s->shape.nx % job->options->bin || s->shape.ny % job->options->bin;
    job->shape = lbc_shape_binned(s->shape, job->options->bin);
    job->pixels = lbc_shape_pixels(job->shape);
    if (!s->mask && !over_edge) return LBC_OK;

    const size_t pixels_in = lbc_shape_pixels(s->shape);
    job->mask_written = lbc_alloc(job->pixels, sizeof *job->mask_written);
    if (!job->mask_written) goto no_memory;
    lbc_mask_bin(job->mask_written, s->mask, s->shape, job->options->bin);
    job->mask_out = lbc_alloc(job->pixels, 1);
    if (!job->mask_out) goto no_memory;
    job->change.masked = lbc_mask_flags(job->mask_out, job->mask_written, job->pixels);
    if (!job->options->gaps_zero) return LBC_OK;
    free(job->mask_out);
    job->mask_out = NULL;
    if (s->mask) {
        job->mask_in = lbc_alloc(pixels_in, 1);
        if (!job->mask_in) goto no_memory;
        lbc_mask_flags(job->mask_in, s->mask, pixels_in);
    }
    return LBC_OK;

no_memory:
    return lbc_fail(err, LBC_E_MEMORY, "out of memory for the pixel mask");
}

/* ---- codecs --------------------------------------------------------------------------------- */

static bool has_levels(const lbc_codec *codec)
{
    return codec->level_min != codec->level_max;
}

/* The level in the codec's range; a notice when it had to be moved there. */
static int usable_level(const lbc_job *job, const lbc_codec *codec)
{
    const lbc_options *o = job->options;
    if (!o->level_given) return codec->level_default;
    if (!has_levels(codec)) {
        lbc_log_send(&job->log, LBC_LEVEL_NOTICE, "-l %d: %s has no levels; it is left out of account", o->level,
                     codec->name);
        return codec->level_default;
    }
    const int level = o->level < codec->level_min   ? codec->level_min
                      : o->level > codec->level_max ? codec->level_max
                                                    : o->level;
    if (level != o->level)
        lbc_log_send(&job->log, LBC_LEVEL_NOTICE, "-l %d: %s has levels %d to %d; %d is used", o->level, codec->name,
                     codec->level_min, codec->level_max, level);
    return level;
}

/* Detectors also mark pixels in the images that no mask names. Those of the first image serve as the series' own: the
 * chunks then need to tell only where another image differs. */
static lbc_status configure_at_rest(lbc_job *job, lbc_error *err)
{
    const lbc_options *o = job->options;
    lbc_status status = LBC_OK;
    lbc_error trouble = {LBC_OK, ""};
    int32_t *sample = NULL;
    lbc_frame_reader *reader = NULL;
    if (job->input && !o->gaps_zero) {
        sample = lbc_alloc(job->pixels, sizeof *sample);
        reader = lbc_frame_reader_new();
        if (!sample || !reader)
            status = lbc_fail(err, LBC_E_MEMORY, "out of memory");
        else
            status = lbc_image_gather(job, reader, job->plan.first, sample, true, &trouble);
    }
    const bool lost = status && lbc_image_may_be_skipped(job, status);
    if (trouble.status && !lost) lbc_image_fail(job, status, &trouble, err);
    if (status == LBC_OK || lost) {
        status = lbc_rest_configure(job->format, &job->lossy_params, job->mask_out, lost ? NULL : sample, o->gaps_zero);
        if (status)
            lbc_fail(err, status, "-c %s cannot store frames of %" PRIu32 " x %" PRIu32 " pixels",
                     job->format->codec->name, job->shape.nx, job->shape.ny);
    }
    lbc_frame_reader_free(reader);
    free(sample);
    return status;
}

static lbc_status set_storage(lbc_job *job, const lbc_codec *codec, lbc_error *err)
{
    job->format = lbc_alloc_zero(1, sizeof *job->format);
    if (!job->format) return lbc_fail(err, LBC_E_MEMORY, "out of memory");
    job->format->codec = codec;
    job->format->type = job->store.type;
    job->format->shape = job->shape;
    job->at_rest = codec == &lbc_codec_rest_hcomp || codec == &lbc_codec_rest_j2k;
    job->level = usable_level(job, codec);
    if (job->at_rest) return configure_at_rest(job, err);
    const lbc_status status = codec->configure(job->format, job->level);
    return status ? lbc_fail(err, status, "-c %s cannot store frames of %" PRIu32 " x %" PRIu32 " pixels", codec->name,
                             job->shape.nx, job->shape.ny)
                  : LBC_OK;
}

/* ---- provenance ----------------------------------------------------------------------------- */

static void describe_steps(lbc_job *job)
{
    const lbc_options *o = job->options;
    lbc_step *step = job->steps;
    *step = (lbc_step){.name = "select"};
    lbc_step_number(step, "first_image", (double)job->plan.first + 1);
    lbc_step_number(step, "last_image", (double)job->plan.last + 1);
    if (o->bin > 1) {
        *++step = (lbc_step){.name = "bin"};
        lbc_step_number(step, "bin", o->bin);
    }
    if (o->sum > 1) {
        uint64_t first;
        uint32_t count;
        lbc_plan_group(&job->plan, job->plan.groups - 1, &first, &count);
        *++step = (lbc_step){.name = "sum"};
        lbc_step_number(step, "sum", o->sum);
        lbc_step_text(step, "partial", o->keep_partial ? "keep" : "drop");
        if (count < o->sum) lbc_step_number(step, "images_in_last_group", count);
    }
    if (job->lossy) {
        *++step = (lbc_step){.name = "lossy"};
        lbc_job_describe_lossy(job, step);
    }
    *++step = (lbc_step){.name = "store"};
    lbc_step_text(step, "compression", job->format->codec->name);
    if (has_levels(job->format->codec)) lbc_step_number(step, "compression_level", job->level);
    lbc_step_text(step, "type",
                  job->store.type == LBC_U16   ? "uint16"
                  : job->store.type == LBC_U32 ? "uint32"
                                               : "int32");
    lbc_step_text(step, "gaps", o->gaps_zero ? "zero" : "keep");
    lbc_step_number(step, "saturation_value", job->limit);
    lbc_step_number(step, "images_per_file", o->block);
    job->change.nsteps = (uint32_t)(step - job->steps) + 1;
    job->change.steps = job->steps;
}

static void group_of_plan(const void *plan, uint64_t k, uint64_t *first, uint32_t *count)
{
    lbc_plan_group(plan, k, first, count);
}

static void describe_change(lbc_job *job)
{
    lbc_change *c = &job->change;
    const time_t date = (time_t)job->options->date;
    struct tm day;
    if (!gmtime_r(&date, &day) || !strftime(job->date, sizeof job->date, "%Y-%m-%d", &day))
        memcpy(job->date, "1970-01-01", sizeof "1970-01-01");
    c->date = job->date;
    c->bin = job->options->bin;
    c->sum = job->options->sum;
    c->in = job->series->shape;
    c->out = job->shape;
    c->type = job->store.type;
    c->saturation = job->limit;
    c->codec = job->format->codec->name;
    c->gaps_zero = job->options->gaps_zero;
    c->frames_in = job->series->frames;
    c->groups = job->plan.groups;
    c->frame_time = job->series->frame_time > 0 && !job->plan.per_trigger ? job->series->frame_time : 0;
    c->past_trigger = is_past_trigger(&job->plan);
    c->group = group_of_plan;
    c->plan = &job->plan;
    c->mask = job->mask_written;
    describe_steps(job);
}

static lbc_status no_such_codec(const lbc_options *o, lbc_error *err)
{
    char names[200] = "";
    for (const lbc_codec *const *c = lbc_codecs; *c; c++) {
        const size_t at = strlen(names);
        if ((*c)->writable) snprintf(names + at, sizeof names - at, "%s%s", at ? ", " : "", (*c)->name);
    }
    return lbc_fail(err, LBC_E_ARGUMENT, "-c %s: no such compression; there are %s", o->compression, names);
}

/* What the options say alone. */
static lbc_status begin_job(lbc_job *job, const lbc_options *options, lbc_error *err)
{
    job->options = options;
    job->log = (lbc_log){options->message, options->user};
    const lbc_codec *codec = lbc_codec_by_name(options->compression);
    if (!codec || !codec->writable) return no_such_codec(options, err);
    lbc_status status = check_options(options, err);
    if (status == LBC_OK) status = check_codec(options, codec, err);
    return status ? status : lbc_names_make(&job->names, options, err);
}

/* Bands lie in the buffer of a coded frame, two at a time. What is done around the codec takes a whole one. */
static void decide_on_pieces(lbc_job *job)
{
    const lbc_lossy *lossy = job->lossy;
    const bool alone = !job->lossy_params.fill_mean && !job->lossy_params.diffuse;
    if (lossy && lossy->band_rows && alone && !job->at_rest && !job->names.squash)
        job->band = lossy->band_rows(&job->lossy_params);
    if (job->band > job->shape.ny / 2) job->band = 0;
    job->in_pieces = (!lossy || job->band) && !job->measuring.full && !job->options->minicbf;
}

/* All that is to be known of frames, the series being there. */
static lbc_status prepare_frames(lbc_job *job, lbc_error *err)
{
    lbc_status status = make_plan(job, err);
    if (status == LBC_OK) status = make_masks(job, err);
    if (status) return status;
    set_pixel_rules(job);
    status = lbc_job_set_lossy(job, err);
    if (status == LBC_OK) status = set_storage(job, lbc_codec_by_name(job->options->compression), err);
    if (status == LBC_OK) status = lbc_measuring_prepare(&job->measuring, job, err);
    if (status == LBC_OK) decide_on_pieces(job);
    if (status == LBC_OK) describe_change(job);
    if (status == LBC_OK) doubt_jumps(job);
    if (status == LBC_OK) lbc_cbf_doubt_geometry(job);
    if (status == LBC_OK) status = lbc_identity_make(job, job->identity, err);
    return status;
}

lbc_status lbc_job_prepare(lbc_job *job, const lbc_options *options, lbc_error *err)
{
    lbc_status status = begin_job(job, options, err);
    if (status) return status;
    const lbc_input_options how = {.log = job->log};
    status = lbc_input_open(&job->input, options->input, &how, err);
    if (status) return status;
    job->series = lbc_input_series(job->input);
    status = check_modules(job, err);
    return status ? status : prepare_frames(job, err);
}

lbc_status lbc_job_prepare_stream(lbc_job *job, const lbc_options *options, const lbc_series *series, lbc_error *err)
{
    const lbc_status status = begin_job(job, options, err);
    if (status) return status;
    job->series = series;
    job->whole_groups = true;
    return prepare_frames(job, err);
}

void lbc_job_cut(lbc_job *job)
{
    job->plan.last = job->series->frames - 1;
    lbc_plan_make(&job->plan);
    job->ntodo = (uint32_t)job->plan.files;
    job->frames = job->plan.groups;
    if (job->plan.groups) describe_change(job);
}

void lbc_job_free(lbc_job *job)
{
    lbc_input_close(job->input);
    lbc_names_free(&job->names);
    lbc_measuring_free(&job->measuring);
    lbc_old_set_free(job->old);
    free(job->todo);
    free(job->format);
    free(job->mask_in);
    free(job->mask_out);
    free(job->mask_written);
    *job = (lbc_job){0};
}
