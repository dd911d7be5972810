/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* facts.h - a series as the public header knows it, and as the rooms below do. */
#ifndef LBC_PIPELINE_FACTS_H
#define LBC_PIPELINE_FACTS_H

#include "nexus/input.h"

/* Strings and the mask stay the series'. */
lbc_facts lbc_facts_of(const lbc_series *series);
/* The mask stays the facts'. LBC_E_ARGUMENT: something that a series must have is not known. */
lbc_status lbc_facts_series(lbc_series *series, const lbc_facts *facts, lbc_error *err);

#endif
