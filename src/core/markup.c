/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a reader sees of a marked-up text: which bytes are a tag, and which character an entity
 * stands for. Deliberately no HTML parser: it knows the few elements that notifications carry
 * (Desktop Notifications Specification 1.2, "Markup") and their kin in mail, and takes everything
 * else in angle brackets as text, since "<alex@example.org>" and "<3" are what the sender wrote.
 * core/text.c reads through it. */

#include "core/markup.h"

#include "common/macro.h"

#include <ctype.h>

enum {
        NAME_MAX_LEN = 16, /* longest name in the tables below */
        CODE_POINT_MAX = 0x10ffff,
        CODE_POINT_BAD = 0xfffd, /* what browsers show for a number that is no character */
};

typedef struct Element {
        const char *name;
        bool breaks; /* what stands before it and after it are two words to a reader */
} Element;

/* sorted by name */
/* clang-format off */
static const Element elements[] = {
        {"a", false}, {"abbr", false}, {"acronym", false}, {"b", false}, {"bdi", false},
        {"bdo", false}, {"big", false}, {"blockquote", true}, {"br", true}, {"center", true},
        {"cite", false}, {"code", false}, {"dd", true}, {"del", false}, {"div", true}, {"dl", true},
        {"dt", true}, {"em", false}, {"font", false}, {"h1", true}, {"h2", true}, {"h3", true},
        {"h4", true}, {"h5", true}, {"h6", true}, {"hr", true}, {"i", false}, {"img", true},
        {"ins", false}, {"kbd", false}, {"li", true}, {"mark", false}, {"ol", true}, {"p", true},
        {"pre", true}, {"q", false}, {"s", false}, {"samp", false}, {"small", false},
        {"span", false}, {"strike", false}, {"strong", false}, {"sub", false}, {"sup", false},
        {"table", true}, {"tbody", true}, {"td", true}, {"th", true}, {"thead", true}, {"tr", true},
        {"tt", false}, {"u", false}, {"ul", true}, {"var", false},
};
/* clang-format on */

typedef struct Entity {
        const char *name;
        int32_t code;
} Entity;

/* Letters, spaces and punctuation of https://html.spec.whatwg.org/entities.json as far as they
 * occur in names and prose; sorted by name, upper case first. */
