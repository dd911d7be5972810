/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void *plain_allocate(size_t size, hbool_t clear)
{
    return clear ? calloc(1, size) : malloc(size);
}

static herr_t plain_release(void *buffer)
{
    free(buffer);
    return 0;
}

/* The library that an address is in. */
typedef struct library {
    void *handle;
    const void *base;
} library;

/* NULL also for a symbol that another library would serve. */
static void *find(const library *lib, const char *name)
{
    Dl_info where;
    void *symbol = dlsym(lib->handle, name);
    return symbol && dladdr(symbol, &where) && where.dli_fbase == lib->base ? symbol : NULL;
}

/* ISO C has no conversion from a data pointer to a function's; POSIX promises that their bytes are the same. */
#define FIND(slot, name)                                                                                               \
    do {                                                                                                               \
        void *const symbol = find(lib, name);                                                                          \
        memcpy(&(slot), &symbol, sizeof symbol);                                                                       \
    } while (0)

static void find_all(h5_host *host, const library *lib)
{
    FIND(host->allocate, "H5allocate_memory");
    FIND(host->release, "H5free_memory");
    FIND(host->push, "H5Epush2");
    FIND(host->error_class, "H5E_ERR_CLS_g");
    FIND(host->major, "H5E_PLINE_g");
    FIND(host->minor, "H5E_CANTFILTER_g");
    FIND(host->get_chunk, "H5Pget_chunk");
    FIND(host->get_filter, "H5Pget_filter_by_id2");
    FIND(host->modify_filter, "H5Pmodify_filter");
    FIND(host->type_class, "H5Tget_class");
    FIND(host->type_size, "H5Tget_size");
    FIND(host->type_sign, "H5Tget_sign");
    FIND(host->type_order, "H5Tget_order");
}

void h5_host_find(h5_host *host, const void *caller)
{
    *host = (h5_host){0};
    Dl_info where;
    if (dladdr(caller, &where)) {
        /* The main program does not always go by its file name; NULL stands for it. */
        library lib = {.handle = dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD), .base = where.dli_fbase};
        if (!lib.handle) lib.handle = dlopen(NULL, RTLD_LAZY);
        if (lib.handle) {
            find_all(host, &lib);
            dlclose(lib.handle);
        }
    }
    if (!host->allocate || !host->release) {
        host->allocate = plain_allocate;
        host->release = plain_release;
    }
    if (!host->error_class || !host->major || !host->minor) host->push = NULL;
}

int h5_host_has_properties(const h5_host *host)
{
    return host->get_chunk && host->get_filter && host->modify_filter && host->type_class && host->type_size &&
           host->type_sign && host->type_order;
}

void h5_host_error(const h5_host *host, const lbc_error *err)
{
    if (host->push)
        host->push(H5E_DEFAULT, "libh5lbc", "h5lbc", 0, *host->error_class, *host->major, *host->minor, "libh5lbc: %s",
                   err->text);
}
