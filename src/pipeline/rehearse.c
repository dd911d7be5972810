/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/rehearse.h"

#include "nexus/data_check.h"
#include "nexus/master_links.h"
#include "pipeline/names.h"

#include <dirent.h>
#include <stdlib.h>

typedef struct rehearsal {
    lbc_rehearsal_fn *at;
    void *user;
} rehearsal;

/* path may be NULL; it is freed. */
static void try_file(const rehearsal *r, char *path, lbc_file_check *check)
{
    static const lbc_data_expected heads = {.heads_only = true};
    if (path) {
        r->at(r->user, path);
        (void)check(path, &heads, NULL, NULL);
    }
    free(path);
}

static void try_input(const rehearsal *r, const char *master)
{
    const lbc_input_options how = {.heads_only = true};
    lbc_input *input;
    r->at(r->user, master);
    if (lbc_input_open(&input, master, &how, NULL)) return;
    lbc_master_rehearse(input);
    lbc_input_close(input);
}

/* A master, and where files is set what it lists. */
static void try_set(const rehearsal *r, const char *master, bool files)
{
    lbc_master_list list = {0};
    r->at(r->user, master);
    const bool read = lbc_master_list_read(&list, master, NULL) == LBC_OK;
    for (uint32_t n = 0; read && files && n < list.files; n++)
        try_file(r, lbc_names_linked(master, list.names[n]), lbc_data_file_check);
    for (uint32_t n = 0; read && files && n < list.squash_files; n++)
        try_file(r, lbc_names_linked(master, list.squash_names[n]), lbc_squash_file_check);
    lbc_master_list_free(&list);
}

/* The files of this prefix that are there. */
static void try_numbered(const rehearsal *r, const char *folder, const char *prefix, lbc_file_check *check)
{
    DIR *there = opendir(folder);
    if (!there) return;
    for (const struct dirent *entry; (entry = readdir(there));) {
        const uint64_t number = lbc_names_number(entry->d_name, prefix);
        if (number) try_file(r, lbc_names_file(prefix, number - 1), check);
    }
    closedir(there);
}

/* What an earlier run left under the names of this one. */
static void try_outputs(const rehearsal *r, const lbc_options *options)
{
    lbc_names names = {0};
    const bool reads = options->resume || options->overwrite || (options->shares && options->share == 0);
    if (lbc_names_make(&names, options, NULL) == LBC_OK) {
        try_set(r, names.master, false);
        if (reads) try_numbered(r, names.folder, names.prefix, lbc_data_file_check);
        if (reads && names.squash) try_numbered(r, names.squash_folder, names.squash, lbc_squash_file_check);
    }
    lbc_names_free(&names);
}

void lbc_rehearse(const lbc_options *options, lbc_purpose purpose, lbc_rehearsal_fn *at, void *user)
{
    const rehearsal r = {at, user};
    try_input(&r, options->input);
    if (purpose == LBC_TO_COMPRESS) try_outputs(&r, options);
    if (purpose == LBC_TO_VERIFY) try_set(&r, options->input, true);
}
