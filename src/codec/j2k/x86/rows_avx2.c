/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define ROWS lbc_j2k_rows_avx2
#include "codec/j2k/rows_template.h"
