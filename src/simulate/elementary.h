/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* elementary.h - elementary functions with the same bits on every machine.
 *
 * A simulated series is told by its seed: the same seed gives the same bytes everywhere. The C library's exp, sin
 * and their like differ in last bits from one release to the next, which is enough to move a photon; these use
 * nothing but IEEE additions, multiplications, divisions and sqrt (compiled with -ffp-contract=off). They are
 * accurate to some 1e-14, the normal distribution to 1e-7. Pure; any thread.
 */
#ifndef LBC_SIMULATE_ELEMENTARY_H
#define LBC_SIMULATE_ELEMENTARY_H

#define LBC_PI     3.14159265358979323846
#define LBC_DEGREE (LBC_PI / 180.0)

double lbc_exp(double x);                                /* 0 below -700; x must be below 700 */
double lbc_log(double x);                                /* x positive and normal */
void lbc_sincos(double x, double *sine, double *cosine); /* |x| below 1e5 */
double lbc_atan2(double y, double x);
double lbc_acos(double x); /* x in -1..1 */
/* Integral of the standard normal density from minus infinity to x (Abramowitz & Stegun 7.1.26). */
double lbc_normal_cdf(double x);

#endif
