/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any series, frame by frame. */
#include "base/memory.h"
#include "pipeline/facts.h"
#include "pipeline/image.h"

#include <inttypes.h>
#include <stdlib.h>

_Static_assert(LBC_PIXEL_OVERLOADED == LBC_OVERLOADED && LBC_PIXEL_MASKED == LBC_MASKED, "as in frame.h");

struct lbc_reader {
    lbc_input *input;
    lbc_frame_reader *frames;
    lbc_gather_rule rule;
    uint8_t *mask; /* [pixels]; NULL: none */
    lbc_facts facts;
};

lbc_status lbc_reader_open(lbc_reader **reader, const char *master, lbc_message_fn *message, void *user, lbc_error *err)
{
    const lbc_input_options how = {.log = {message, user}};
    lbc_status status = LBC_E_MEMORY;
    lbc_reader *r = *reader = lbc_alloc_zero(1, sizeof *r);
    if (!r || !(r->frames = lbc_frame_reader_new())) goto no_memory;
    status = lbc_input_open(&r->input, master, &how, err);
    if (status) goto failed;
    const lbc_series *s = lbc_input_series(r->input);
    r->facts = lbc_facts_of(s);
    r->rule = (lbc_gather_rule){.type = s->type, .in = s->shape, .bin = 1, .saturation = s->saturation};
    if (!s->mask) return LBC_OK;
    r->mask = lbc_alloc(lbc_shape_pixels(s->shape), 1);
    if (!r->mask) goto no_memory;
    lbc_mask_flags(r->mask, s->mask, lbc_shape_pixels(s->shape));
    return LBC_OK;

no_memory:
    status = lbc_fail(err, LBC_E_MEMORY, "out of memory");
failed:
    lbc_reader_close(r);
    *reader = NULL;
    return status;
}

const lbc_facts *lbc_reader_facts(const lbc_reader *reader)
{
    return &reader->facts;
}

lbc_status lbc_reader_frame(lbc_reader *r, uint64_t n, int32_t *frame, lbc_error *err)
{
    lbc_frame_counts counts = {0};
    if (n >= r->facts.frames)
        return lbc_fail(err, LBC_E_ARGUMENT, "%s: image %" PRIu64 " was asked for, and it has %" PRIu64,
                        lbc_input_path(r->input), n + 1, r->facts.frames);
    const lbc_status status = lbc_image_read(r->input, r->frames, n, &r->rule, frame, true, err);
    if (status) return status;
    lbc_frame_finish(frame, lbc_shape_pixels(r->facts.shape), r->mask, INT32_MAX, &counts);
    return LBC_OK;
}

void lbc_reader_close(lbc_reader *r)
{
    if (!r) return;
    lbc_input_close(r->input);
    lbc_frame_reader_free(r->frames);
    free(r->mask);
    free(r);
}
