/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nexus/rehearse.h"

#include "lbc.h"

void lbc_rehearse(const char *master)
{
    const lbc_input_options how = {.heads_only = true};
    lbc_input *input;
    if (lbc_input_open(&input, master, &how, NULL)) return;
    lbc_master_rehearse(input);
    lbc_input_close(input);
}
