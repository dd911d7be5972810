/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rules.h - what binning and summing do to every field of a master.
 *
 * A field is found by its NeXus meaning: what kind of group it is in, its name, and its shape. One const
 * table (rules.c) gives the rule; a field that no row names is copied as it is. The functions that apply
 * a rule to numbers are in apply.h. Nothing here does I/O or allocates.
 */
#ifndef LBC_METADATA_RULES_H
#define LBC_METADATA_RULES_H

#include "metadata/change.h"

/* What a group is for. */
typedef enum lbc_group {
    LBC_GROUP_OTHER,
    LBC_GROUP_ENTRY,
    LBC_GROUP_DATA, /* NXdata: the images and their axes */
    LBC_GROUP_INSTRUMENT,
    LBC_GROUP_DETECTOR,
    LBC_GROUP_SPECIFIC, /* detectorSpecific: DECTRIS's own fields */
    LBC_GROUP_TILE,     /* detectorModule_NNN below it: one piece of the sensor */
    LBC_GROUP_CHANNEL,  /* NXdetector_channel: fields of the detector that a threshold has for itself */
    LBC_GROUP_MODULE,   /* NXdetector_module: how images lie in space */
    LBC_GROUP_AXES,     /* NXtransformations, NXpositioner, NXgoniometer: axes and their values */
    LBC_GROUP_GEOMETRY, /* NXgeometry and what is below it: vectors, never per image */
    LBC_GROUP_SAMPLE,
    LBC_GROUP_BEAM,
    LBC_GROUP_PROCESS /* NXprocess and what is below it: history, never changed */
} lbc_group;

/* The kind of a group from its parent's kind, its own name, and its NX_class ("" when it has none). */
lbc_group lbc_group_of(lbc_group parent, const char *name, const char *nx_class);

#define LBC_FIELD_RANK 4

typedef struct lbc_field {
    lbc_group group;
    const char *name;
    bool numeric; /* integers, floats, booleans */
    bool floating;
    int rank;                      /* 0: scalar */
    uint64_t dims[LBC_FIELD_RANK]; /* of the first four dimensions */
} lbc_field;

typedef enum lbc_action {
    LBC_ACTION_KEEP, /* the value stays; sampling and scaling still apply */
    LBC_ACTION_DROP,
    LBC_ACTION_LOSE,     /* dropped with a warning: it holds for images and pixels of the input alone */
    LBC_ACTION_IMAGES,   /* frames of the series: replaced by links to the new files */
    LBC_ACTION_MASK,     /* the pixel mask: written anew */
    LBC_ACTION_MAP,      /* (ny, nx): mean over the bin's unmasked pixels */
    LBC_ACTION_MASK_MAP, /* (ny, nx) flags: OR over the bin */
    LBC_ACTION_FLOOR,    /* scaled, then rounded down */
    LBC_ACTION_CEIL,     /* scaled, then rounded up */
    LBC_ACTION_BOOLEAN,  /* 0 or 1 in a 1-byte integer */
    LBC_ACTION_START,    /* of an axis: where the first image starts */
    LBC_ACTION_TOTAL,    /* of an axis: end of the last image - start of the first */
    LBC_ACTION_BEGIN,    /* a time of the first image */
    LBC_ACTION_FINISH,   /* a time of the last image */
    LBC_ACTION_SET,      /* to the number that `value` names */
    LBC_ACTION_CODEC,    /* to the name of the codec written */
    LBC_ACTION_NXMX,     /* to "NXmx" */
    LBC_ACTION_MATERIAL  /* to the spelling of the sensor material that readers know */
} lbc_action;

typedef enum lbc_scale { LBC_SCALE_NONE, LBC_SCALE_BIN, LBC_SCALE_PER_BIN, LBC_SCALE_SUM } lbc_scale;

typedef enum lbc_sample { LBC_SAMPLE_NONE, LBC_SAMPLE_FIRST, LBC_SAMPLE_LAST } lbc_sample;

typedef enum lbc_value_name {
    LBC_VALUE_NONE,
    LBC_VALUE_ONE,
    LBC_VALUE_ZERO,
    LBC_VALUE_FRAMES, /* N' */
    LBC_VALUE_NX,
    LBC_VALUE_NY,
    LBC_VALUE_SIZE,       /* (slow, fast) */
    LBC_VALUE_SATURATION, /* S' */
    LBC_VALUE_DEPTH,      /* bits of a stored pixel */
    LBC_VALUE_MASKED      /* masked pixels */
} lbc_value_name;

/* What to do with one field. */
typedef struct lbc_rule {
    lbc_action action;
    lbc_scale scale;
    lbc_sample sample; /* per-image values: which image of a group gives its value */
    lbc_value_name value;
    bool wide; /* with sample: floats become 64-bit ones (DIALS takes no other rotation axis) */
} lbc_rule;

/* The rule for a field. claimed: images that the master says there are (its per-image arrays may be
 * that long although fewer frames exist); 0: not said. */
lbc_rule lbc_rule_find(const lbc_field *field, const lbc_change *change, uint64_t claimed);

#endif
