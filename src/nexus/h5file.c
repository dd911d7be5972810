/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/h5file.h"

#include "base/memory.h"
#include "base/read.h"
#include "nexus/doubt.h"
#include "nexus/h5util.h"
#include "nexus/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

lbc_status lbc_file_open(int *fd, lbc_file_identity *identity, const char *path, lbc_error *err)
{
    struct stat info;
    /* O_NONBLOCK: a named pipe must not hold us up before we see what it is */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0) return lbc_fail(err, LBC_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    const char *trouble = NULL;
    if (fstat(*fd, &info) != 0)
        trouble = strerror(errno);
    else if (S_ISDIR(info.st_mode))
        trouble = "it is a folder, not a file";
    else if (!S_ISREG(info.st_mode))
        trouble = "it is not a regular file";
    if (trouble) {
        close(*fd);
        *fd = -1;
        return lbc_fail(err, LBC_E_IO, "%s: cannot be opened: %s", path, trouble);
    }
    *identity = (lbc_file_identity){(uint64_t)info.st_dev, (uint64_t)info.st_ino, (uint64_t)info.st_size};
    return LBC_OK;
}

/* ---- the driver ---------------------------------------------------------------------------- */

/* Bytes beyond the end of a file that are given as zeros. A damaged file can make HDF5 ask for exabytes. */
#define BEYOND_END ((size_t)1 << 16)

/* What HDF5 knows as H5FD_t, and ours behind it. */
typedef struct driver_file {
    H5FD_t base; /* must be first; HDF5 fills it */
    int fd;
    lbc_file_identity identity;
    haddr_t end_allocated; /* HDF5 keeps its idea of the end of the file here */
} driver_file;

/* While `on`, reads of raw data are noted and not done. Guarded by the HDF5 lock. */
static struct {
    bool on;
    unsigned count;
    haddr_t address;
    size_t size;
} noted;

bool lbc_h5_note_read(H5FD_mem_t type, haddr_t address, size_t size)
{
    if (!noted.on || type != H5FD_MEM_DRAW) return false;
    noted.count++;
    noted.address = address;
    noted.size = size;
    return true;
}

static int driver_trouble; /* errno of the last file that could not be opened. Guarded by the HDF5 lock. */

static H5FD_t *driver_open(const char *path, unsigned flags, hid_t access, haddr_t max_address)
{
    (void)access;
    (void)max_address;
    if (flags & (H5F_ACC_RDWR | H5F_ACC_TRUNC | H5F_ACC_CREAT)) return NULL;
    driver_file *file = lbc_alloc_zero(1, sizeof *file);
    if (file && lbc_file_open(&file->fd, &file->identity, path, NULL) == LBC_OK) return &file->base;
    driver_trouble = errno;
    free(file);
    return NULL;
}

static herr_t driver_close(H5FD_t *base)
{
    driver_file *file = (driver_file *)base;
    close(file->fd);
    free(file);
    return 0;
}

static int driver_compare(const H5FD_t *base_a, const H5FD_t *base_b)
{
    const lbc_file_identity *a = &((const driver_file *)base_a)->identity;
    const lbc_file_identity *b = &((const driver_file *)base_b)->identity;
    if (a->device != b->device) return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode) return a->inode < b->inode ? -1 : 1;
    return 0;
}

static herr_t driver_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    /* not H5FD_FEAT_ACCUMULATE_METADATA: 1.10 trips over addresses of damaged files in it */
    *flags = H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_SUPPORTS_SWMR_IO;
    return 0;
}

static haddr_t driver_get_end_allocated(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)base)->end_allocated;
}

static herr_t driver_set_end_allocated(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((driver_file *)base)->end_allocated = address;
    return 0;
}

static haddr_t driver_get_end(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)base)->identity.size;
}

/* Of the file, for lbc_h5_bytes. */
static herr_t driver_get_handle(H5FD_t *base, hid_t access, void **handle)
{
    (void)access;
    *handle = base;
    return 0;
}

static herr_t read_file(const driver_file *file, haddr_t address, size_t size, void *buffer)
{
    const size_t done = lbc_read_at(file->fd, buffer, size, address);
    if (done == size) return 0;
    if (errno) {
        lbc_doubt(H5I_INVALID_HID, "a part of it, or of a file it leads to,", strerror(errno));
        return -1;
    }
    if (size - done > BEYOND_END) return -1;
    memset((char *)buffer + done, 0, size - done); /* HDF5 may ask a little beyond the end, and expects zeros there */
    return 0;
}

static herr_t driver_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *buffer)
{
    (void)transfer;
    const driver_file *file = (const driver_file *)base;
    if (lbc_h5_note_read(type, address, size)) return 0;
    if (read_file(file, address, size, buffer) < 0) return -1;
    const bool sound = type != H5FD_MEM_OHDR || lbc_mappings_sound(file->fd, base->base_addr, address, buffer, size);
    return sound ? 0 : -1;
}

