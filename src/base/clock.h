/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clock.h - how long things take. */
#ifndef LBC_BASE_CLOCK_H
#define LBC_BASE_CLOCK_H

/* Seconds since some moment that stays the same. */
double lbc_clock(void);

#endif
