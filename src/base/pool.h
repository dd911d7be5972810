/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pool.h - a small team of threads, numbered jobs, results in order.
 *
 * A run has `jobs` jobs. Each is made of `parts` parts that any worker may do in any order; the
 * worker that ends a job's last part finishes it; finished jobs are delivered one at a time, in the
 * order of their numbers, by the thread that called lbc_pool_run. At most `slots` jobs are begun and
 * not yet delivered: a slot is the memory a job lives in, and slots are recycled, so slots x memory
 * of one is the ceiling.
 */
#ifndef LBC_BASE_POOL_H
#define LBC_BASE_POOL_H

#include "lbc.h"

typedef struct lbc_pool lbc_pool;

/* threads 0: everything runs in the caller's thread, by the same code. NULL: out of memory, or not
 * even one thread could be started (fewer than asked for is not an error). Workers take no signals. */
lbc_pool *lbc_pool_new(unsigned threads);
void lbc_pool_free(lbc_pool *pool); /* NULL is allowed */
/* Workers a job can meet: ids 0 .. n-1, at least 1. */
unsigned lbc_pool_workers(const lbc_pool *pool);

typedef struct lbc_pool_job {
    uint64_t job;    /* 0 .. jobs-1 */
    unsigned part;   /* 0 .. parts-1 */
    unsigned slot;   /* 0 .. slots-1, this job's until it is delivered */
    unsigned worker; /* 0 .. workers-1; in deliver it is 0 and means nothing */
} lbc_pool_job;

typedef struct lbc_pool_task {
    uint64_t jobs;
    unsigned parts; /* >= 1 */
    unsigned slots; /* >= 1 */
    void *user;
    /* Each may fail: the status and error of the failing job with the lowest number are what
     * lbc_pool_run returns; jobs before it are still delivered, jobs after it are not. */
    lbc_status (*work)(void *user, const lbc_pool_job *job, lbc_error *err);
    lbc_status (*finish)(void *user, const lbc_pool_job *job, lbc_error *err); /* NULL: nothing to do */
    lbc_status (*deliver)(void *user, const lbc_pool_job *job, lbc_error *err);
    /* Called by the delivering thread a few times a second and after each delivery (NULL: never);
     * another status than LBC_OK ends the run with it. */
    lbc_status (*tick)(void *user, lbc_error *err);
} lbc_pool_task;

/* Returns when all is delivered, or after a failure when no worker is at work any more. One run at a
 * time per pool. */
lbc_status lbc_pool_run(lbc_pool *pool, const lbc_pool_task *task, lbc_error *err);

#endif
