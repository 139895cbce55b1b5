/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Statements of the shell; see shell-word.h. A statement is read as an assignment; where that does
 * not work out, it is skipped from its beginning, by the rules that find its end.
 */
#include "ifcfg-backend/shell-word.h"

#include <string.h>

#define WHY_CODE "shell programming; this and the rest of the file is not read"
#define WHY_COMMAND "not NAME=VALUE, and nothing is executed"
#define WHY_EXECUTE "a command would have to be executed"
#define WHY_EXPAND "a variable would have to be expanded"
#define WHY_FOLLOWS "something follows the value"
#define WHY_HOME "~ would have to be expanded"
#define WHY_LINES "the value goes on in the next line"
#define WHY_OPERATOR "an operator of the shell"
#define WHY_QUOTE "a quote is not closed"
#define WHY_ZERO "a zero byte"

/* Reserved words that begin what is more than a line, and builtins that end a file. */
static const char *const code_words[] = {
    "if",
    "for",
    "while",
    "until",
    "case",
    "select",
    "function",
    "{",
    "exit",
    "return",
    NULL,
};

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static gboolean
is_name_character(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static gboolean
ends_statement(char c)
{
    return c == '\0' || c == '\n';
}

/* What a dollar before next stands for that is not itself; NULL: for itself. */
static const char *
judge_dollar(const char *next)
{
    if (*next == '(')
        return WHY_EXECUTE;
    if (is_name_character(*next) || (*next && strchr("{[@*#?-$!", *next)))
        return WHY_EXPAND;
    return NULL;
}

/* Each take_…() reads what stands at *next, moves it behind that, and appends what it means;
 * returns why it was refused, or NULL. */

static const char *
take_single_quoted(const char **next, GString *value)
{
    const char *end = *next + 1 + strcspn(*next + 1, "'\n");

    if (*end != '\'')
        return *end ? WHY_LINES : WHY_QUOTE;
    g_string_append_len(value, *next + 1, end - *next - 1);
    *next = end + 1;
    return NULL;
}

static const char *
take_double_quoted(const char **next, GString *value)
{
    const char *at = *next + 1;

    for (; *at != '"'; at++) {
        const char *why = *at == '$' ? judge_dollar(at + 1) : NULL;

        if (*at == '`')
            why = WHY_EXECUTE;
        if (ends_statement(*at))
            why = *at ? WHY_LINES : WHY_QUOTE;
        if (*at == '\\' && at[1] == '\n')
            why = WHY_LINES;
        if (why)
            return why;
        /* Before anything else a backslash is itself. */
        if (*at == '\\' && at[1] && strchr("$`\"\\", at[1]))
            at++;
        g_string_append_c(value, *at);
    }
    *next = at + 1;
    return NULL;
}

/* Up to most digits of a number to the base 8 or 16; moves *next behind them. */
static guint32
take_number(const char **next, int base, int most)
{
    guint32 number = 0;

    for (; most > 0 && g_ascii_isxdigit(**next); most--, (*next)++) {
        int digit = g_ascii_xdigit_value(**next);

        if (digit >= base)
            break;
        number = number * base + digit;
    }
    return number;
}

/* \x41, \101, \u0041, \U00000041; *next is behind the backslash. */
static const char *
take_number_escape(const char **next, GString *value)
{
    char letter = **next;
    gboolean unicode = letter == 'u' || letter == 'U';
    guint32 number = 0;

    *next += !g_ascii_isdigit(letter);
    if (unicode)
        number = take_number(next, 16, letter == 'u' ? 4 : 8);
    else
        number = letter == 'x' ? take_number(next, 16, 2) : take_number(next, 8, 3);
    /* Only the last byte of an octal number counts. */
    if (!(unicode ? number : number & 0xff))
        return WHY_ZERO;
    if (unicode)
        g_string_append_unichar(value, g_unichar_validate(number) ? number : 0xfffd);
    else
        g_string_append_c(value, (char)number);
    return NULL;
}

static const char *
take_escape(const char **next, GString *value)
{
    static const char letters[] = "abeEfnrtv\\'\"?";
    static const char meanings[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
    char letter = **next;
    const char *found = strchr(letters, letter);

    if (ends_statement(letter))
        return letter ? WHY_LINES : WHY_QUOTE;
    if (strchr("uUx01234567", letter))
        return take_number_escape(next, value);
    if (found) {
        g_string_append_c(value, meanings[found - letters]);
    } else {
        /* Control characters (\cX) are not for configuration. */
        g_string_append_c(value, '\\');
        g_string_append_c(value, letter);
    }
    (*next)++;
    return NULL;
}

static const char *
take_ansi_quoted(const char **next, GString *value)
{
    const char *at = *next + 2;

    while (*at != '\'') {
        const char *why = NULL;

        if (ends_statement(*at))
            return *at ? WHY_LINES : WHY_QUOTE;
        if (*at == '\\') {
            at++;
            why = take_escape(&at, value);
        } else {
            g_string_append_c(value, *at++);
        }
        if (why)
            return why;
    }
    *next = at + 1;
    return NULL;
}

static const char *
take_dollar(const char **next, GString *value)
{
    const char *why = judge_dollar(*next + 1);

    if ((*next)[1] == '\'')
        return take_ansi_quoted(next, value);
    /* $"…" is translated. */
    if ((*next)[1] == '"')
        return WHY_EXPAND;
    if (why)
        return why;
    g_string_append_c(value, *(*next)++);
    return NULL;
}

static const char *
take_plain(const char **next, GString *value, gboolean first)
{
    char c = **next;

    if (c == '`')
        return WHY_EXECUTE;
    if (strchr("|&()<>", c))
        return WHY_OPERATOR;
    /* In an assignment at the beginning, and behind each colon. */
    if (c == '~' && (first || (*next)[-1] == ':'))
        return WHY_HOME;
    if (c == '\\') {
        (*next)++;
        if (ends_statement(**next))
            return WHY_LINES;
    }
    g_string_append_c(value, *(*next)++);
    return NULL;
}

/* A word: plain and quoted parts, up to a blank. */
static const char *
take_word(const char **next, GString *value)
{
    const char *begin = *next;
    const char *why = NULL;

    while (!why && !ends_statement(**next) && !is_blank(**next) && **next != ';') {
        if (**next == '\'')
            why = take_single_quoted(next, value);
        else if (**next == '"')
            why = take_double_quoted(next, value);
        else if (**next == '$')
            why = take_dollar(next, value);
        else
            why = take_plain(next, value, *next == begin);
    }
    return why;
}

/* What may stand behind a value: one semicolon, a comment. */
static const char *
take_rest(const char **next)
{
    const char *at = *next;

    at += strspn(at, " \t");
    if (*at == ';') {
        at++;
        at += strspn(at, " \t");
    } else if (at == *next && !ends_statement(*at)) {
        return WHY_FOLLOWS;
    }
    if (*at == '#')
        at += strcspn(at, "\n");
    if (!ends_statement(*at))
        return WHY_FOLLOWS;
    *next = at;
    return NULL;
}

static gboolean
begins_code(const char *text)
{
    gsize length = strcspn(text, " \t\n;(");

    if (text[length] == '(')
        return TRUE;
    for (guint i = 0; code_words[i]; i++) {
        if (strlen(code_words[i]) == length && strncmp(text, code_words[i], length) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Reads NAME=VALUE at *next; fills in the name as soon as it is known. */
static const char *
take_assignment(const char **next, GnfShellStatement *statement)
{
    const char *at = *next;
    g_autoptr(GString) value = g_string_new(NULL);
    const char *why = NULL;

    while (is_name_character(*at))
        at++;
    if (at == *next || g_ascii_isdigit(**next) || *at != '=')
        return begins_code(*next) ? WHY_CODE : WHY_COMMAND;
    statement->name = g_strndup(*next, at - *next);
    *next = at + 1;
    why = take_word(next, value);
    if (!why)
        why = take_rest(next);
    if (!why)
        statement->value = g_strdup(value->str);
    return why;
}

/* Behind the quote that is at at, or the end of the text. */
static const char *
skip_quoted(const char *at, gboolean backslashes)
{
    char quote = *at++;

    while (*at && *at != quote) {
        if (backslashes && *at == '\\' && at[1])
            at++;
        at++;
    }
    return *at ? at + 1 : at;
}

/* The end of the statement at at: the first line end that is neither quoted nor escaped. */
static const char *
skip_statement(const char *at)
{
    gboolean word_begins = TRUE;

    while (!ends_statement(*at)) {
        gboolean ansi = *at == '$' && at[1] == '\'';

        if (*at == '#' && word_begins)
            return at + strcspn(at, "\n");
        word_begins = is_blank(*at) || strchr(";|&()<>", *at);
        if (*at == '\'' || *at == '"' || ansi)
            at = skip_quoted(at + ansi, ansi || *at == '"');
        else
            at += *at == '\\' && at[1] ? 2 : 1;
    }
    return at;
}

/* A document in the file ("<<") is no assignments either. */
static gboolean
has_document(const char *begin, const char *end)
{
    return g_strstr_len(begin, end - begin, "<<") != NULL;
}

static void
skip_blank(GnfShellCursor *cursor)
{
    for (;;) {
        cursor->next += strspn(cursor->next, " \t");
        if (*cursor->next == '#')
            cursor->next += strcspn(cursor->next, "\n");
        if (*cursor->next != '\n')
            return;
        cursor->next++;
        cursor->line++;
    }
}

gboolean
gnf_shell_next(GnfShellCursor *cursor, GnfShellStatement *ret_statement)
{
    GnfShellStatement statement = {0};

    skip_blank(cursor);
    if (!*cursor->next)
        return FALSE;
    statement.begin = cursor->next;
    statement.line = cursor->line;
    statement.why = take_assignment(&cursor->next, &statement);
    if (statement.why) {
        cursor->next = skip_statement(statement.begin);
        if (has_document(statement.begin, cursor->next))
            statement.why = WHY_CODE;
        if (g_str_equal(statement.why, WHY_CODE))
            cursor->next = statement.begin + strlen(statement.begin);
    }
    statement.end = cursor->next;
    for (const char *at = statement.begin; at < statement.end; at++)
        cursor->line += *at == '\n';
    *ret_statement = statement;
    return TRUE;
}

void
gnf_shell_statement_clear(GnfShellStatement *statement)
{
    g_clear_pointer(&statement->name, g_free);
    g_clear_pointer(&statement->value, g_free);
}
