/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* allocate.h - which passes of which block go into which layer: post-compression rate-distortion
 * optimisation (Taubman (2000), IEEE Trans. Image Process. 9(7), "EBCOT"; T.800 J.14).
 *
 * The passes of a block that lie on the convex hull of gain over bytes are cut into segments of falling
 * slope. All blocks' segments together, steepest first, are the order in which bytes buy the most; a
 * layer takes as many as its budget pays for, packet headers included.
 */
#ifndef LBC_CODEC_J2K_ALLOCATE_H
#define LBC_CODEC_J2K_ALLOCATE_H

#include "codec/j2k/packets.h"

typedef struct lbc_j2k_segment {
    double slope; /* squared error in pixels taken away per byte */
    double gain;  /* squared error */
    uint32_t bytes;
    uint32_t block;
    uint32_t passes; /* of the block, with this segment */
} lbc_j2k_segment;

/* Zero-initialise; may be used again and again. */
typedef struct lbc_j2k_allocation {
    lbc_j2k_segment *segments; /* in `sorted` */
    size_t nsegments;
    lbc_buffer unsorted, sorted, keys;
    uint32_t *chosen; /* [layers][nblocks]: passes in all after each layer */
    size_t chosen_room;
    size_t bytes;     /* of all packets */
    double threshold; /* slope of the last segment that was taken; 0 when all were, or when they were not enough */
} lbc_j2k_allocation;

typedef struct lbc_j2k_target {
    uint32_t layers;
    size_t budget[LBC_MAX_LAYERS]; /* bytes of the packets through each layer */
    bool by_gain; /* layers end as soon as `gain` of squared error is taken away, if their budgets allow */
    double gain;
    const double *norms; /* with by_gain, [band]: what weights are where every error counts as what it is in pixels */
} lbc_j2k_target;

/* weights[band]: squared error in pixels of a squared error of 1 in coefficients. */
lbc_status lbc_j2k_allocate(lbc_j2k_allocation *a, lbc_j2k_packet_writer *w, const lbc_j2k_layout *layout,
                            const lbc_j2k_coded *blocks, const double *weights, const lbc_j2k_target *target);
void lbc_j2k_allocation_clear(lbc_j2k_allocation *a);

#endif
