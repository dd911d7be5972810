/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame of a page: style, header, bands of figures, tables, and how figures are defined. */
#include "report/page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const char style[] =
    ":root{color-scheme:light dark;--paper:#fbfbfa;--card:#fff;--ink:#1c2126;--soft:#5c6670;--rule:#e1e4e7;"
    "--grid:#eceef0;--before:#6b7785;--after:#b4440f;--third:#2f6f9f}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1b1f23;--ink:#e4e7ea;--soft:#98a2ad;"
    "--rule:#2d3339;--grid:#272c31;--before:#94a1af;--after:#f08a4b;--third:#6cb0e0}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Helvetica Neue\",\"Noto Sans\",Arial,sans-serif;font-variant-numeric:tabular-nums}\n"
    "main{max-width:1120px;margin:0 auto;padding:40px 24px 56px}\n"
    "h1{font-size:26px;line-height:1.25;font-weight:600;margin:0 0 6px;overflow-wrap:anywhere}\n"
    "h2{font-size:18px;font-weight:600;margin:44px 0 4px}\n"
    "p{margin:0 0 14px;max-width:76ch}\n"
    ".soft,figcaption,footer,caption{color:var(--soft);font-size:14px}\n"
    ".band{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;margin:26px 0 0;"
    "background:var(--rule);border:1px solid var(--rule);border-radius:8px;overflow:hidden}\n"
    ".band div{background:var(--card);padding:14px 16px}\n"
    ".band b{display:block;font-size:24px;line-height:1.2;font-weight:600;white-space:nowrap}\n"
    ".band span{color:var(--soft);font-size:13px}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:18px;margin-top:14px}\n"
    "figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:14px 16px 12px}\n"
    "figure h3{font-size:15px;font-weight:600;margin:0 0 8px}\n"
    "figcaption{margin-top:6px}\n"
    "svg{display:block;width:100%;height:auto}\n"
    "svg text{font-size:12px;fill:var(--soft)}\n"
    ".grid path{stroke:var(--grid);fill:none}.axis path{stroke:var(--rule);fill:none}\n"
    ".line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}\n"
    ".line.before{stroke:var(--before)}.line.after{stroke:var(--after)}.line.third{stroke:var(--third)}\n"
    ".line.zero,.line.equal{stroke:var(--before);stroke-width:1;stroke-dasharray:4 4}\n"
    ".points.before{fill:var(--before)}.points.after{fill:var(--after);fill-opacity:.6}.points.third{fill:var(--third)}"
    "\n"
    ".key{display:inline-block;width:16px;height:3px;border-radius:2px;vertical-align:middle;margin:0 5px 2px 12px}\n"
    ".key:first-child{margin-left:0}\n"
    ".key.before{background:var(--before)}.key.after{background:var(--after)}.key.third{background:var(--third)}\n"
    ".views{display:grid;grid-template-columns:repeat(3,1fr);gap:12px}\n"
    ".views div{min-width:0}.views span{display:block;color:var(--soft);font-size:13px;margin-bottom:3px}\n"
    ".views img{display:block;width:100%;height:auto;border-radius:3px;background:#fff}\n"
    ".zooms{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,240px),1fr));gap:18px;margin-top:14px}\n"
    ".zoom{display:grid;grid-template-columns:repeat(3,1fr);gap:4px}\n"
    ".zoom img{display:block;width:100%;height:auto;image-rendering:pixelated;border-radius:2px}\n"
    ".zoom span{grid-column:1/-1;color:var(--soft);font-size:13px}\n"
    ".pictures figure{margin-top:18px}\n"
    "table{border-collapse:collapse;width:100%;font-size:15px}\n"
    "caption{text-align:left;padding-bottom:4px;font-weight:600;color:var(--ink)}\n"
    "th{font-weight:400;text-align:left;color:var(--soft);padding:5px 18px 5px "
    "0;vertical-align:top;white-space:nowrap}\n"
    "td{padding:5px 0;overflow-wrap:anywhere}tr{border-top:1px solid var(--rule)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;font-size:14px;color:var(--soft)}\n"
    "dt{color:var(--ink)}dd{margin:0;max-width:76ch}\n"
    "footer{margin-top:40px;border-top:1px solid var(--rule);padding-top:12px}\n"
    "@media(max-width:640px){main{padding:24px 14px}dl,.views{grid-template-columns:1fr}.band b{font-size:20px}"
    "dd{margin-bottom:6px}}\n"
    "@media print{:root{--paper:#fff}figure{break-inside:avoid}}\n";

