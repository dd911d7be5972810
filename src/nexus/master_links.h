/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* master_links.h - which data files a master links. */
#ifndef LBC_NEXUS_MASTER_LINKS_H
#define LBC_NEXUS_MASTER_LINKS_H

#include "lbc.h"

/* Calls each(user, file) for the file name of every external link in /entry/data, as the link says
 * it. A file that cannot be opened, or has no such group, links nothing. LBC_E_MEMORY: out of memory,
 * and nothing was called. */
lbc_status lbc_master_each_link(const char *path, void (*each)(void *user, const char *file), void *user);

#endif
