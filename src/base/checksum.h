/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* checksum.h - CRC-32C (Castagnoli; RFC 3720 appendix B.4), which processors compute by themselves, and HDF5's own. */
#ifndef LBC_BASE_CHECKSUM_H
#define LBC_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc (0 to begin) over size bytes. lbc_crc32c(0, "123456789", 9) is 0xE3069283. */
uint32_t lbc_crc32c(uint32_t crc, const void *data, size_t size);

/* What HDF5 writes behind its metadata: hashlittle of R. Jenkins' lookup3 (2006), begun with 0. Of no bytes it is
 * 0xDEADBEEF. */
uint32_t lbc_lookup3(const void *data, size_t size);

#endif
