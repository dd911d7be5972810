/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/line.h"
#include "base/version.h"

const char *lbc_status_string(lbc_status status)
{
    switch (status) {
    case LBC_OK: return "done";
    case LBC_E_MEMORY: return "out of memory";
    case LBC_E_IO: return "input or output failed";
    case LBC_E_FORMAT: return "damaged or malformed data";
    case LBC_E_UNSUPPORTED: return "not supported";
    case LBC_E_ARGUMENT: return "options that make no sense together";
    case LBC_E_EXISTS: return "output exists";
    case LBC_E_MISMATCH: return "data differ";
    case LBC_E_SPACE: return "not enough space";
    case LBC_E_CANCELLED: return "cancelled";
    }
    return "unknown status";
}

lbc_status lbc_fail(lbc_error *err, lbc_status status, const char *format, ...)
{
    if (!err) return status;
    va_list args;
    va_start(args, format);
    lbc_line(err->text, format, args);
    va_end(args);
    err->status = status;
    return status;
}

const char *lbc_version(void)
{
    return LBC_VERSION;
}
const char *lbc_version_date(void)
{
    return LBC_VERSION_DATE;
}
