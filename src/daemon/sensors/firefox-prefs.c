/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The parser of Firefox's preference files, which are foreign bytes. The grammar is that of
 * modules/libpref/parser/src/lib.rs in the Firefox source: calls of pref(), user_pref() and
 * sticky_pref() with a name, a value and perhaps attributes; three kinds of comments; no other
 * JavaScript. It opens no file and knows no preference. Used by firefox-settings.c. */

#include "daemon/sensors/firefox-prefs.h"

#include "common/buffer.h"

#include <errno.h>
#include <utf8proc.h>

typedef enum TokenKind {
        TOKEN_END,
        TOKEN_SIGN, /* one character: "(", ")", ",", ";" */
        TOKEN_WORD, /* pref, true, locked */
        TOKEN_NUMBER,
        TOKEN_STRING,
        TOKEN_BAD,
} TokenKind;

typedef struct Token {
        TokenKind kind;
        char sign;
        const char *word; /* in the text that is parsed */
        size_t word_len;
        int32_t number;
} Token;

typedef struct Parser {
        const char *at, *end;
        Token token;
        Buffer string; /* of a TOKEN_STRING */
        Buffer name;   /* of the preference that is being read */
        int error;     /* -ENOMEM */
} Parser;

static bool in(const char *set, char c) {
        return c != '\0' && strchr(set, c);
}

static bool is_word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* --- tokens ---------------------------------------------------------------------------------- */

static void skip_line(Parser *p) {
        while (p->at < p->end && !in("\r\n", *p->at))
                p->at++;
}

/* One that never ends takes the rest of the file. */
static void skip_block(Parser *p) {
        const char *close = memmem(p->at, (size_t)(p->end - p->at), "*/", 2);

        p->at = close ? close + 2 : p->end;
}

static void skip_space(Parser *p) {
        while (p->at < p->end) {
                size_t left = (size_t)(p->end - p->at);

                if (in(" \t\v\f\r\n", *p->at))
                        p->at++;
                else if (*p->at == '#' || (left > 1 && memcmp(p->at, "//", 2) == 0))
                        skip_line(p);
                else if (left > 1 && memcmp(p->at, "/*", 2) == 0) {
                        p->at += 2;
                        skip_block(p);
                } else
                        return;
        }
}

/* Reads `n` hexadecimal digits. Returns their value or -1. */
static int32_t read_hex(Parser *p, int n) {
        static const char digits[] = "0123456789abcdef";
        int32_t value = 0;

        for (int i = 0; i < n; i++, p->at++) {
                char lower = (char)(p->at < p->end ? *p->at | 0x20 : '\0');
                const char *digit = lower > 0x20 ? strchr(digits, lower) : NULL;

                /* the bit also makes digits of control characters */
                if (!digit || (lower <= '9' && *p->at != lower))
                        return -1;
                value = value * 16 + (int32_t)(digit - digits);
        }
        return value;
}

/* "\uD83C\uDF31" is one character of two halves. Returns it, or -1 for a half alone. */
static int32_t read_utf16(Parser *p) {
        int32_t high = read_hex(p, 4), low;

        if (high < 0xd800 || high > 0xdfff)
                return high;
        if (high > 0xdbff || p->end - p->at < 2 || p->at[0] != '\\' || p->at[1] != 'u')
                return -1;
        p->at += 2;
        low = read_hex(p, 4);
        return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((high - 0xd800) << 10) + low - 0xdc00;
}

/* What stands behind a backslash. Returns the character, or -1 when there is no such escape; none
 * of them may be NUL. */
static int32_t read_escape(Parser *p) {
        int32_t code;
        char c;

        if (p->at == p->end)
                return -1;
        c = *p->at++;
        switch (c) {
        case '"':
        case '\'':
        case '\\': return c;
        case 'n': return '\n';
        case 'r': return '\r';
        case 'x': code = read_hex(p, 2); break;
        case 'u': code = read_utf16(p); break;
        default: return -1;
        }
        return code > 0 ? code : -1;
}

/* Reads up to the closing quote, over errors too: what follows is outside of the string. */
static TokenKind read_string(Parser *p, char quote) {
        TokenKind kind = TOKEN_STRING;

        buffer_cut(&p->string, 0);
        while (p->at < p->end && *p->at != quote) {
                unsigned char bytes[4];
                int32_t code;

                if (*p->at != '\\') {
                        kind = *p->at == '\0' ? TOKEN_BAD : kind;
                        (void)buffer_putc(&p->string, *p->at++);
                        continue;
                }
                p->at++;
                code = read_escape(p);
                if (code < 0)
                        kind = TOKEN_BAD;
                else
                        (void)buffer_add(
                                &p->string, bytes, (size_t)utf8proc_encode_char(code, bytes));
        }
        if (p->at == p->end)
                return TOKEN_BAD;
        p->at++;
        (void)buffer_puts(&p->string, ""); /* that there is a text, also when it is empty */
        p->error = p->string.error;
        return kind;
}