static herr_t driver_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                           const void *buffer)
{
    (void)base;
    (void)type;
    (void)transfer;
    (void)address;
    (void)size;
    (void)buffer;
    return -1;
}

static const H5FD_class_t driver_class = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = 511, /* of the range for drivers that are not registered */
#endif
    .name = "lbc_read",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_WEAK,
    .open = driver_open,
    .close = driver_close,
    .cmp = driver_compare,
    .query = driver_query,
    .get_eoa = driver_get_end_allocated,
    .set_eoa = driver_set_end_allocated,
    .get_eof = driver_get_end,
    .get_handle = driver_get_handle,
    .read = driver_read,
    .write = driver_write,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

static hid_t driver = H5I_INVALID_HID;

/* A file access property list with our driver; the caller closes it. */
static hid_t driver_access(void)
{
    /* a host program may have closed HDF5 and with it our registration */
    if (driver < 0 || H5Iget_type(driver) != H5I_VFL) driver = H5FDregister(&driver_class);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && H5Pset_driver(access, driver, NULL) < 0) lbc_h5_close(&access);
    return access;
}

/* ---- opening ------------------------------------------------------------------------------- */

/* HDF5's signature is at 0, 512, 1024, 2048, ... (behind a user block). */
static lbc_status find_signature(int fd, uint64_t size, const char *path, lbc_error *err)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char found[8];
    for (uint64_t at = 0; at + sizeof found <= size; at = at ? 2 * at : 512) {
        const bool read = lbc_read_at(fd, found, sizeof found, at) == sizeof found;
        if (!read && errno) return lbc_fail(err, LBC_E_IO, "%s: cannot be read: %s", path, strerror(errno));
        if (read && memcmp(found, signature, sizeof found) == 0) return LBC_OK;
    }
    return lbc_fail(err, LBC_E_FORMAT, "%s: not an HDF5 file", path);
}

lbc_status lbc_h5_open_read(hid_t *file, lbc_file_identity *identity, const char *path, lbc_error *err)
{
    int fd;
    char why[LBC_H5_WHY];
    *file = H5I_INVALID_HID;
    lbc_status status = lbc_file_open(&fd, identity, path, err);
    if (status != LBC_OK) return status;
    status = find_signature(fd, identity->size, path, err);
    close(fd);
    if (status != LBC_OK) return status;
    hid_t access = driver_access();
    driver_trouble = 0;
    *file = access < 0 ? H5I_INVALID_HID : H5Fopen(path, H5F_ACC_RDONLY, access);
    if (*file < 0 && driver_trouble)
        status = lbc_fail(err, LBC_E_IO, "%s: cannot be opened: %s", path, strerror(driver_trouble));
    else if (*file < 0)
        status = lbc_fail(err, LBC_E_FORMAT, "%s: damaged, or cut short while it was copied or written (HDF5: %s)",
                          path, lbc_h5_why(why));
    lbc_h5_close(&access);
    return status;
}

/* ---- bytes --------------------------------------------------------------------------------- */

static bool user_block_of(hid_t file, hsize_t *size)
{
    hid_t properties = H5Fget_create_plist(file);
    const bool ok = properties >= 0 && H5Pget_userblock(properties, size) >= 0;
    lbc_h5_close(&properties);
    return ok;
}

bool lbc_h5_has_bytes(hid_t object)
{
    hid_t file = H5Iget_file_id(object);
    hid_t access = file < 0 ? H5I_INVALID_HID : H5Fget_access_plist(file);
    const bool has = access >= 0 && H5Pget_driver(access) == driver;
    lbc_h5_close(&access);
    lbc_h5_close(&file);
    return has;
}

bool lbc_h5_bytes(hid_t object, haddr_t address, void *to, size_t size)
{
    hsize_t user_block = 0;
    void *handle = NULL;
    hid_t file = H5Iget_file_id(object);
    const bool ok = file >= 0 && user_block_of(file, &user_block) &&
                    H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 &&
                    read_file(handle, address + user_block, size, to) >= 0;
    lbc_h5_close(&file);
    return ok;
}

/* ---- where a chunk is ---------------------------------------------------------------------- */

/* The slow and plain question, for an HDF5 whose H5Dread_chunk reads in another way. */
static bool ask_chunk_place(hid_t dataset, const hsize_t *first, lbc_chunk_place *place)
{
    haddr_t address = HADDR_UNDEF;
    hsize_t size = 0, user_block = 0;
    unsigned skipped = 0;
    if (H5Dget_chunk_info_by_coord(dataset, first, &skipped, &address, &size) < 0) return false;
    if (address == HADDR_UNDEF) {
        *place = (lbc_chunk_place){LBC_NOWHERE, 0, 0};
        return true;
    }
    /* the answer counts from the end of the user block in 1.10 */
    hid_t file = H5Iget_file_id(dataset);
    const bool ok = user_block_of(file, &user_block);
    lbc_h5_close(&file);
    *place = (lbc_chunk_place){address + user_block, size, skipped};
    return ok;
}

