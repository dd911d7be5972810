/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libh5lbc called as by a program that has HDF5 inside itself and shows none of it: there is nowhere to put errors, and
 * memory is malloc's. */
#include "codec/rest/rest.h"

#include <H5PLextern.h>
#include <dlfcn.h>

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NY = 40, NX = 50, BYTES = NY * NX * 2 };

static void *library;
static const H5Z_class2_t *filter;

static int load(void **state)
{
    (void)state;
    library = dlopen(LBC_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (!library) return -1;
    const void *(*info)(void);
    H5PL_type_t (*type)(void);
    void *symbol = dlsym(library, "H5PLget_plugin_info");
    memcpy(&info, &symbol, sizeof symbol);
    symbol = dlsym(library, "H5PLget_plugin_type");
    memcpy(&type, &symbol, sizeof symbol);
    filter = info();
    return type() == H5PL_TYPE_FILTER ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    return dlclose(library);
}

/* The cd_values of lossless HCompress. */
static lbc_chunk_format whole_params(void)
{
    lbc_chunk_format format = {.type = LBC_U16, .shape = {NY, NX}, .nparams = 2, .params = {1, 1}};
    assert_int_equal(lbc_rest_complete(&format, NULL), LBC_OK);
    return format;
}

static uint16_t *made_up_frame(void)
{
    uint16_t *frame = malloc(BYTES);
    assert_non_null(frame);
    for (int i = 0; i < NY * NX; i++) frame[i] = (uint16_t)(i % 77 == 0 ? 65535 : i % 11);
    return frame;
}

static void names_itself(void **state)
{
    (void)state;
    assert_int_equal(filter->version, H5Z_CLASS_T_VERS);
    assert_int_equal(filter->id, LBC_REST_FILTER);
    assert_true(filter->encoder_present && filter->decoder_present);
    assert_non_null(filter->set_local);
}

static void there_and_back(void **state)
{
    (void)state;
    const lbc_chunk_format format = whole_params();
    void *buffer = made_up_frame();
    size_t room = BYTES;
    const size_t size = filter->filter(0, format.nparams, format.params, BYTES, &room, &buffer);
    assert_in_range(size, 33, BYTES);
    assert_in_range(room, size, SIZE_MAX);
    assert_memory_equal(buffer, "LBCR", 4);
    assert_int_equal(filter->filter(H5Z_FLAG_REVERSE, format.nparams, format.params, size, &room, &buffer), BYTES);
    assert_int_equal(room, BYTES);
    void *expected = made_up_frame();
    assert_memory_equal(buffer, expected, BYTES);
    free(expected);
    free(buffer);
}

/* 0 is returned, and the buffer is still the caller's and as it was. */
static void refuse(unsigned flags, size_t nvalues, const uint32_t *values, const void *data, size_t size)
{
    void *buffer = malloc(size + !size), *before = buffer;
    size_t room = size;
    assert_non_null(buffer);
    memcpy(buffer, data, size);
    assert_int_equal(filter->filter(flags, nvalues, values, size, &room, &buffer), 0);
    assert_ptr_equal(buffer, before);
    assert_int_equal(room, size);
    assert_memory_equal(buffer, data, size);
    free(buffer);
}

static void refuses_quietly(void **state)
{
    (void)state;
    const lbc_chunk_format format = whole_params();
    static const uint8_t zeros[BYTES];
    const uint32_t request[] = {1, 1}, *whole = format.params;
    refuse(0, 2, request, zeros, BYTES);                           /* nobody completed it */
    refuse(0, format.nparams, whole, zeros, BYTES - 2);            /* not a whole frame */
    refuse(H5Z_FLAG_REVERSE, format.nparams, whole, zeros, BYTES); /* no chunk of ours */
    refuse(H5Z_FLAG_REVERSE, format.nparams, whole, zeros, 0);
    refuse(H5Z_FLAG_REVERSE, format.nparams - 1, whole, zeros, BYTES);
    refuse(H5Z_FLAG_REVERSE, 0, NULL, zeros, BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_itself),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(refuses_quietly),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