/* At most nine digits and their sign, or ten that fit. */
static TokenKind read_number(Parser *p) {
        bool minus = *p->at == '-';
        int64_t value = 0;

        p->at += !is_digit(*p->at);
        if (p->at == p->end || !is_digit(*p->at))
                return TOKEN_BAD;
        for (; p->at < p->end && is_digit(*p->at); p->at++)
                value = MIN(value * 10 + (*p->at - '0'), (int64_t)INT32_MAX + 2);
        value = minus ? -value : value;
        if (value > INT32_MAX || value < INT32_MIN)
                return TOKEN_BAD;
        p->token.number = (int32_t)value;
        return TOKEN_NUMBER;
}

static TokenKind read_word(Parser *p) {
        p->token.word = p->at;
        while (p->at < p->end && is_word(*p->at))
                p->at++;
        p->token.word_len = (size_t)(p->at - p->token.word);
        return TOKEN_WORD;
}

static void next_token(Parser *p) {
        p->token = (Token){.kind = TOKEN_END};
        skip_space(p);
        if (p->at == p->end)
                return;
        if (is_word(*p->at))
                p->token.kind = read_word(p);
        else if (is_digit(*p->at) || in("+-", *p->at))
                p->token.kind = read_number(p);
        else if (in("\"'", *p->at)) {
                char quote = *p->at++;

                p->token.kind = read_string(p, quote);
        } else {
                p->token.kind = in("(),;", *p->at) ? TOKEN_SIGN : TOKEN_BAD;
                p->token.sign = *p->at++;
        }
}

/* --- preferences ----------------------------------------------------------------------------- */

static bool is_sign(const Parser *p, char sign) {
        return p->token.kind == TOKEN_SIGN && p->token.sign == sign;
}

static bool word_in(const Parser *p, const char *const *words, size_t n) {
        for (size_t i = 0; i < n && p->token.kind == TOKEN_WORD; i++)
                if (strlen(words[i]) == p->token.word_len &&
                        memcmp(words[i], p->token.word, p->token.word_len) == 0)
                        return true;
        return false;
}

/* Goes on to the next token and says whether it is this sign. */
static bool take_sign(Parser *p, char sign) {
        next_token(p);
        return is_sign(p, sign);
}

static bool take_name(Parser *p) {
        next_token(p);
        if (p->token.kind != TOKEN_STRING)
                return false;
        buffer_cut(&p->name, 0);
        p->error = buffer_puts(&p->name, p->string.data ? p->string.data : "");
        return p->error == 0 && p->name.len > 0;
}

static bool take_value(Parser *p, FirefoxPref *ret) {
        static const char *const bools[] = {"true", "false"};

        next_token(p);
        if (p->token.kind == TOKEN_NUMBER)
                *ret = (FirefoxPref){.type = FIREFOX_PREF_INT, .number = p->token.number};
        else if (p->token.kind == TOKEN_STRING)
                *ret = (FirefoxPref){.type = FIREFOX_PREF_STRING, .text = p->string.data};
        else if (word_in(p, bools, ARRAY_LEN(bools)))
                *ret = (FirefoxPref){.type = FIREFOX_PREF_BOOL, .number = p->token.word[0] == 't'};
        else
                return false;
        ret->name = p->name.data;
        return true;
}

/* What stands between the value and the end: ", locked);" */
static bool take_rest(Parser *p) {
        static const char *const attributes[] = {"sticky", "locked"};

        next_token(p);
        while (is_sign(p, ',')) {
                next_token(p);
                if (!word_in(p, attributes, ARRAY_LEN(attributes)))
                        return false;
                next_token(p);
        }
        return is_sign(p, ')') && take_sign(p, ';');
}

/* The current token begins it. */
static bool take_pref(Parser *p, FirefoxPref *ret) {
        static const char *const calls[] = {"pref", "user_pref", "sticky_pref"};

        return word_in(p, calls, ARRAY_LEN(calls)) && take_sign(p, '(') && take_name(p) &&
               take_sign(p, ',') && take_value(p, ret) && take_rest(p);
}

int firefox_prefs_parse(const char *text, size_t len, firefox_prefs_func func, void *userdata) {
        Parser p = {.at = text, .end = text + len};
        int r = 0;

        next_token(&p);
        while (p.token.kind != TOKEN_END && r >= 0) {
                FirefoxPref pref;

                if (take_pref(&p, &pref))
                        r = func(userdata, &pref);
                while (p.token.kind != TOKEN_END && !is_sign(&p, ';'))
                        next_token(&p);
                next_token(&p);
                r = r < 0 ? r : p.error;
        }
        buffer_done(&p.string);
        buffer_done(&p.name);
        return MIN(r, 0);
}
