/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tree.h - a deep copy of a master, with the rules of src/metadata applied on the way.
 *
 * Groups, datasets, attributes, soft links and hard links are copied; objects that were hard-linked stay
 * so, where the same rule applies to both places. What an external link leads to becomes content, except
 * images; a link that leads nowhere is left out with a warning. Images and pixel masks are left out for
 * the caller to write, who finds here where they belong.
 */
#ifndef LBC_NEXUS_TREE_H
#define LBC_NEXUS_TREE_H

#include "nexus/field.h"
#include "nexus/input_internal.h"
#include "nexus/visited.h"

/* A growing list of pairs of strings. Zero-initialise it. */
typedef struct lbc_pairs {
    size_t count, capacity;
    struct {
        char *path, *text;
    } * pair;
} lbc_pairs;

/* A group that matters: which one it is in the input, and its path in the output (where it belongs, if the
 * input has none). */
typedef struct lbc_landmark {
    const void *file; /* NULL: the input has none */
    haddr_t address;
    char *path;
} lbc_landmark;

typedef struct lbc_tree {
    lbc_field_context context;
    const char *input, *output; /* paths of the masters, for messages */
    lbc_sources *sources;
    hid_t out; /* the new file */
    lbc_visited visited;
    lbc_pairs soft;  /* soft links of the input: path in the output, target */
    lbc_pairs masks; /* places of a pixel mask: path in the output; no text */
    lbc_pairs notes; /* messages that wait until the HDF5 lock is free: "warning" or "notice", text */
    lbc_landmark entry, data, instrument, detector, sample;
    hid_t mask_object;     /* a pixel mask of the input that can be opened, for its attributes */
    uint64_t links, bytes; /* followed, copied */
    uint64_t largest;      /* bytes of content that is copied; 0: any */
    uint64_t unsaid;       /* messages beyond the most that are kept */
    char path[4096];       /* of where the walk is, in the output */
} lbc_tree;

/* Copies everything below the root of the input's master. Fill context, input, output, sources, out; zero the
 * rest, with mask_object invalid. groups: those of the input. */
lbc_status lbc_tree_copy(lbc_tree *tree, const lbc_groups *groups, lbc_error *err);
/* Makes the soft links, where nothing else has come to stand. */
lbc_status lbc_tree_link(lbc_tree *tree, lbc_error *err);
/* Takes away, with a warning, those that lead nowhere once all else is there. */
lbc_status lbc_tree_prune(lbc_tree *tree, lbc_error *err);
/* Adds a message. */
void lbc_tree_note(lbc_tree *tree, lbc_level level, const char *format, ...) LBC_PRINTF(3, 4);
/* Sends the messages. The HDF5 lock must not be held. */
void lbc_tree_send_notes(const lbc_tree *tree, const lbc_log *log);
void lbc_tree_free(lbc_tree *tree);

#endif
