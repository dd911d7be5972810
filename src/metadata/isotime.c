/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/isotime.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct calendar {
    int year, month, day, hour, minute, second;
    int digits;       /* of the fraction */
    int64_t fraction; /* in units of 10^-digits seconds */
    const char *zone; /* what is left of the text */
} calendar;

/* Days since 1970-01-01 and back, in the proleptic Gregorian calendar: H. Hinnant, "chrono-compatible
 * low-level date algorithms". A year begins in March, so that the leap day is its last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    const int64_t era = year / 400, of_era = year % 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_from_days(int64_t days, calendar *c)
{
    days += 719468;
    const int64_t era = days / 146097, of_era = days % 146097;
    const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    const int64_t m = (5 * of_year + 2) / 153;
    c->day = (int)(of_year - (153 * m + 2) / 5 + 1);
    c->month = (int)(m < 10 ? m + 3 : m - 9);
    c->year = (int)(year + era * 400 + (c->month <= 2));
}

/* Exactly `count` digits; -1: there are not. */
static int take_digits(const char **p, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (!isdigit((unsigned char)**p)) return -1;
        value = value * 10 + (*(*p)++ - '0');
    }
    return value;
}

static bool take(const char **p, char c)
{
    if (**p != c) return false;
    ++*p;
    return true;
}

static bool zone_fits(const char *p)
{
    if (*p == '\0' || strcmp(p, "Z") == 0) return true;
    if (*p != '+' && *p != '-') return false;
    p++;
    if (take_digits(&p, 2) < 0) return false;
    take(&p, ':');
    return take_digits(&p, 2) >= 0 && *p == '\0';
}

static bool parse(const char *p, calendar *c)
{
    if ((c->year = take_digits(&p, 4)) < 1 || !take(&p, '-')) return false;
    if ((c->month = take_digits(&p, 2)) < 1 || c->month > 12 || !take(&p, '-')) return false;
    if ((c->day = take_digits(&p, 2)) < 1 || c->day > 31 || !(take(&p, 'T') || take(&p, ' '))) return false;
    if ((c->hour = take_digits(&p, 2)) < 0 || c->hour > 24 || !take(&p, ':')) return false;
    if ((c->minute = take_digits(&p, 2)) < 0 || c->minute > 59 || !take(&p, ':')) return false;
    if ((c->second = take_digits(&p, 2)) < 0 || c->second > 60) return false;
    c->digits = 0;
    c->fraction = 0;
    if (take(&p, '.'))
        for (; isdigit((unsigned char)*p) && c->digits < 9; p++, c->digits++)
            c->fraction = c->fraction * 10 + (*p - '0');
    c->zone = p;
    return zone_fits(p);
}

bool lbc_time_add(const char *text, double seconds, char out[LBC_TIME_SIZE])
{
    calendar c;
    out[0] = '\0';
    if (!parse(text, &c) || !(fabs(seconds) < 1e10)) return false;
    int64_t unit = 1;
    for (int i = 0; i < c.digits; i++) unit *= 10;
    const int64_t days = days_from_date(c.year, c.month, c.day);
    const int64_t clock = days * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
    int64_t ticks = c.fraction + (int64_t)llround((seconds - floor(seconds)) * (double)unit);
    const int64_t moved = clock + (int64_t)floor(seconds) + ticks / unit;
    ticks %= unit;
    if (moved < -(int64_t)719162 * 86400) return false; /* before the year 1 */
    int64_t day = moved / 86400, second = moved % 86400;
    if (second < 0) second += 86400, day--;
    date_from_days(day, &c);
    if (c.year > 9999) return false;
    int n = snprintf(out, LBC_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, (int)(second / 3600),
                     (int)(second / 60 % 60), (int)(second % 60));
    if (c.digits) n += snprintf(out + n, LBC_TIME_SIZE - (size_t)n, ".%0*lld", c.digits, (long long)ticks);
    snprintf(out + n, LBC_TIME_SIZE - (size_t)n, "%s", c.zone);
    return true;
}
