/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/checksum.h"
#include "base/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Bit by bit, from the definition. */
static uint32_t reference(uint32_t crc, const uint8_t *p, size_t n)
{
    crc = ~crc;
    while (n--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ UINT32_C(0x82F63B78) : crc >> 1;
    }
    return ~crc;
}

static void check_all(void)
{
    uint8_t data[300];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * i * 7 + 3);
    assert_int_equal(lbc_crc32c(0, "123456789", 9), 0xE3069283);
    uint8_t zeros[32] = {0}; /* RFC 3720, B.4 */
    assert_int_equal(lbc_crc32c(0, zeros, 32), 0x8A9136AA);
    for (size_t from = 0; from < 9; from++)
        for (size_t n = 0; n + from <= sizeof data; n++)
            assert_int_equal(lbc_crc32c(0, data + from, n), reference(0, data + from, n));
    assert_int_equal(lbc_crc32c(lbc_crc32c(0, data, 100), data + 100, 200), reference(0, data, 300));
}

static void test_in_c(void **state)
{
    (void)state;
    lbc_cpu_limit(LBC_CPU_C);
    check_all();
}

static void test_as_the_machine_has_it(void **state)
{
    (void)state;
    lbc_cpu_limit(LBC_CPU_AVX512);
    check_all();
}

static void test_of_hdf5(void **state)
{
    const char text[] = "Four score and seven years ago"; /* its author's own check */
    (void)state;
    assert_int_equal(lbc_lookup3(text, 0), 0xDEADBEEF);
    assert_int_equal(lbc_lookup3(text, strlen(text)), 0x17770551);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_in_c), cmocka_unit_test(test_as_the_machine_has_it),
                                       cmocka_unit_test(test_of_hdf5)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
