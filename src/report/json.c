/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports as JSON, by docs/report.schema.json. Numbers that are not known or not defined are null. */
#include "report/record.h"
#include "report/text.h"
#include "report/words.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA_VERSION 1

/* json_t values go from hand to hand: each function here takes over what it is given, and NULL, which is
 * what an allocation that failed gives, spoils what it is put into. */

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
static json_t *whole(uint64_t value)
{
    return json_integer((json_int_t)value);
}
/* Paths may be no UTF-8; then they are told byte by byte as Latin-1, rather than not at all. */
static json_t *text(const char *value)
{
    if (!value) return json_null();
    json_t *string = json_string(value);
    if (string) return string;
    char *latin = lbc_latin1_to_utf8(value);
    string = latin ? json_string(latin) : NULL;
    free(latin);
    return string;
}

static void put(json_t **object, const char *name, json_t *value)
{
    if (*object && json_object_set_new(*object, name, value) == 0) return;
    if (!*object) json_decref(value);
    json_decref(*object);
    *object = NULL;
}

static void append(json_t **array, json_t *value)
{
    if (*array && json_array_append_new(*array, value) == 0) return;
    if (!*array) json_decref(value);
    json_decref(*array);
    *array = NULL;
}

static json_t *shape_of(lbc_shape shape)
{
    json_t *array = json_array();
    append(&array, whole(shape.ny));
    append(&array, whole(shape.nx));
    return array;
}

static json_t *begin(const char *kind)
{
    json_t *program = json_object(), *root = json_object();
    put(&program, "name", text("l_bnl_compress"));
    put(&program, "version", text(lbc_version()));
    put(&program, "date", text(lbc_version_date()));
    put(&root, "format", text("l_bnl_compress report"));
    put(&root, "version", whole(SCHEMA_VERSION));
    put(&root, "kind", text(kind));
    put(&root, "program", program);
    return root;
}

/* ---- layout ---------------------------------------------------------------------------------- */

#define COLUMNS 100

/* The numbers from p to end, which commas and white space divide. */
static void put_numbers(lbc_text *t, const char *p, const char *end, int column, int indent)
{
    static const char between[] = ", \n";
    const char *comma = "";
    for (p += strspn(p, between); p < end; p += strspn(p, between)) {
        const int length = (int)strcspn(p, ", \n]");
        if (column + length + 3 > COLUMNS) {
            lbc_text_add(t, "%s\n%*s", *comma ? "," : "", indent, "");
            comma = "";
            column = indent;
        }
        lbc_text_add(t, "%s%.*s", comma, length, p);
        column += length + 2;
        p += length;
        comma = ", ";
    }
}

/* jansson gives each number of an array a line of its own; here they share lines. */
static char *join_numbers(const char *json)
{
    lbc_text t = {0};
    const char *line = json; /* where the line of p begins */
    for (const char *p = json; *p;) {
        size_t length = strcspn(p, "[\"\n") + 1;
        const char last = p[length - 1];
        if (!last) length--;
        lbc_text_put(&t, p, length);
        p += length;
        if (last == '\n') line = p;
        if (last == '"') {
            for (length = 0; p[length] != '"'; length++) length += p[length] == '\\';
            lbc_text_put(&t, p, length + 1);
            p += length + 1;
        }
        const char *end = last == '[' ? p + strcspn(p, "[{\"]") : NULL;
        if (!end || *end != ']') continue;
        put_numbers(&t, p, end, (int)(p - line), (int)strspn(line, " ") + 1);
        p = end;
    }
    return lbc_text_take(&t);
}

static char *end(json_t *root)
{
    char *dumped = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
    char *out = dumped ? join_numbers(dumped) : NULL;
    free(dumped);
    json_decref(root);
    return out;
}

/* ---- what was measured ----------------------------------------------------------------------- */

