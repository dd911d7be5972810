/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/hcompress/planes.h"

#include <string.h>

#define VALUE     int32_t
#define MAGNITUDE uint32_t
#define NAME(x)   lbc_hcomp_##x##32
#include "codec/hcompress/planes_template.h"
#undef VALUE
#undef MAGNITUDE
#undef NAME

#define VALUE     int64_t
#define MAGNITUDE uint64_t
#define NAME(x)   lbc_hcomp_##x##64
#include "codec/hcompress/planes_template.h"

const lbc_hcomp_plane_loops lbc_hcomp_plane_loops_c = {
    lbc_hcomp_survey32, lbc_hcomp_split32, lbc_hcomp_join32, lbc_hcomp_put_signs32, lbc_hcomp_take_signs32,
};