/* clang-format off */
static const Entity entities[] = {
        {"AElig", 0x00c6}, {"Aacute", 0x00c1}, {"Abreve", 0x0102}, {"Acirc", 0x00c2},
        {"Agrave", 0x00c0}, {"Alpha", 0x0391}, {"Amacr", 0x0100}, {"Aogon", 0x0104},
        {"Aring", 0x00c5}, {"Atilde", 0x00c3}, {"Auml", 0x00c4}, {"Beta", 0x0392},
        {"Cacute", 0x0106}, {"Ccaron", 0x010c}, {"Ccedil", 0x00c7}, {"Ccirc", 0x0108},
        {"Cdot", 0x010a}, {"Chi", 0x03a7}, {"Dagger", 0x2021}, {"Dcaron", 0x010e},
        {"Delta", 0x0394}, {"DiacriticalGrave", 0x0060}, {"Dstrok", 0x0110}, {"ENG", 0x014a},
        {"ETH", 0x00d0}, {"Eacute", 0x00c9}, {"Ecaron", 0x011a}, {"Ecirc", 0x00ca},
        {"Edot", 0x0116}, {"Egrave", 0x00c8}, {"Emacr", 0x0112}, {"Eogon", 0x0118},
        {"Epsilon", 0x0395}, {"Eta", 0x0397}, {"Euml", 0x00cb}, {"Gamma", 0x0393},
        {"Gbreve", 0x011e}, {"Gcedil", 0x0122}, {"Gcirc", 0x011c}, {"Gdot", 0x0120},
        {"Hcirc", 0x0124}, {"Hstrok", 0x0126}, {"IJlig", 0x0132}, {"Iacute", 0x00cd},
        {"Icirc", 0x00ce}, {"Idot", 0x0130}, {"Igrave", 0x00cc}, {"Imacr", 0x012a},
        {"Iogon", 0x012e}, {"Iota", 0x0399}, {"Itilde", 0x0128}, {"Iuml", 0x00cf},
        {"Jcirc", 0x0134}, {"Kappa", 0x039a}, {"Kcedil", 0x0136}, {"Lacute", 0x0139},
        {"Lambda", 0x039b}, {"Lcaron", 0x013d}, {"Lcedil", 0x013b}, {"Lmidot", 0x013f},
        {"Lstrok", 0x0141}, {"Mu", 0x039c}, {"Nacute", 0x0143}, {"Ncaron", 0x0147},
        {"Ncedil", 0x0145}, {"NewLine", 0x000a}, {"NoBreak", 0x2060}, {"Ntilde", 0x00d1},
        {"Nu", 0x039d}, {"OElig", 0x0152}, {"Oacute", 0x00d3}, {"Ocirc", 0x00d4},
        {"Odblac", 0x0150}, {"Ograve", 0x00d2}, {"Omacr", 0x014c}, {"Omega", 0x03a9},
        {"Omicron", 0x039f}, {"Oslash", 0x00d8}, {"Otilde", 0x00d5}, {"Ouml", 0x00d6},
        {"Phi", 0x03a6}, {"Pi", 0x03a0}, {"Prime", 0x2033}, {"Psi", 0x03a8}, {"Racute", 0x0154},
        {"Rcaron", 0x0158}, {"Rcedil", 0x0156}, {"Rho", 0x03a1}, {"Sacute", 0x015a},
        {"Scaron", 0x0160}, {"Scedil", 0x015e}, {"Scirc", 0x015c}, {"Sigma", 0x03a3},
        {"THORN", 0x00de}, {"Tab", 0x0009}, {"Tau", 0x03a4}, {"Tcaron", 0x0164}, {"Tcedil", 0x0162},
        {"Theta", 0x0398}, {"Tstrok", 0x0166}, {"Uacute", 0x00da}, {"Ubreve", 0x016c},
        {"Ucirc", 0x00db}, {"Udblac", 0x0170}, {"Ugrave", 0x00d9}, {"Umacr", 0x016a},
        {"Uogon", 0x0172}, {"Upsilon", 0x03a5}, {"Uring", 0x016e}, {"Utilde", 0x0168},
        {"Uuml", 0x00dc}, {"Wcirc", 0x0174}, {"Xi", 0x039e}, {"Yacute", 0x00dd}, {"Ycirc", 0x0176},
        {"Yuml", 0x0178}, {"Zacute", 0x0179}, {"Zcaron", 0x017d}, {"Zdot", 0x017b},
        {"ZeroWidthSpace", 0x200b}, {"Zeta", 0x0396}, {"aacute", 0x00e1}, {"abreve", 0x0103},
        {"acirc", 0x00e2}, {"acute", 0x00b4}, {"aelig", 0x00e6}, {"agrave", 0x00e0},
        {"alpha", 0x03b1}, {"amacr", 0x0101}, {"amp", 0x0026}, {"aogon", 0x0105}, {"apos", 0x0027},
        {"aring", 0x00e5}, {"ast", 0x002a}, {"atilde", 0x00e3}, {"auml", 0x00e4}, {"bdquo", 0x201e},
        {"beta", 0x03b2}, {"brvbar", 0x00a6}, {"bull", 0x2022}, {"cacute", 0x0107},
        {"ccaron", 0x010d}, {"ccedil", 0x00e7}, {"ccirc", 0x0109}, {"cdot", 0x010b},
        {"cedil", 0x00b8}, {"cent", 0x00a2}, {"check", 0x2713}, {"chi", 0x03c7}, {"circ", 0x02c6},
        {"colon", 0x003a}, {"comma", 0x002c}, {"commat", 0x0040}, {"copy", 0x00a9},
        {"curren", 0x00a4}, {"dagger", 0x2020}, {"dash", 0x2010}, {"dcaron", 0x010f},
        {"deg", 0x00b0}, {"delta", 0x03b4}, {"divide", 0x00f7}, {"dollar", 0x0024},
        {"dstrok", 0x0111}, {"eacute", 0x00e9}, {"ecaron", 0x011b}, {"ecirc", 0x00ea},
        {"edot", 0x0117}, {"egrave", 0x00e8}, {"emacr", 0x0113}, {"emsp", 0x2003}, {"eng", 0x014b},
        {"ensp", 0x2002}, {"eogon", 0x0119}, {"epsilon", 0x03b5}, {"equals", 0x003d},
        {"eta", 0x03b7}, {"eth", 0x00f0}, {"euml", 0x00eb}, {"euro", 0x20ac}, {"excl", 0x0021},
        {"ffilig", 0xfb03}, {"fflig", 0xfb00}, {"ffllig", 0xfb04}, {"filig", 0xfb01},
        {"fllig", 0xfb02}, {"fnof", 0x0192}, {"frac12", 0x00bd}, {"frac14", 0x00bc},
        {"frac34", 0x00be}, {"frasl", 0x2044}, {"gamma", 0x03b3}, {"gbreve", 0x011f},
        {"gcirc", 0x011d}, {"gdot", 0x0121}, {"grave", 0x0060}, {"gt", 0x003e}, {"hairsp", 0x200a},
        {"hcirc", 0x0125}, {"hearts", 0x2665}, {"hellip", 0x2026}, {"horbar", 0x2015},
        {"hstrok", 0x0127}, {"hyphen", 0x2010}, {"iacute", 0x00ed}, {"icirc", 0x00ee},
        {"iexcl", 0x00a1}, {"igrave", 0x00ec}, {"ijlig", 0x0133}, {"imacr", 0x012b},
        {"imath", 0x0131}, {"inodot", 0x0131}, {"iogon", 0x012f}, {"iota", 0x03b9},
        {"iquest", 0x00bf}, {"itilde", 0x0129}, {"iuml", 0x00ef}, {"jcirc", 0x0135},
        {"kappa", 0x03ba}, {"kcedil", 0x0137}, {"kgreen", 0x0138}, {"lacute", 0x013a},
        {"lambda", 0x03bb}, {"laquo", 0x00ab}, {"lcaron", 0x013e}, {"lcedil", 0x013c},
        {"ldquo", 0x201c}, {"lmidot", 0x0140}, {"lowbar", 0x005f}, {"lpar", 0x0028},
        {"lrm", 0x200e}, {"lsaquo", 0x2039}, {"lsqb", 0x005b}, {"lsquo", 0x2018},
        {"lstrok", 0x0142}, {"lt", 0x003c}, {"macr", 0x00af}, {"mdash", 0x2014}, {"micro", 0x00b5},
        {"middot", 0x00b7}, {"mu", 0x03bc}, {"nacute", 0x0144}, {"napos", 0x0149}, {"nbsp", 0x00a0},
        {"ncaron", 0x0148}, {"ncedil", 0x0146}, {"ndash", 0x2013}, {"not", 0x00ac},
        {"ntilde", 0x00f1}, {"nu", 0x03bd}, {"num", 0x0023}, {"numsp", 0x2007}, {"oacute", 0x00f3},
        {"ocirc", 0x00f4}, {"odblac", 0x0151}, {"oelig", 0x0153}, {"ograve", 0x00f2},
        {"oline", 0x203e}, {"omacr", 0x014d}, {"omega", 0x03c9}, {"omicron", 0x03bf},
        {"ordf", 0x00aa}, {"ordm", 0x00ba}, {"oslash", 0x00f8}, {"otilde", 0x00f5},
        {"ouml", 0x00f6}, {"para", 0x00b6}, {"percnt", 0x0025}, {"period", 0x002e},
        {"permil", 0x2030}, {"phi", 0x03c6}, {"phone", 0x260e}, {"pi", 0x03c0}, {"plus", 0x002b},
        {"plusmn", 0x00b1}, {"pound", 0x00a3}, {"prime", 0x2032}, {"psi", 0x03c8},
        {"puncsp", 0x2008}, {"quest", 0x003f}, {"quot", 0x0022}, {"racute", 0x0155},
        {"raquo", 0x00bb}, {"rcaron", 0x0159}, {"rcedil", 0x0157}, {"rdquo", 0x201d},
        {"reg", 0x00ae}, {"rho", 0x03c1}, {"rlm", 0x200f}, {"rpar", 0x0029}, {"rsaquo", 0x203a},
        {"rsqb", 0x005d}, {"rsquo", 0x2019}, {"sacute", 0x015b}, {"sbquo", 0x201a},
        {"scaron", 0x0161}, {"scedil", 0x015f}, {"scirc", 0x015d}, {"sect", 0x00a7},
        {"semi", 0x003b}, {"shy", 0x00ad}, {"sigma", 0x03c3}, {"sigmaf", 0x03c2}, {"sol", 0x002f},
        {"sup1", 0x00b9}, {"sup2", 0x00b2}, {"sup3", 0x00b3}, {"szlig", 0x00df}, {"tau", 0x03c4},
        {"tcaron", 0x0165}, {"tcedil", 0x0163}, {"theta", 0x03b8}, {"thinsp", 0x2009},
        {"thorn", 0x00fe}, {"tilde", 0x02dc}, {"times", 0x00d7}, {"trade", 0x2122},
        {"tstrok", 0x0167}, {"uacute", 0x00fa}, {"ubreve", 0x016d}, {"ucirc", 0x00fb},
        {"udblac", 0x0171}, {"ugrave", 0x00f9}, {"umacr", 0x016b}, {"uml", 0x00a8},
        {"uogon", 0x0173}, {"upsilon", 0x03c5}, {"uring", 0x016f}, {"utilde", 0x0169},
        {"uuml", 0x00fc}, {"wcirc", 0x0175}, {"xi", 0x03be}, {"yacute", 0x00fd}, {"ycirc", 0x0177},
        {"yen", 0x00a5}, {"yuml", 0x00ff}, {"zacute", 0x017a}, {"zcaron", 0x017e}, {"zdot", 0x017c},
        {"zeta", 0x03b6}, {"zwj", 0x200d}, {"zwnj", 0x200c},
};
/* clang-format on */

