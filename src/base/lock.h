/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lock.h - a mutual-exclusion lock that needs no set-up. Not recursive. */
#ifndef LBC_BASE_LOCK_H
#define LBC_BASE_LOCK_H

#include <pthread.h>

typedef struct lbc_lock {
    pthread_mutex_t mutex;
} lbc_lock;

#define LBC_LOCK_INIT                                                                                                  \
    {                                                                                                                  \
        PTHREAD_MUTEX_INITIALIZER                                                                                      \
    }

/* Neither can fail: the mutex is of the default kind and is only ever used through these. */
static inline void lbc_lock_take(lbc_lock *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
}
static inline void lbc_lock_give(lbc_lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}
/* For locks inside allocated objects. */
static inline void lbc_lock_init(lbc_lock *lock)
{
    (void)pthread_mutex_init(&lock->mutex, NULL);
}
static inline void lbc_lock_destroy(lbc_lock *lock)
{
    (void)pthread_mutex_destroy(&lock->mutex);
}

#endif
