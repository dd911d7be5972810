/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packed sets of pixels: two bytes for the shape, then the set. What unpacks must pack and unpack to itself. */
#include "fuzz.h"

#include "codec/rest/marks.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lbc_buffer memory[2] = {{0}};
    lbc_marks set, again;
    uint8_t *packed = NULL;
    if (size < 2) return 0;
    const lbc_shape shape = {data[0] + 1U, data[1] + 1U};
    if (!lbc_marks_init(&set, shape, &memory[0]) || lbc_marks_unpack(&set, data + 2, size - 2)) goto done;
    packed = malloc(lbc_marks_bound(shape));
    if (!packed || !lbc_marks_init(&again, shape, &memory[1])) goto done;
    lbc_marks_xor(&again, &set);
    const size_t bytes = lbc_marks_pack(&again, packed);
    if (bytes > lbc_marks_bound(shape)) abort();
    if (!lbc_marks_init(&again, shape, &memory[1]) || lbc_marks_unpack(&again, packed, bytes)) abort();
    lbc_marks_xor(&again, &set);
    if (!lbc_marks_empty(&again)) abort();
done:
    free(packed);
    lbc_buffer_free(&memory[0]);
    lbc_buffer_free(&memory[1]);
    return 0;
}