static json_t *figures_of(const lbc_figures *f)
{
    if (!f->frames) return json_null();
    json_t *o = json_object();
    put(&o, "images", whole(f->frames));
    put(&o, "every", whole(f->every));
    put(&o, "pixels", whole(f->pixels));
    put(&o, "pixels_lost", whole(f->lost));
    put(&o, "pixels_gained", whole(f->gained));
    put(&o, "largest_difference", whole(f->largest));
    put(&o, "rmse", real(f->rmse));
    put(&o, "mean_before", real(f->mean_before));
    put(&o, "mean_after", real(f->mean_after));
    put(&o, "mean_shift", real(f->mean_after - f->mean_before));
    put(&o, "relative_mean_shift", real(f->relative_shift));
    put(&o, "local_mean_shift", real(f->local_shift));
    put(&o, "spots", whole(f->spots));
    put(&o, "spot_correlation", real(f->spot_correlation));
    put(&o, "spot_scale", real(f->spot_scale));
    put(&o, "spot_r", real(f->spot_r));
    return o;
}

static json_t *row_of(const lbc_row *r)
{
    json_t *o = json_object();
    put(&o, "image", whole(r->number));
    put(&o, "first_input_image", whole(r->first));
    put(&o, "input_images", whole(r->count));
    put(&o, "bytes_in", whole(r->bytes_in));
    put(&o, "bytes_out", whole(r->bytes_chunk));
    put(&o, "bytes_codestream", r->bytes_stream ? whole(r->bytes_stream) : json_null());
    put(&o, "masked", whole(r->counts.masked));
    put(&o, "overloaded", whole(r->counts.overloaded));
    put(&o, "clipped", whole(r->counts.clipped));
    put(&o, "rmse", real(lbc_tally_rmse(&r->tally)));
    put(&o, "mean_before", real(lbc_tally_mean_before(&r->tally)));
    put(&o, "mean_after", real(lbc_tally_mean_after(&r->tally)));
    put(&o, "local_mean_shift", real(r->local_shift));
    put(&o, "spots", whole(r->spots));
    put(&o, "spot_correlation", real(r->spot_correlation));
    return o;
}

static json_t *rows_of(const lbc_record *record)
{
    json_t *array = json_array();
    for (uint64_t i = 0; i < record->rows; i++) append(&array, row_of(&record->row[i]));
    return array;
}

/* From the bin of 0 to the last one that is not empty. */
static json_t *histogram_of(const lbc_measures *m)
{
    json_t *first = json_array(), *before = json_array(), *after = json_array(), *o = json_object();
    unsigned last = 0;
    for (unsigned i = 0; i < LBC_COUNT_BINS; i++)
        if (m->counts_before[i] || m->counts_after[i]) last = i;
    for (unsigned i = 0; i <= last; i++) {
        append(&first, whole(lbc_count_bin_first(i)));
        append(&before, whole(m->counts_before[i]));
        append(&after, whole(m->counts_after[i]));
    }
    put(&o, "smallest_count", first);
    put(&o, "pixels_before", before);
    put(&o, "pixels_after", after);
    return o;
}

static json_t *rings_of(const lbc_record *record)
{
    if (!(record->resolution > 0)) return json_null();
    json_t *array = json_array();
    for (unsigned i = 0; i < LBC_RADIAL_BINS; i++) {
        const uint64_t pixels = record->total.ring[i].pixels;
        const double n = pixels ? (double)pixels : NAN;
        json_t *o = json_object();
        put(&o, "d_max", real(1 / sqrt(record->resolution * i / LBC_RADIAL_BINS)));
        put(&o, "d_min", real(1 / sqrt(record->resolution * (i + 1) / LBC_RADIAL_BINS)));
        put(&o, "pixels", whole(pixels));
        put(&o, "mean_before", real((double)record->total.ring[i].before / n));
        put(&o, "mean_after", real((double)record->total.ring[i].after / n));
        append(&array, o);
    }
    return array;
}

static json_t *sample_of(const lbc_spot_sample *sample)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < sample->count; i++) {
        json_t *pair = json_array();
        append(&pair, real((double)sample->spot[i].before));
        append(&pair, real((double)sample->spot[i].after));
        append(&array, pair);
    }
    return array;
}

static void put_record(json_t **root, const lbc_record *record)
{
    if (!record) return;
    put(root, "images", rows_of(record));
    put(root, "counts", histogram_of(&record->total));
    put(root, "resolution", rings_of(record));
    put(root, "spot_sample", sample_of(&record->sample));
}

/* ---- a run ----------------------------------------------------------------------------------- */