void lbc_page_begin(lbc_text *page, const char *title, const char *subtitle)
{
    lbc_text_add(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"generator\" content=\"l_bnl_compress\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                       "<link rel=\"icon\" href=\"data:,\">\n<title>");
    lbc_text_add(page, "%s</title>\n<style>\n", title);
    lbc_text_put(page, style, sizeof style - 1);
    lbc_text_add(page,
                 "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>%s</h1>\n<p class=\"soft\">%s</p>\n</header>\n",
                 title, subtitle);
}

void lbc_page_end(lbc_text *page)
{
    lbc_text_add(
        page,
        "<h2>How the figures are defined</h2>\n<dl>\n"
        "<dt>RMSE</dt><dd>root of the mean squared difference of the pixels that are counts on both sides; "
        "masked and overloaded pixels do not enter.</dd>\n"
        "<dt>mean shift</dt><dd>mean count after over mean count before, less 1.</dd>\n"
        "<dt>local mean</dt><dd>mean over a box of %d x %d pixels; its error is the median of "
        "|after/before - 1| over all boxes, one every %d pixels each way.</dd>\n"
        "<dt>spot</dt><dd>a local maximum above m + 6&#8730;m + 4, m being the local mean. Its intensity is the sum "
        "of 5 x 5 pixels less a background from the pixels between 7 x 7 and 11 x 11.</dd>\n"
        "<dt>spot correlation</dt><dd>Pearson's correlation of the intensities before and after. R is the sum of "
        "|after - before| over the sum of before.</dd>\n"
        "<dt>resolution</dt><dd>from wavelength, distance, beam centre and pixel size of the master, for a "
        "detector perpendicular to the beam.</dd>\n</dl>\n"
        "<footer>Made by l_bnl_compress %s. The page is whole in itself: it loads nothing.</footer>\n"
        "</main>\n</body>\n</html>\n",
        LBC_BOX, LBC_BOX, LBC_CELL, lbc_version());
}

/* ---- bands ----------------------------------------------------------------------------------- */

void lbc_page_band_begin(lbc_text *page)
{
    lbc_text_add(page, "<div class=\"band\">\n");
}
void lbc_page_band_end(lbc_text *page)
{
    lbc_text_add(page, "</div>\n");
}

void lbc_page_band_add(lbc_text *page, const char *value, const char *label)
{
    lbc_text_add(page, "<div><b>%s</b><span>%s</span></div>\n", value, label);
}

void lbc_page_band_figures(lbc_text *page, const lbc_figures *f)
{
    char value[64], label[96], count[32], before[32], after[32];
    if (!f->pixels) return;
    lbc_page_band_add(page, lbc_text_number(f->rmse, 3, value), "RMSE, counts a pixel");
    if (isfinite(f->relative_shift)) {
        snprintf(label, sizeof label, "mean shift, %s to %s", lbc_text_number(f->mean_before, 3, before),
                 lbc_text_number(f->mean_after, 3, after));
        lbc_page_band_add(page, lbc_text_shift(f->relative_shift, value), label);
    }
    if (isfinite(f->local_shift)) {
        snprintf(value, sizeof value, "%s %%", lbc_text_number(100 * f->local_shift, 2, count));
        lbc_page_band_add(page, value, "error of the local mean");
    }
    if (isfinite(f->spot_correlation)) {
        snprintf(value, sizeof value, "%.5f", f->spot_correlation);
        snprintf(label, sizeof label, "correlation of %s spot%s", lbc_text_count(f->spots, count),
                 f->spots == 1 ? "" : "s");
        lbc_page_band_add(page, value, label);
    }
}

/* ---- tables ---------------------------------------------------------------------------------- */

void lbc_page_table_begin(lbc_text *page, const char *caption)
{
    lbc_text_add(page, "<figure><table>\n<caption>%s</caption>\n", caption);
}

void lbc_page_table_row(lbc_text *page, const char *name, const char *format, ...)
{
    char value[4200];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    lbc_text_add(page, "<tr><th>%s</th><td>", name);
    lbc_text_html(page, value);
    lbc_text_add(page, "</td></tr>\n");
}

void lbc_page_table_end(lbc_text *page)
{
    lbc_text_add(page, "</table></figure>\n");
}
