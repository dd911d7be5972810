/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/h5out.h"

#include "base/memory.h"
#include "base/read.h"
#include "nexus/h5file.h"
#include "nexus/h5util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What could not be written, in the order of writing. */
typedef struct kept {
    struct kept *next;
    haddr_t address;
    size_t size;
    unsigned char bytes[];
} kept;

/* What HDF5 knows as H5FD_t, and ours behind it. */
typedef struct out_file {
    H5FD_t base; /* must be first; HDF5 fills it */
    int fd;
    uint64_t device, inode;
    haddr_t allocated, end; /* HDF5's idea of the end, and ours */
    int trouble;            /* errno of the first failure; 0: none */
    kept *first, **last;    /* from then on */
} out_file;

/* Of the file closed last; guarded by the HDF5 lock. */
static struct {
    bool happened;
    int trouble;
} closing;

static void note_trouble(out_file *file, int why)
{
    if (!file->trouble) file->trouble = why ? why : EIO;
}

/* ---- the driver ---------------------------------------------------------------------------- */

static H5FD_t *out_open(const char *path, unsigned flags, hid_t access, haddr_t max_address)
{
    struct stat info;
    (void)access;
    (void)max_address;
    if (!(flags & H5F_ACC_CREAT)) return NULL; /* HDF5 tries that first, to see whether the file is there */
    out_file *file = lbc_alloc_zero(1, sizeof *file);
    if (!file) return NULL;
    file->last = &file->first;
    file->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file->fd < 0 || fstat(file->fd, &info) != 0) {
        /* What lbc_h5_why is to find. */
        H5Epush2(H5E_DEFAULT, __FILE__, __func__, __LINE__, H5E_ERR_CLS, H5E_VFL, H5E_CANTOPENFILE, "%s",
                 strerror(errno));
        if (file->fd >= 0) close(file->fd);
        free(file);
        return NULL;
    }
    file->device = (uint64_t)info.st_dev;
    file->inode = (uint64_t)info.st_ino;
    return &file->base;
}

static herr_t out_close(H5FD_t *base)
{
    out_file *file = (out_file *)base;
    if (close(file->fd) != 0) note_trouble(file, errno);
    closing.happened = true;
    closing.trouble = file->trouble;
    while (file->first) {
        kept *next = file->first->next;
        free(file->first);
        file->first = next;
    }
    free(file);
    return 0;
}

static int out_compare(const H5FD_t *base_a, const H5FD_t *base_b)
{
    const out_file *a = (const out_file *)base_a, *b = (const out_file *)base_b;
    if (a->device != b->device) return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode) return a->inode < b->inode ? -1 : 1;
    return 0;
}

/* As HDF5's own driver for plain files has them: they decide how a file is laid out. */
static herr_t out_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_SUPPORTS_SWMR_IO | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t out_get_allocated(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const out_file *)base)->allocated;
}

static herr_t out_set_allocated(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((out_file *)base)->allocated = address;
    return 0;
}

static haddr_t out_get_end(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const out_file *)base)->end;
}

/* HDF5 gives *handle on to lbc_h5_out_trouble as it is. */
static herr_t out_get_handle(H5FD_t *base, hid_t access, void **handle)
{
    (void)access;
    *handle = base;
    return 0;
}

/* Lays what was kept over what was read. */
static void overlay(const out_file *file, haddr_t address, size_t size, unsigned char *to)
{
    for (const kept *k = file->first; k; k = k->next) {
        const haddr_t begin = k->address > address ? k->address : address;
        const haddr_t end_a = address + size, end_b = k->address + k->size;
        const haddr_t end = end_a < end_b ? end_a : end_b;
        if (begin < end) memcpy(to + (begin - address), k->bytes + (begin - k->address), end - begin);
    }
}

static herr_t out_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *buffer)
{
    (void)transfer;
    if (lbc_h5_note_read(type, address, size)) return 0;
    out_file *file = (out_file *)base;
    unsigned char *to = buffer;
    const size_t done = lbc_read_at(file->fd, to, size, address);
    if (done < size && errno) note_trouble(file, errno);
    memset(to + done, 0, size - done); /* not written yet, or not readable, which has been noted */
    overlay(file, address, size, to);
    return 0;
}

