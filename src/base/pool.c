/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TICK_NANOSECONDS 200000000L
#define NO_JOB           UINT64_MAX

typedef struct slot_state {
    unsigned parts_left; /* not yet worked */
    bool done;           /* finished, waiting to be delivered */
    lbc_status status;
    lbc_error error; /* of the first part that failed */
} slot_state;

typedef struct worker {
    lbc_pool *pool;
    unsigned id;
    pthread_t thread;
} worker;

struct lbc_pool {
    pthread_mutex_t lock;
    pthread_cond_t work_there; /* a part may be taken, or the pool ends */
    pthread_cond_t work_done;  /* a job is finished, or has failed, or a worker came to rest */
    bool ending;
    unsigned threads;
    worker *workers;

    /* The run under way; all under lock. */
    const lbc_pool_task *task; /* NULL: none */
    slot_state *slots;
    uint64_t next_job; /* the next part to take is (next_job, next_part) */
    unsigned next_part;
    uint64_t delivered;
    uint64_t failed_job; /* lowest job that failed; NO_JOB */
    unsigned busy;       /* workers inside work() or finish() */
};

/* True when a part may be begun: there is one, its job has a slot, and no job has failed. */
static bool part_there(const lbc_pool *p)
{
    return p->task && p->failed_job == NO_JOB && p->next_job < p->task->jobs &&
           p->next_job < p->delivered + p->task->slots;
}

static lbc_pool_job take_part(lbc_pool *p, unsigned worker_id)
{
    const lbc_pool_task *task = p->task;
    const lbc_pool_job job = {p->next_job, p->next_part, (unsigned)(p->next_job % task->slots), worker_id};
    if (job.part == 0) {
        slot_state *slot = &p->slots[job.slot];
        slot->parts_left = task->parts;
        slot->done = false;
        slot->status = LBC_OK;
    }
    if (++p->next_part == task->parts) {
        p->next_part = 0;
        p->next_job++;
    }
    p->busy++;
    return job;
}

/* Does one part, and finishes the job if it was the last. Called and left with the lock held. */
static void do_part(lbc_pool *p, unsigned worker_id)
{
    const lbc_pool_job job = take_part(p, worker_id);
    const lbc_pool_task *task = p->task;
    slot_state *slot = &p->slots[job.slot];
    lbc_error error;
    error.text[0] = '\0';

    pthread_mutex_unlock(&p->lock);
    lbc_status status = task->work(task->user, &job, &error);
    pthread_mutex_lock(&p->lock);

    const bool last = --slot->parts_left == 0;
    if (last && status == LBC_OK && slot->status == LBC_OK && task->finish) {
        pthread_mutex_unlock(&p->lock);
        status = task->finish(task->user, &job, &error);
        pthread_mutex_lock(&p->lock);
    }
    if (status != LBC_OK && slot->status == LBC_OK) {
        slot->status = status;
        slot->error = error;
        if (job.job < p->failed_job) p->failed_job = job.job;
    }
    slot->done = last;
    p->busy--;
    pthread_cond_signal(&p->work_done);
}

static void *worker_main(void *arg)
{
    const worker *self = arg;
    lbc_pool *p = self->pool;
    pthread_mutex_lock(&p->lock);
    while (!p->ending) {
        if (part_there(p))
            do_part(p, self->id);
        else
            pthread_cond_wait(&p->work_there, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Signals go to the caller's threads, where what a handler notes is looked at. What befalls a thread stays its own. */
static void block_signals(sigset_t *before)
{
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

lbc_pool *lbc_pool_new(unsigned threads)
{
    sigset_t before;
    lbc_pool *p = lbc_alloc_zero(1, sizeof *p);
    if (!p) return NULL;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work_there, NULL);
    pthread_cond_init(&p->work_done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    p->workers = lbc_alloc_zero(threads, sizeof *p->workers);
    if (!p->workers) goto fail;
    block_signals(&before); /* threads inherit it */
    for (unsigned i = 0; i < threads; i++) {
        p->workers[i] = (worker){.pool = p, .id = i};
        if (pthread_create(&p->workers[i].thread, NULL, worker_main, &p->workers[i])) break;
        p->threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (threads && !p->threads) goto fail;
    return p;

fail:
    lbc_pool_free(p);
    return NULL;
}

void lbc_pool_free(lbc_pool *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->work_there);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->threads; i++) pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->work_done);
    pthread_cond_destroy(&p->work_there);
    pthread_mutex_destroy(&p->lock);
    free(p->workers);
    free(p);
}

unsigned lbc_pool_workers(const lbc_pool *p)
{
    return p->threads ? p->threads : 1;
}

/* Waits for news from the workers, at most one tick. */
static void wait_a_tick(lbc_pool *p)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_NANOSECONDS;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&p->work_done, &p->lock, &until);
}

/* tick() with the lock let go. */
static lbc_status tick(lbc_pool *p, lbc_error *err)
{
    if (!p->task->tick) return LBC_OK;
    pthread_mutex_unlock(&p->lock);
    const lbc_status status = p->task->tick(p->task->user, err);
    pthread_mutex_lock(&p->lock);
    return status;
}

/* Until the next job in order is finished; without threads, by doing it. Lock held. */
static lbc_status await_job(lbc_pool *p, lbc_error *err)
{
    slot_state *slot = &p->slots[p->delivered % p->task->slots];
    for (;;) {
        if (p->failed_job <= p->delivered) {
            if (err) *err = slot->error;
            return lbc_fail(slot->error.text[0] ? NULL : err, slot->status, "%s", lbc_status_string(slot->status));
        }
        if (p->delivered < p->next_job && slot->done) return LBC_OK;
        if (p->threads == 0) {
            do_part(p, 0);
        } else {
            wait_a_tick(p);
            const lbc_status status = tick(p, err);
            if (status) return status;
        }
    }
}

/* Hands the next job to deliver(). Lock held. */
static lbc_status deliver_job(lbc_pool *p, lbc_error *err)
{
    const lbc_pool_task *task = p->task;
    const lbc_pool_job job = {.job = p->delivered, .slot = (unsigned)(p->delivered % task->slots)};
    pthread_mutex_unlock(&p->lock);
    const lbc_status status = task->deliver(task->user, &job, err);
    pthread_mutex_lock(&p->lock);
    if (status) return status;
    p->delivered++;
    pthread_cond_broadcast(&p->work_there);
    return tick(p, err);
}

lbc_status lbc_pool_run(lbc_pool *p, const lbc_pool_task *task, lbc_error *err)
{
    slot_state *slots = lbc_alloc_zero(task->slots, sizeof *slots);
    if (!slots) return lbc_fail(err, LBC_E_MEMORY, "out of memory for %u frames in flight", task->slots);

    pthread_mutex_lock(&p->lock);
    p->slots = slots;
    p->next_job = p->delivered = 0;
    p->next_part = 0;
    p->failed_job = NO_JOB;
    p->task = task;
    pthread_cond_broadcast(&p->work_there);

    lbc_status status = LBC_OK;
    while (status == LBC_OK && p->delivered < task->jobs) {
        status = await_job(p, err);
        if (status == LBC_OK) status = deliver_job(p, err);
    }
    p->failed_job = 0; /* nothing more is begun */
    while (p->busy) pthread_cond_wait(&p->work_done, &p->lock);
    p->task = NULL;
    p->slots = NULL;
    pthread_mutex_unlock(&p->lock);
    free(slots);
    return status;
}
