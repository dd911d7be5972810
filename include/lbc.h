/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lbc.h - massive compression of macromolecular-crystallography image series.
 *
 * The one public header of liblbc. The library reads a NeXus HDF5 series (DECTRIS Eiger FileWriter
 * or NXmx), bins and sums its frames, applies HCompress or JPEG 2000, and writes a new series in the
 * same conventions. The method is that of Bernstein, Soares, Horvat & Jakoncic (2025), J. Synchrotron
 * Rad. 32(2).
 *
 * Rules that hold for every call:
 *  - A function that can fail returns an lbc_status; LBC_OK is 0. Where it takes an lbc_error, that
 *    is filled on failure with one line that names the file, what was wrong with it and what to do;
 *    it may be NULL. Nothing is printed, and nothing exits.
 *  - Image shapes are (ny, nx) = (slow, fast), row-major. Counts are photons.
 *  - Objects belong to the caller from the call that returns them to the matching _close or _free,
 *    which accept NULL and half-built objects.
 *  - Different objects may be used by different threads at once; one object by one thread at a time,
 *    unless its comment says more. HDF5 itself is entered by one thread at a time, under a lock of
 *    the library; a program that calls HDF5 on its own while liblbc runs needs a thread-safe HDF5.
 */
#ifndef LBC_H
#define LBC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && __GNUC__ >= 4
#define LBC_API __attribute__((visibility("default")))
#define LBC_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define LBC_API
#define LBC_PRINTF(f, a)
#endif

/* ---- status and errors ------------------------------------------------------------------- */

typedef enum lbc_status {
    LBC_OK = 0,
    LBC_E_MEMORY,      /* an allocation failed */
    LBC_E_IO,          /* the system refused an open, read, write, flush or rename */
    LBC_E_FORMAT,      /* the input is damaged, or is not what it says it is */
    LBC_E_UNSUPPORTED, /* the input is sound, but this build cannot handle it */
    LBC_E_ARGUMENT,    /* the options contradict one another or the input */
    LBC_E_EXISTS,      /* an output exists and may not be replaced */
    LBC_E_MISMATCH,    /* a check or a comparison found a difference */
    LBC_E_SPACE,       /* a destination buffer or disk is too small */
    LBC_E_CANCELLED    /* the caller asked to stop */
} lbc_status;

/* A short phrase for a status; never NULL, never freed. */
LBC_API const char *lbc_status_string(lbc_status status);

#define LBC_ERROR_SIZE 1024

typedef struct lbc_error {
    lbc_status status;
    char text[LBC_ERROR_SIZE]; /* one line, UTF-8, without a final newline */
} lbc_error;

/* Fills err (which may be NULL) and returns status, so that `return lbc_fail(...)` reads well. */
LBC_API lbc_status lbc_fail(lbc_error *err, lbc_status status, const char *format, ...) LBC_PRINTF(3, 4);

typedef enum lbc_level { LBC_LEVEL_WARNING, LBC_LEVEL_NOTICE, LBC_LEVEL_INFO } lbc_level;

/* Receives each message as one line without newline. Called from the thread that called the
 * library, never from a worker. */
typedef void lbc_message_fn(void *user, lbc_level level, const char *text);

/* "1.0.0" */
LBC_API const char *lbc_version(void);
/* "2026-11-22" */
LBC_API const char *lbc_version_date(void);

/* ---- pixels ------------------------------------------------------------------------------ */

typedef enum lbc_pixel_type { LBC_U8, LBC_U16, LBC_U32, LBC_I8, LBC_I16, LBC_I32 } lbc_pixel_type;

typedef struct lbc_shape {
    uint32_t ny; /* rows, the slow axis */
    uint32_t nx; /* columns, the fast axis */
} lbc_shape;

#ifdef __cplusplus
}
#endif

#endif /* LBC_H */