static bool write_all(int fd, const unsigned char *from, size_t size, haddr_t address)
{
    while (size) {
        const ssize_t n = pwrite(fd, from, size, (off_t)address);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            if (n == 0) errno = EIO;
            return false;
        }
        from += n;
        address += (haddr_t)n;
        size -= (size_t)n;
    }
    return true;
}

static herr_t keep(out_file *file, haddr_t address, size_t size, const void *bytes)
{
    kept *k = lbc_alloc(1, sizeof *k + size);
    if (!k) return -1;
    *k = (kept){NULL, address, size};
    memcpy(k->bytes, bytes, size);
    *file->last = k;
    file->last = &k->next;
    return 0;
}

static herr_t out_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, const void *bytes)
{
    (void)transfer;
    out_file *file = (out_file *)base;
    if (address + size > file->end) file->end = address + size;
    if (!file->trouble && !write_all(file->fd, bytes, size, address)) note_trouble(file, errno);
    if (!file->trouble || type == H5FD_MEM_DRAW) return 0;
    return keep(file, address, size, bytes);
}

static herr_t out_truncate(H5FD_t *base, hid_t transfer, hbool_t at_close)
{
    (void)transfer;
    (void)at_close;
    out_file *file = (out_file *)base;
    if (file->end == file->allocated) return 0;
    if (!file->trouble && ftruncate(file->fd, (off_t)file->allocated) != 0) note_trouble(file, errno);
    file->end = file->allocated;
    return 0;
}

static const H5FD_class_t out_class = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = 510, /* of the range for drivers that are not registered */
#endif
    .name = "lbc_write",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_WEAK,
    .open = out_open,
    .close = out_close,
    .cmp = out_compare,
    .query = out_query,
    .get_eoa = out_get_allocated,
    .set_eoa = out_set_allocated,
    .get_eof = out_get_end,
    .get_handle = out_get_handle,
    .read = out_read,
    .write = out_write,
    .truncate = out_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* ---- files --------------------------------------------------------------------------------- */

static hid_t out_access(bool tight)
{
    static hid_t driver = H5I_INVALID_HID;
    /* a host program may have closed HDF5 and with it our registration */
    if (driver < 0 || H5Iget_type(driver) != H5I_VFL) driver = H5FDregister(&out_class);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    const bool ok =
        access >= 0 && H5Pset_driver(access, driver, NULL) >= 0 &&
        (!tight || (H5Pset_meta_block_size(access, 0) >= 0 && H5Pset_small_data_block_size(access, 0) >= 0));
    if (!ok) lbc_h5_close(&access);
    return access;
}

hid_t lbc_h5_out_create(const char *path, hid_t properties, bool tight)
{
    hid_t access = out_access(tight);
    const hid_t file = access < 0 ? H5I_INVALID_HID : H5Fcreate(path, H5F_ACC_EXCL, properties, access);
    /* Closing a list would clear the reason of a failure. */
    const hid_t reason = file < 0 ? H5Eget_current_stack() : H5I_INVALID_HID;
    lbc_h5_close(&access);
    lbc_h5_close(&properties);
    if (reason >= 0) H5Eset_current_stack(reason);
    return file;
}

int lbc_h5_out_trouble(hid_t file)
{
    void *handle = NULL;
    if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || !handle) return EIO;
    return ((const out_file *)handle)->trouble;
}

lbc_status lbc_h5_out_fail(int why, const char *path, lbc_error *err)
{
    const bool full = why == ENOSPC || why == EDQUOT;
    return lbc_fail(err, full || why == EFBIG ? LBC_E_SPACE : LBC_E_IO, "%s: cannot be written: %s%s", path,
                    strerror(why),
                    full           ? " (make room)"
                    : why == EFBIG ? " (beyond the limit of the process, ulimit -f, or of the file system)"
                                   : "");
}

lbc_status lbc_h5_out_close(hid_t *file, const char *path, lbc_error *err)
{
    char why[LBC_H5_WHY];
    closing.happened = false;
    const herr_t closed = H5Fclose(*file);
    *file = H5I_INVALID_HID;
    if (closed < 0) return lbc_fail(err, LBC_E_IO, "%s: writing failed (HDF5: %s)", path, lbc_h5_why(why));
    if (!closing.happened) return lbc_fail(err, LBC_E_IO, "%s: writing failed (HDF5 still holds it open)", path);
    return closing.trouble ? lbc_h5_out_fail(closing.trouble, path, err) : LBC_OK;
}