/* bsearch() over rows that begin with their name. */
static int compare_names(const void *key, const void *row) {
        return strcmp(key, *(const char *const *)row);
}

static const void *find_name(const char *name, const void *rows, size_t n, size_t size) {
        return bsearch(name, rows, n, size, compare_names);
}

/* Where the tag that begins at text[0] closes: its '>', or 0. A '<' before that means that it was
 * no tag; this also keeps the search for the end linear over a text full of '<'. */
static size_t tag_end(const char *text, size_t len) {
        char quote = '\0';

        for (size_t i = 1; i < len && text[i] != '<'; i++) {
                if (quote) {
                        if (text[i] == quote)
                                quote = '\0';
                } else if (text[i] == '"' || text[i] == '\'') {
                        quote = text[i];
                } else if (text[i] == '>') {
                        return i;
                }
        }
        return 0;
}

size_t markup_tag(const char *text, size_t len, bool *ret_breaks) {
        char name[NAME_MAX_LEN + 1];
        const Element *e;
        size_t at = 1, n = 0, end;

        if (len < 3 || text[0] != '<')
                return 0;
        if (text[at] == '/')
                at++;
        while (at < len && n < NAME_MAX_LEN && isalnum((unsigned char)text[at]))
                name[n++] = (char)tolower((unsigned char)text[at++]);
        name[n] = '\0';
        if (at == len || !memchr(" \t\r\n/>", text[at], 6))
                return 0;

        e = find_name(name, elements, ARRAY_LEN(elements), sizeof(*elements));
        if (!e)
                return 0;
        end = tag_end(text, len);
        if (end == 0)
                return 0;
        *ret_breaks = e->breaks;
        return end + 1;
}

