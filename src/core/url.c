/* SPDX-License-Identifier: GPL-3.0-or-later */

/* URLs in normal form. It reads a URL as a browser would (WHATWG URL standard) and then goes one
 * step further, since it wants to know which page is meant and not to fetch it: what does not
 * change the page is dropped. It deliberately knows no site; that is the catalogue's. Used by the
 * profile parsers, the index, and whoever is handed a URL by a browser. */

#include "core/url.h"

#include "common/array.h"
#include "common/buffer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <idn2.h>
#include <stdbool.h>
#include <strings.h>

enum {
        LABEL_MAX = 63, /* RFC 1035, section 2.3.4 */
        HOST_MAX = 253,
        UNWRAP_MAX = 4, /* view-source: and about:reader inside each other */
};

/* Parameters that say where a visitor came from and never which page is shown. Sorted; names from
 * the ClearURLs rules (https://github.com/ClearURLs/Rules, "globalRules" and the platforms'). */
static const char *const tracking_names[] = {
        "__hsfp",
        "__hssc",
        "__hstc",
        "__s",
        "__tn__",
        "__twitter_impression",
        "_branch_match_id",
        "_ga",
        "_gl",
        "_hsenc",
        "_openstat",
        "_rdr",
        "cmpid",
        "dclid",
        "echobox",
        "fb_ref",
        "fb_source",
        "fbclid",
        "gbraid",
        "gclid",
        "gclsrc",
        "gs_l",
        "hsctatracking",
        "idorvanity",
        "igsh",
        "igshid",
        "mc_cid",
        "mc_eid",
        "mc_tc",
        "mibextid",
        "mkt_tok",
        "ml_subscriber",
        "ml_subscriber_hash",
        "msclkid",
        "oly_anon_id",
        "oly_enc_id",
        "paipv",
        "rb_clickid",
        "rdid",
        "ref_src",
        "ref_url",
        "s_cid",
        "sfnsn",
        "share_id",
        "share_url",
        "spm",
        "srsltid",
        "ttclid",
        "twclid",
        "vero_conv",
        "vero_id",
        "wbraid",
        "wickedid",
        "wtrid",
        "wtsid",
        "xmt",
        "yclid",
};

static const char *const tracking_prefixes[] = {
        "utm_",
        "mtm_",
        "pk_",
        "hsa_",
        "itm_",
        "otm_",
        "ga_",
        "__cft__",
        "__xts__",
        "fb_action_",
};

static int compare_name(const void *key, const void *item) {
        return strcasecmp(key, *(const char *const *)item);
}

static bool is_tracking(const char *name) {
        for (size_t i = 0; i < ARRAY_LEN(tracking_prefixes); i++)
                if (strncasecmp(name, tracking_prefixes[i], strlen(tracking_prefixes[i])) == 0)
                        return true;
        return bsearch(name, tracking_names, ARRAY_LEN(tracking_names), sizeof(tracking_names[0]),
                compare_name);
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* Decodes `len` bytes into a new string. "%00" stays as it is, since no page's name holds a NUL;
 * so does a '%' without two hex digits, as in browsers. */
static char *percent_decode(const char *s, size_t len, bool plus_is_space) {
        char *out = malloc(len + 1), *p = out;

        if (!out)
                return NULL;
        for (size_t i = 0; i < len; i++) {
                int high = -1, low = -1;

                if (s[i] == '%' && len - i > 2) {
                        high = hex_digit(s[i + 1]);
                        low = hex_digit(s[i + 2]);
                }
                if (high >= 0 && low >= 0 && (high | low) != 0) {
                        *p++ = (char)(high << 4 | low);
                        i += 2;
                } else
                        *p++ = plus_is_space && s[i] == '+' ? ' ' : s[i];
        }
        *p = '\0';
        return out;
}

/* --- hosts ----------------------------------------------------------------------------------- */

static bool is_ascii(const char *s) {
        for (; *s; s++)
                if ((unsigned char)*s >= 0x80)
                        return false;
        return true;
}

static bool is_ip(const char *host) {
        struct in6_addr scratch;

        return inet_pton(AF_INET, host, &scratch) == 1 || inet_pton(AF_INET6, host, &scratch) == 1;
}

/* Letters, digits and hyphen in labels of 1 to 63 characters. `as_browser` lets through what no
 * registry sells, but name servers and browsers put up with: underscores, hyphens at a label's
 * end. */
static bool host_valid(const char *host, bool as_browser) {
        size_t label = 0;
        char last = '\0';

        if (strlen(host) > HOST_MAX)
                return false;
        for (const char *p = host;; last = *p++) {
                bool end = *p == '.' || *p == '\0';

                if (end && (label == 0 || label > LABEL_MAX))
                        return false;
                if (!as_browser && ((*p == '-' && label == 0) || (end && last == '-')))
                        return false;
                if (*p == '\0')
                        return true;
                if (!end && !strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *p) &&
                        !(as_browser && *p == '_'))
                        return false;
                label = end ? 0 : label + 1;
        }
}

