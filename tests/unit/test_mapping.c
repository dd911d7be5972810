/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bytes.h"
#include "base/checksum.h"
#include "nexus/doubt.h"
#include "nexus/mapping.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { HEAP = 64, BLOCK = 24, SIZE = 256 }; /* where the heap is; bytes of the one block in it */

/* A file with a heap that holds object 1. */
static FILE *file_with_heap(void)
{
    uint8_t bytes[SIZE] = {0}, *heap = bytes + HEAP, *block = heap + 32;
    memcpy(heap, "GCOL\1", 5);
    lbc_put_le64(heap + 8, SIZE - HEAP);
    lbc_put_le16(heap + 16, 1);
    lbc_put_le64(heap + 24, BLOCK);
    block[1] = 1;
    lbc_put_le32(block + BLOCK - 4, lbc_lookup3(block, BLOCK - 4));
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, SIZE, file), SIZE);
    assert_int_equal(fflush(file), 0);
    return file;
}

static void put_message(uint8_t *at, uint32_t number)
{
    at[0] = 4;
    at[1] = 3;
    lbc_put_le64(at + 2, HEAP);
    lbc_put_le32(at + 10, number);
}

static bool sound(const uint8_t *header, size_t size)
{
    FILE *file = file_with_heap();
    lbc_doubt_clear();
    const bool is = lbc_mappings_sound(fileno(file), 0, 0, header, size);
    assert_int_equal(lbc_doubted(), !is);
    fclose(file);
    return is;
}

/* One block of a header that goes on: it has no prefix. */
static void test_messages(void **state)
{
    uint8_t header[64] = {0};
    (void)state;
    assert_true(sound(header, sizeof header));
    put_message(header + 20, 1);
    assert_true(sound(header, sizeof header));
    put_message(header + 20, 2);
    assert_false(sound(header, sizeof header));
}

/* Of what HDF5 reads behind a header, nothing counts. */
static void test_beyond_the_end(void **state)
{
    uint8_t one[64] = {1, 0, 1, 0, 1, 0, 0, 0, 24}, two[64] = {'O', 'H', 'D', 'R', 2, 0, 24};
    (void)state;
    put_message(one + 16 + 24, 2);
    assert_true(sound(one, sizeof one));
    put_message(one + 16 + 8, 2);
    assert_false(sound(one, sizeof one));
    put_message(two + 7 + 24 + 4, 2);
    assert_true(sound(two, sizeof two));
    put_message(two + 7 + 4, 2);
    assert_false(sound(two, sizeof two));
}

/* That leads behind the file, or to what is no heap. */
static void test_elsewhere(void **state)
{
    uint8_t header[64] = {0};
    (void)state;
    put_message(header, 2);
    lbc_put_le64(header + 2, SIZE);
    assert_true(sound(header, sizeof header));
    lbc_put_le64(header + 2, UINT64_MAX - 8);
    assert_true(sound(header, sizeof header));
    lbc_put_le64(header + 2, HEAP + 1);
    assert_true(sound(header, sizeof header));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_messages), cmocka_unit_test(test_beyond_the_end),
                                       cmocka_unit_test(test_elsewhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