static json_t *weights_of(const lbc_options *o)
{
    json_t *weights = json_array();
    for (int i = 0; i < LBC_MAX_WEIGHTS; i++) append(&weights, real(o->weights[i] > 0 ? o->weights[i] : 1));
    return weights;
}

static json_t *lossy_of(const lbc_options *o)
{
    if (o->lossy == LBC_LOSSY_NONE) return json_null();
    json_t *l = json_object();
    const bool hcompress = o->lossy == LBC_LOSSY_HCOMPRESS;
    put(&l, "codec", text(hcompress ? "HCompress" : "JPEG 2000"));
    put(&l, "profile", text(o->profile == LBC_PROFILE_FAITHFUL ? "faithful" : "original"));
    if (hcompress) {
        put(&l, "scale", whole(o->lossy_value));
        return l;
    }
    put(&l, "ratio", o->lossy_value ? whole(o->lossy_value) : json_null());
    put(&l, "bytes_per_frame", o->bytes_per_frame ? whole(o->bytes_per_frame) : json_null());
    put(&l, "psnr", o->psnr > 0 ? real(o->psnr) : json_null());
    put(&l, "layers", text(o->one_layer ? "one" : o->lossy == LBC_LOSSY_J2K ? "J" : "K"));
    put(&l, "wavelet", text(o->wavelet == LBC_WAVELET_53 ? "5/3" : "9/7"));
    put(&l, "fill", text(o->fill == LBC_FILL_MEAN ? "mean" : "zero"));
    put(&l, "rounding", text(o->rounding == LBC_ROUNDING_DIFFUSE ? "diffuse" : "nearest"));
    put(&l, "curve", o->curve == LBC_CURVE_AUTO ? text("auto") : whole((uint64_t)o->curve));
    put(&l, "engine", text(o->engine == LBC_ENGINE_OWN ? "own" : "openjpeg"));
    put(&l, "weights", weights_of(o));
    return l;
}

static json_t *settings_of(const lbc_options *o, const lbc_result *r)
{
    json_t *s = json_object();
    put(&s, "first_image", whole(o->first_image));
    put(&s, "last_image", o->last_image ? whole(o->last_image) : json_null());
    put(&s, "bin", whole(o->bin));
    put(&s, "sum", whole(o->sum));
    put(&s, "images_per_file", whole(o->block));
    put(&s, "lossy", lossy_of(o));
    put(&s, "compression", text(o->compression));
    put(&s, "level", o->level_given ? json_integer(o->level) : json_null());
    put(&s, "type", text(lbc_type_name(r->type_out)));
    put(&s, "gaps", text(o->gaps_zero ? "zero" : "keep"));
    put(&s, "partial", text(o->keep_partial ? "keep" : "drop"));
    put(&s, "shares", o->shares ? whole(o->shares) : json_null());
    put(&s, "share", o->shares ? whole(o->share) : json_null());
    put(&s, "threads", whole(o->threads));
    return s;
}

static json_t *input_of(const lbc_options *o, const lbc_result *r)
{
    json_t *i = json_object();
    put(&i, "master", text(o->input));
    put(&i, "images", whole(r->frames_in));
    put(&i, "shape", shape_of(r->shape_in));
    put(&i, "type", text(lbc_type_name(r->type_in)));
    put(&i, "bytes_raw", whole(r->bytes_raw));
    put(&i, "bytes_stored", whole(r->bytes_in));
    return i;
}

static json_t *output_of(const lbc_result *r)
{
    json_t *o = json_object();
    put(&o, "master", text(r->master));
    put(&o, "files", whole(r->files));
    put(&o, "files_kept", whole(r->files_kept));
    put(&o, "first_file", text(r->first_file));
    put(&o, "last_file", text(r->last_file));
    put(&o, "images", whole(r->frames_out));
    put(&o, "images_dropped", whole(r->frames_dropped));
    put(&o, "images_bad", whole(r->frames_bad));
    put(&o, "shape", shape_of(r->shape_out));
    put(&o, "type", text(lbc_type_name(r->type_out)));
    put(&o, "saturation_value", json_integer(r->saturation));
    put(&o, "bytes_raw", whole(r->bytes_raw_out));
    put(&o, "bytes_images", whole(r->bytes_chunks));
    put(&o, "bytes_files", whole(r->bytes_out));
    return o;
}

