/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* visited.h - which objects of the input have been copied already, and where to.
 *
 * It is what keeps hard-linked objects hard-linked, and what makes a walk over a graph with cycles end.
 */
#ifndef LBC_NEXUS_VISITED_H
#define LBC_NEXUS_VISITED_H

#include "metadata/rules.h"

#include <hdf5.h>

typedef struct lbc_visit {
    const void *file; /* anything that is one for each file */
    haddr_t address;
    lbc_group group; /* a group: what it was taken for */
    lbc_rule rule;   /* a dataset: what was done to it */
    char *path;      /* in the output; owned by the table */
} lbc_visit;

/* Zero-initialise it. */
typedef struct lbc_visited {
    lbc_visit *slots; /* open addressing; path NULL: free */
    size_t capacity, count;
} lbc_visited;

/* Where the same object was copied in the same way; NULL: nowhere yet. */
const char *lbc_visited_find(const lbc_visited *visited, const lbc_visit *key);
/* Remembers that it was copied to path (which is copied). */
lbc_status lbc_visited_add(lbc_visited *visited, const lbc_visit *key, const char *path);
void lbc_visited_free(lbc_visited *visited);

#endif
