/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* master_links.h - which files a master is made of, by its own word. */
#ifndef LBC_NEXUS_MASTER_LINKS_H
#define LBC_NEXUS_MASTER_LINKS_H

#include "lbc.h"
#include "nexus/data_check.h"

/* Names are as the links say them. Zero-initialise it. */
typedef struct lbc_master_list {
    bool listed;            /* it carries the list that masters of this library have; else of what follows only
                              * files and names are set */
    char job[LBC_JOB_SIZE]; /* that made it; "": it does not say */
    bool agrees;            /* links and list say the same */
    bool unchanged;         /* it says all that it said when it was written (nexus/master_sum.h) */
    uint32_t files;
    char **names;     /* [files] of data files, from the external links of the data group, by link name */
    uint64_t *frames; /* [files], where links and list agree; else NULL */
    uint32_t squash_files;
    char **squash_names; /* [squash_files] */
} lbc_master_list;

/* A file that cannot be opened, or is no master, lists nothing and is no error. Takes the HDF5 lock. */
lbc_status lbc_master_list_read(lbc_master_list *list, const char *path, lbc_error *err);
void lbc_master_list_free(lbc_master_list *list);

#endif
