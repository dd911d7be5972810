/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names.h - where the outputs of a job are, and what links call them. */
#ifndef LBC_PIPELINE_NAMES_H
#define LBC_PIPELINE_NAMES_H

#include "lbc.h"

typedef struct lbc_names {
    char *prefix; /* of data files */
    char *master; /* path of the master */
    char *squash; /* prefix of squash files; NULL: none */
    char *folder; /* of the data files: "." or a path without final slash */
    char *master_folder, *squash_folder;
    char *minicbf_folder; /* NULL: no miniCBF files */
} lbc_names;

/* From out_file, out_master and out_squash. Nothing is looked up on disk. */
lbc_status lbc_names_make(lbc_names *names, const lbc_options *options, lbc_error *err);
void lbc_names_free(lbc_names *names);

/* PREFIX_NNNNNN.h5 with NNNNNN = n + 1; freed with free(), NULL: out of memory. */
char *lbc_names_file(const char *prefix, uint64_t n);

/* Number of the file NAME = BASE_NNNNNN.h5 of this prefix, from 1; 0: it is not one. Folders do not matter. */
uint64_t lbc_names_number(const char *path, const char *prefix);

/* The same of a miniCBF file PREFIX_NNNNNN.cbf. */
uint64_t lbc_names_cbf_number(const char *path, const char *prefix);

/* The part of a path after its last slash; points into it. */
const char *lbc_names_base(const char *path);

/* The file that a master's external link means, which is relative to the master's folder. Freed with free(), NULL: out
 * of memory. */
char *lbc_names_linked(const char *master, const char *link);

/* What a link in `from` (an existing folder) must say to mean `to` (a file in an existing folder): a
 * base name where they share the folder, else a path relative to `from`. Freed with free(); NULL: errno says why. */
char *lbc_names_link(const char *from, const char *to);

#endif