/* "#233;" or "#xe9;", after the ampersand. */
static size_t numeric_entity(const char *text, size_t len, int32_t *ret) {
        int base = len > 1 && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
        size_t first = base == 16 ? 2 : 1, at = first;
        int32_t code = 0;

        for (; at < len && isxdigit((unsigned char)text[at]); at++) {
                int c = tolower((unsigned char)text[at]);
                int digit = c <= '9' ? c - '0' : c - 'a' + 10;

                if (digit >= base)
                        return 0;
                if (code <= CODE_POINT_MAX)
                        code = code * base + digit;
        }
        if (at == first || at == len || text[at] != ';')
                return 0;
        if (code == 0 || code > CODE_POINT_MAX || (code >= 0xd800 && code <= 0xdfff))
                code = CODE_POINT_BAD;
        *ret = code;
        return at + 1;
}

static size_t named_entity(const char *text, size_t len, int32_t *ret) {
        char name[NAME_MAX_LEN + 1];
        const Entity *e;
        size_t n = 0;

        while (n < len && n < NAME_MAX_LEN && isalnum((unsigned char)text[n])) {
                name[n] = text[n];
                n++;
        }
        name[n] = '\0';
        if (n == len || text[n] != ';')
                return 0;
        e = find_name(name, entities, ARRAY_LEN(entities), sizeof(*entities));
        if (!e)
                return 0;
        *ret = e->code;
        return n + 1;
}

size_t markup_entity(const char *text, size_t len, int32_t *ret) {
        size_t n;

        if (len < 3 || text[0] != '&')
                return 0;
        n = text[1] == '#' ? numeric_entity(text + 1, len - 1, ret)
                           : named_entity(text + 1, len - 1, ret);
        return n > 0 ? n + 1 : 0;
}