static int host_to_ascii(const char *host, bool as_browser, char **ret) {
        _cleanup_free_ char *ascii = NULL;
        size_t len;

        if (is_ascii(host)) {
                ascii = strdup(host);
                if (!ascii)
                        return -ENOMEM;
                for (char *p = ascii; *p; p++)
                        if (*p >= 'A' && *p <= 'Z')
                                *p = (char)(*p - 'A' + 'a');
        } else {
                uint8_t *found = NULL;
                int r = idn2_lookup_u8(
                        (const uint8_t *)host, &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

                if (r == IDN2_MALLOC)
                        return -ENOMEM;
                if (r != IDN2_OK)
                        return -EINVAL;
                ascii = strdup((const char *)found);
                idn2_free(found);
                if (!ascii)
                        return -ENOMEM;
        }

        len = strlen(ascii);
        if (len > 0 && ascii[len - 1] == '.')
                ascii[len - 1] = '\0';
        if (!is_ip(ascii) && !host_valid(ascii, as_browser))
                return -EINVAL;
        *ret = TAKE_PTR(ascii);
        return 0;
}

int host_normalise(const char *host, char **ret) {
        return host_to_ascii(host, false, ret);
}

/* "[2001:DB8::0:1]", brackets included, becomes "2001:db8::1". */
static int host_from_brackets(const char *s, size_t len, char **ret) {
        char text[INET6_ADDRSTRLEN];
        struct in6_addr addr;

        if (len < 3 || s[len - 1] != ']' || len - 2 >= sizeof(text))
                return -EINVAL;
        memcpy(text, s + 1, len - 2);
        text[len - 2] = '\0';
        if (inet_pton(AF_INET6, text, &addr) != 1)
                return -EINVAL;
        if (!inet_ntop(AF_INET6, &addr, text, sizeof(text)))
                return -EINVAL;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

static int parse_host(const char *s, size_t len, char **ret) {
        _cleanup_free_ char *host = NULL;

        if (len > 0 && s[0] == '[')
                return host_from_brackets(s, len, ret);
        host = percent_decode(s, len, false);
        if (!host)
                return -ENOMEM;
        if (strchr(host, ':'))
                return -EINVAL; /* an address without its brackets */
        return host_to_ascii(host, true, ret);
}

/* --- parsing --------------------------------------------------------------------------------- */

/* A copy without the white space and control characters around it, and without the tabs and line
 * ends inside, which browsers remove before they look at a URL. */
static char *clean_copy(const char *text, size_t len) {
        char *copy, *p;

        while (len > 0 && (unsigned char)text[0] <= ' ')
                text++, len--;
        while (len > 0 && (unsigned char)text[len - 1] <= ' ')
                len--;
        copy = p = malloc(len + 1);
        if (!copy)
                return NULL;
        for (size_t i = 0; i < len; i++)
                if (text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
                        *p++ = text[i];
        *p = '\0';
        return copy;
}

static const char *skip_prefix(const char *s, const char *prefix) {
        size_t len = strlen(prefix);

        return strncasecmp(s, prefix, len) == 0 ? s + len : NULL;
}

/* Takes the browsers' own wrappings off: what is shown inside is the page. */
static int unwrap_browser(char **text) {
        for (int i = 0; i < UNWRAP_MAX; i++) {
                const char *plain = skip_prefix(*text, "view-source:");
                const char *coded = skip_prefix(*text, "about:reader?url=");
                char *inner;

                if (plain)
                        inner = clean_copy(plain, strlen(plain));
                else if (coded)
                        inner = percent_decode(coded, strcspn(coded, "&"), false);
                else
                        return 0;
                if (!inner)
                        return -ENOMEM;
                free(*text);
                *text = inner;
        }
        return 0;
}

/* How many characters of the text are a scheme; 0 when it has none. "example.org:8080" has a host
 * and a port there, which the dot tells apart from "tel:112". */
static size_t scheme_len(const char *s) {
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

        if (n == 0 || s[n] != ':')
                return 0;
        if (memchr(s, '.', n) && s[n + 1] >= '0' && s[n + 1] <= '9')
                return 0;
        return n;
}

static int parse_scheme(const char **p, Url *url, bool *ret_typed) {
        size_t n = scheme_len(*p);
        bool plain = n == 4 && strncasecmp(*p, "http", 4) == 0;
        bool secure = n == 5 && strncasecmp(*p, "https", 5) == 0;
        size_t slashes;

        if (n > 0 && !plain && !secure)
                return -EINVAL;
        if (n > 0)
                *p += n + 1;
        /* browsers take any number of slashes, in either direction, before the host */
        slashes = strspn(*p, "/\\");
        if (n == 0 && slashes == 1)
                return -EINVAL;
        *p += slashes;

        url->scheme = strdup(plain ? "http" : "https");
        if (!url->scheme)
                return -ENOMEM;
        *ret_typed = n == 0 && slashes == 0;
        return 0;
}

static int parse_port(const char *s, size_t len, Url *url) {
        unsigned long port = 0;

        for (size_t i = 0; i < len; i++) {
                if (s[i] < '0' || s[i] > '9')
                        return -EINVAL;
                port = port * 10 + (unsigned long)(s[i] - '0');
                if (port > UINT16_MAX)
                        return -EINVAL;
        }
        if (port != (streq(url->scheme, "https") ? 443UL : 80UL))
                url->port = (uint16_t)port;
        return 0;
}

/* Reads "user:pass@host:port" and moves on behind it. */
static int parse_authority(const char **p, bool typed, Url *url) {
        const char *s = *p, *end = s + strcspn(s, "/\\?#"), *at, *colon;
        int r;

        at = memrchr(s, '@', (size_t)(end - s));
        if (at && typed)
                return -EINVAL; /* an e-mail address */
        if (at)
                s = at + 1;
        colon = memrchr(s, ':', (size_t)(end - s));
        if (colon && memchr(colon, ']', (size_t)(end - colon)))
                colon = NULL;

        r = parse_host(s, (size_t)((colon ? colon : end) - s), &url->host);
        if (r < 0)
                return r;
        *p = end;
        return colon ? parse_port(colon + 1, (size_t)(end - colon - 1), url) : 0;
}

/* Adds a segment; NULL stands for an empty one, which ".." must still be able to remove. */
static int add_segment(Url *url, size_t *space, const char *s, size_t len) {
        _cleanup_free_ char *segment = NULL;

        if (len > 0) {
                segment = percent_decode(s, len, false);
                if (!segment)
                        return -ENOMEM;
                if (streq(segment, "."))
                        return 0;
                if (streq(segment, "..")) {
                        if (url->n_segments > 0)
                                free(url->segments[--url->n_segments]);
                        return 0;
                }
        }
        if (ARRAY_RESERVE(url->segments, *space, url->n_segments + 1) < 0)
                return -ENOMEM;
        url->segments[url->n_segments++] = TAKE_PTR(segment);
        return 0;
}

static int parse_path(const char **p, Url *url) {
        size_t space = 0, kept = 0;

        while (**p == '/' || **p == '\\') {
                const char *s = *p + 1;
                size_t len = strcspn(s, "/\\?#");
                int r = add_segment(url, &space, s, len);

                if (r < 0)
                        return r;
                *p = s + len;
        }
        for (size_t i = 0; i < url->n_segments; i++)
                if (url->segments[i])
                        url->segments[kept++] = url->segments[i];
        url->n_segments = kept;
        return kept > URL_SEGMENTS_MAX ? -E2BIG : 0;
}

static int add_param(Url *url, size_t *space, const char *s, size_t len) {
        const char *eq = memchr(s, '=', len);
        size_t name_len = eq ? (size_t)(eq - s) : len;
        _cleanup_free_ char *name = NULL, *value = NULL;

        name = percent_decode(s, name_len, true);
        if (!name)
                return -ENOMEM;
        if (is_tracking(name))
                return 0;
        value = eq ? percent_decode(eq + 1, len - name_len - 1, true) : strdup("");
        if (!value)
                return -ENOMEM;
        if (name[0] == '\0' && value[0] == '\0')
                return 0;
        if (url->n_params >= URL_PARAMS_MAX)
                return -E2BIG;
        if (ARRAY_RESERVE(url->params, *space, url->n_params + 1) < 0)
                return -ENOMEM;
        url->params[url->n_params++] = (UrlParam){TAKE_PTR(name), TAKE_PTR(value)};
        return 0;
}

static int parse_query(const char **p, Url *url) {
        size_t space = 0;

        if (**p != '?')
                return 0;
        do {
                const char *s = *p + 1;
                size_t len = strcspn(s, "&#");
                int r = add_param(url, &space, s, len);

                if (r < 0)
                        return r;
                *p = s + len;
        } while (**p == '&');
        return 0;
}

static int parse_fragment(const char *p, Url *url) {
        if (p[0] != '#' || p[1] == '\0')
                return 0;
        url->fragment = percent_decode(p + 1, strlen(p + 1), false);
        return url->fragment ? 0 : -ENOMEM;
}

int url_parse(const char *text, Url **ret) {
        _cleanup_(url_freep) Url *url = NULL;
        _cleanup_free_ char *copy = NULL;
        size_t len = strnlen(text, URL_LEN_MAX + 1);
        const char *p;
        bool typed;
        int r;

        if (len > URL_LEN_MAX)
                return -E2BIG;
        copy = clean_copy(text, len);
        url = calloc(1, sizeof(*url));
        if (!copy || !url)
                return -ENOMEM;
        r = unwrap_browser(&copy);
        if (r < 0)
                return r;

        p = copy;
        r = parse_scheme(&p, url, &typed);
        if (r == 0)
                r = parse_authority(&p, typed, url);
        if (r == 0)
                r = parse_path(&p, url);
        if (r == 0)
                r = parse_query(&p, url);
        if (r == 0)
                r = parse_fragment(p, url);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(url);
        return 0;
}

Url *url_free(Url *url) {
        if (!url)
                return NULL;
        for (size_t i = 0; i < url->n_segments; i++)
                free(url->segments[i]);
        for (size_t i = 0; i < url->n_params; i++) {
                free(url->params[i].name);
                free(url->params[i].value);
        }
        free(url->segments);
        free(url->params);
        free(url->scheme);
        free(url->host);
        free(url->fragment);
        free(url);
        return NULL;
}

/* --- formatting ------------------------------------------------------------------------------ */

/* What may stand unencoded beside letters and digits: RFC 3986, section 3.3 to 3.5, less what
 * would be read as a separator. */
static const char plain_in_path[] = "-._~!$'()*,;:@&=+";
static const char plain_in_name[] = "-._~!$'()*,;:@/?";
static const char plain_in_value[] = "-._~!$'()*,;:@/?=";
static const char plain_in_fragment[] = "-._~!$'()*,;:@/?&=+";

static void percent_encode(Buffer *b, const char *s, const char *plain) {
        for (; *s; s++) {
                bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
                bool digit = *s >= '0' && *s <= '9';

                if (letter || digit || strchr(plain, *s))
                        (void)buffer_putc(b, *s);
                else
                        (void)buffer_printf(b, "%%%02X", (unsigned char)*s);
        }
}

char *url_format(const Url *url) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)buffer_printf(
                &b, strchr(url->host, ':') ? "%s://[%s]" : "%s://%s", url->scheme, url->host);
        if (url->port != 0)
                (void)buffer_printf(&b, ":%u", (unsigned)url->port);
        if (url->n_segments == 0)
                (void)buffer_putc(&b, '/');
        for (size_t i = 0; i < url->n_segments; i++) {
                (void)buffer_putc(&b, '/');
                percent_encode(&b, url->segments[i], plain_in_path);
        }
        for (size_t i = 0; i < url->n_params; i++) {
                const UrlParam *param = &url->params[i];

                (void)buffer_putc(&b, i == 0 ? '?' : '&');
                percent_encode(&b, param->name, plain_in_name);
                if (param->value[0] != '\0') {
                        (void)buffer_putc(&b, '=');
                        percent_encode(&b, param->value, plain_in_value);
                }
        }
        if (url->fragment) {
                (void)buffer_putc(&b, '#');
                percent_encode(&b, url->fragment, plain_in_fragment);
        }
        return buffer_take(&b);
}

const char *url_param(const Url *url, const char *name) {
        for (size_t i = 0; i < url->n_params; i++)
                if (streq(url->params[i].name, name))
                        return url->params[i].value;
        return NULL;
}