bool lbc_h5_chunk_place(hid_t dataset, const hsize_t *first, lbc_chunk_place *place)
{
    uint32_t skipped = 0;
    hsize_t stored = 0;
    unsigned char nothing; /* the driver writes no byte of the chunk */
    if (H5Dget_chunk_storage_size(dataset, first, &stored) < 0) return ask_chunk_place(dataset, first, place);
    if (stored == 0) {
        *place = (lbc_chunk_place){LBC_NOWHERE, 0, 0};
        return true;
    }
    noted.on = true;
    noted.count = 0;
    const herr_t done = H5Dread_chunk(dataset, H5P_DEFAULT, first, &skipped, &nothing);
    noted.on = false;
    if (done < 0 || noted.count != 1 || noted.size != stored) return ask_chunk_place(dataset, first, place);
    *place = (lbc_chunk_place){noted.address, stored, skipped};
    return true;
}

/* ---- whether chunks are as long as they should be ------------------------------------------ */

#define MOST_CHUNKS ((hsize_t)1 << 22) /* of one question: seconds */

/* A chunked data set, as far as its chunks' bytes go. */
typedef struct chunked {
    hid_t dataset, creation;
    int rank, filters;
    hsize_t side[H5S_MAX_RANK];
    uint64_t bytes; /* of a chunk that no filter has been applied to */
} chunked;

/* Bytes of a chunk that the filters left out in `skipped` were not applied to; 0: any number. */
static uint64_t stored_bytes(const chunked *c, uint32_t skipped)
{
    uint64_t bytes = c->bytes;
    for (int i = 0; i < c->filters; i++) {
        unsigned flags, config;
        size_t values = 0;
        if (i < 32 && skipped >> i & 1) continue;
        switch (H5Pget_filter2(c->creation, (unsigned)i, &flags, &values, NULL, 0, NULL, &config)) {
        case H5Z_FILTER_SHUFFLE: break;
        case H5Z_FILTER_FLETCHER32: bytes += 4; break;
        default: return 0;
        }
    }
    return bytes;
}

static bool chunk_sound(const chunked *c, const hsize_t *at)
{
    lbc_chunk_place place;
    if (!lbc_h5_chunk_place(c->dataset, at, &place)) return false;
    if (place.offset == LBC_NOWHERE) return true;
    const uint64_t expected = stored_bytes(c, place.skipped);
    return expected == 0 || place.size == expected;
}

/* Every chunk from begin up to end, both at corners of chunks. */
static bool box_sound(const chunked *c, const hsize_t *begin, const hsize_t *end)
{
    hsize_t at[H5S_MAX_RANK], chunks = 1;
    for (int d = 0; d < c->rank; d++) {
        const hsize_t across = end[d] > begin[d] ? (end[d] - begin[d] - 1) / c->side[d] + 1 : 0;
        if (across == 0) return true;
        if (across > MOST_CHUNKS / chunks) return false;
        chunks *= across;
        at[d] = begin[d];
    }
    for (; chunks > 0; chunks--) {
        if (!chunk_sound(c, at)) return false;
        for (int d = c->rank; d-- > 0;) {
            at[d] += c->side[d];
            if (at[d] < end[d]) break;
            at[d] = begin[d];
        }
    }
    return true;
}

static bool has_variable_parts(hid_t type)
{
    return H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tis_variable_str(type) > 0;
}

bool lbc_h5_chunks_sound(hid_t dataset, const hsize_t *first, const hsize_t *count)
{
    hsize_t begin[H5S_MAX_RANK], end[H5S_MAX_RANK];
    chunked c = {.dataset = dataset, .creation = H5Dget_create_plist(dataset)};
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    bool sound = c.creation < 0 || H5Pget_layout(c.creation) != H5D_CHUNKED || has_variable_parts(type);
    if (!sound) {
        c.filters = H5Pget_nfilters(c.creation);
        c.rank = H5Pget_chunk(c.creation, H5S_MAX_RANK, c.side);
        c.bytes = H5Tget_size(type);
        sound = c.rank > 0 && H5Sget_simple_extent_dims(space, end, NULL) == c.rank;
        for (int d = 0; d < c.rank && sound; d++) {
            sound = c.side[d] > 0 && !__builtin_mul_overflow(c.bytes, c.side[d], &c.bytes);
            begin[d] = first && sound ? first[d] / c.side[d] * c.side[d] : 0;
            if (first && first[d] + count[d] < end[d]) end[d] = first[d] + count[d];
        }
        sound = sound && box_sound(&c, begin, end);
    }
    lbc_h5_close(&space);
    lbc_h5_close(&type);
    lbc_h5_close(&c.creation);
    return sound;
}