static json_t *pixels_of(const lbc_result *r)
{
    json_t *p = json_object();
    put(&p, "masked", whole(r->masked));
    put(&p, "overloaded", whole(r->overloaded));
    put(&p, "clipped", whole(r->clipped));
    put(&p, "above_32767", whole(r->above_i16));
    return p;
}

/* a / b; NAN where that is not defined. */
static double over(uint64_t a, uint64_t b)
{
    return b ? (double)a / (double)b : NAN;
}

static json_t *codestreams_of(const lbc_result *r)
{
    if (!r->codestreams) return json_null();
    json_t *c = json_object();
    put(&c, "images", whole(r->codestreams));
    put(&c, "bytes", whole(r->codestream_bytes));
    put(&c, "bytes_per_image", real(over(r->codestream_bytes, r->codestreams)));
    put(&c, "ratio", real(over(r->bytes_raw_out, r->frames_out) / over(r->codestream_bytes, r->codestreams)));
    return c;
}

static json_t *ratios_of(uint64_t raw, uint64_t stored, uint64_t out)
{
    json_t *o = json_object();
    put(&o, "against_raw", real(over(raw, out)));
    put(&o, "against_stored", real(over(stored, out)));
    return o;
}

static json_t *time_of(double seconds, uint64_t frames, uint64_t in, uint64_t out)
{
    json_t *t = json_object();
    put(&t, "seconds", real(seconds));
    put(&t, "images_per_second", real((double)frames / seconds));
    put(&t, "bytes_in_per_second", real((double)in / seconds));
    put(&t, "bytes_out_per_second", real((double)out / seconds));
    return t;
}

char *lbc_report_json(const lbc_options *options, const lbc_result *r)
{
    json_t *root = begin("run");
    put(&root, "settings", settings_of(options, r));
    put(&root, "input", input_of(options, r));
    put(&root, "output", output_of(r));
    put(&root, "ratio", ratios_of(r->bytes_raw, r->bytes_in, r->bytes_out));
    put(&root, "codestreams", codestreams_of(r));
    put(&root, "pixels", pixels_of(r));
    put(&root, "time", time_of(r->seconds, r->frames_in, r->bytes_in, r->bytes_out));
    put(&root, "figures", figures_of(&r->figures));
    put_record(&root, r->record);
    return end(root);
}

/* ---- a comparison ---------------------------------------------------------------------------- */

static json_t *side_of(const char *master, lbc_shape shape, lbc_pixel_type type, uint64_t frames, uint64_t bytes)
{
    json_t *o = json_object();
    put(&o, "master", text(master));
    put(&o, "images", whole(frames));
    put(&o, "shape", shape_of(shape));
    put(&o, "type", text(lbc_type_name(type)));
    put(&o, "bytes_stored", whole(bytes));
    return o;
}

static json_t *bounds_of(const lbc_compare_options *o)
{
    json_t *b = json_object();
    put(&b, "max_rmse", real(o->max_rmse));
    put(&b, "max_shift", real(o->max_shift));
    put(&b, "min_correlation", real(o->min_correlation));
    put(&b, "max_lost", real(o->max_lost));
    return b;
}

char *lbc_compare_json(const lbc_compare_options *o, const lbc_comparison *c)
{
    json_t *root = begin("comparison"), *how = json_object();
    put(&how, "bin", whole(c->bin));
    put(&how, "sum", whole(c->sum));
    put(&how, "first_image", whole(c->first_image));
    put(&root, "a", side_of(o->a, c->shape_a, c->type_a, c->frames_in, c->bytes_a));
    put(&root, "b", side_of(o->b, c->shape_b, c->type_b, c->frames, c->bytes_b));
    put(&root, "a_brought_to_b", how);
    put(&root, "ratio_of_stored_bytes", real(over(c->bytes_a, c->bytes_b)));
    put(&root, "seconds", real(c->seconds));
    put(&root, "bounds", bounds_of(o));
    put(&root, "within_bounds", json_boolean(!*c->outside));
    put(&root, "outside", *c->outside ? text(c->outside) : json_null());
    put(&root, "figures", figures_of(&c->figures));
    put_record(&root, c->record);
    return end(root);
}
