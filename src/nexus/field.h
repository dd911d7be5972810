/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* field.h - one field of a master on its way: described for the rules, then changed as its rule says. */
#ifndef LBC_NEXUS_FIELD_H
#define LBC_NEXUS_FIELD_H

#include "metadata/rules.h"
#include "nexus/value.h"

/* What changes, and what is needed to know how. */
typedef struct lbc_field_context {
    const lbc_change *change;
    uint64_t claimed;        /* images that the master says there are, 0: not said */
    const uint32_t *mask_in; /* pixel mask of the input, [in.ny * in.nx]; NULL: none */
} lbc_field_context;

/* Shape and type of a dataset as the rules want to know them. False: HDF5 cannot say. */
bool lbc_field_describe(lbc_field *field, hid_t dataset, lbc_group group, const char *name);

/* Applies a rule to the field's value. group: the group it is in, for what stands beside it (an axis's
 * range needs the axis). Rules that leave no value (drop, lose, images, mask) are the caller's. False: out of memory,
 * or HDF5 does not go along. */
bool lbc_field_apply(lbc_value *value, lbc_rule rule, const lbc_field_context *context, hid_t group, const char *name);

#endif
