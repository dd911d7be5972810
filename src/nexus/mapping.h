/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mapping.h - whether what says where the parts of a virtual data set are is as it was written.
 *
 * HDF5 keeps that in a block of its own, with a checksum, and 1.10 looks at the checksum when it has already done what
 * the block says: a flipped bit in a count makes it read on behind the block, for minutes, and build selections of
 * what it finds there.
 *
 * Formats: HDF5 File Format Specification 3.0, IV.A.2.i (data layout message, version 4, class 3), III.E (global heap)
 * and III.F (its block for virtual data sets).
 */
#ifndef LBC_NEXUS_MAPPING_H
#define LBC_NEXUS_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* header: size bytes at `at` of the file fd, of an object's header or of more than one. base: where the file's
 * addresses count from. True when all mappings that they lead to agree with their checksums, or there are none; else
 * the doubt is noted. HDF5 lock held. */
bool lbc_mappings_sound(int fd, uint64_t base, uint64_t at, const unsigned char *header, size_t size);

#endif
