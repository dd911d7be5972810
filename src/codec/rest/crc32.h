/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crc32.h - the CRC-32 of ISO 3309 and ITU-T V.42, as in zlib, PNG and Ethernet. */
#ifndef LBC_CODEC_REST_CRC32_H
#define LBC_CODEC_REST_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc (0 to begin) over size bytes. lbc_crc32(0, "123456789", 9) is 0xCBF43926. */
uint32_t lbc_crc32(uint32_t crc, const uint8_t *data, size_t size);

#endif
