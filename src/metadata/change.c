/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metadata/change.h"

void lbc_step_number(lbc_step *step, const char *name, double number)
{
    step->parameters[step->nparameters].name = name;
    step->parameters[step->nparameters++].number = number;
}

void lbc_step_text(lbc_step *step, const char *name, const char *text)
{
    step->parameters[step->nparameters].name = name;
    step->parameters[step->nparameters++].text = text;
}
