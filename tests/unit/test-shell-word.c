/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tests of ifcfg-backend/shell-word.c: what each line assigns, or why it is refused; and that the
 * next statement begins where the shell would begin it.
 */
#include "ifcfg-backend/shell-word.h"

#include <string.h>

/* value NULL: refused, and why begins with this. */
typedef struct {
    const char *name;
    const char *text;
    const char *value;
    const char *why;
} Line;

static const Line lines[] = {
    {"plain", "X=eth0", "eth0"},
    {"empty", "X=", ""},
    {"empty-quotes", "X=''\"\"", ""},
    {"blanks-before", " \t X=a", "a"},
    {"blanks-behind", "X=a \t ", "a"},
    {"comment", "X=a # b", "a"},
    {"comment-at-once", "X=a#b", "a#b"},
    {"comment-for-a-value", "X= # b", ""},
    {"semicolon", "X=a;", "a"},
    {"semicolon-comment", "X=a ; # b", "a"},
    {"semicolon-comment-at-once", "X=a;#b", "a"},
    {"semicolon-and-more", "X=a;b", NULL, "something follows"},
    {"two-semicolons", "X=a;;", NULL, "something follows"},
    {"second-word", "X=a b", NULL, "something follows"},
    {"blank-before-equals", "X =a", NULL, "not NAME=VALUE"},
    {"blank-behind-equals", "X= a", NULL, "something follows"},
    {"digit-first", "1X=a", NULL, "not NAME=VALUE"},
    {"append", "X+=a", NULL, "not NAME=VALUE"},
    {"element", "X[1]=a", NULL, "not NAME=VALUE"},
    {"export", "export X=a", NULL, "not NAME=VALUE"},
    {"single", "X='a \"b\" $c \\ `d`'", "a \"b\" $c \\ `d`"},
    {"single-open", "X='a", NULL, "a quote is not closed"},
    {"double", "X=\"a 'b' # ; c\"", "a 'b' # ; c"},
    {"double-escapes", "X=\"\\$a \\`b\\` \\\"c\\\" \\\\ \\d\"", "$a `b` \"c\" \\ \\d"},
    {"double-open", "X=\"a", NULL, "a quote is not closed"},
    {"double-open-escaped", "X=\"a\\\"", NULL, "a quote is not closed"},
    {"double-backslash-at-the-end", "X=\"a\\", NULL, "a quote is not closed"},
    {"double-ansi-is-none", "X=\"$'a'\"", "$'a'"},
    {"joined", "X=a'b'\"c\"$'d'\\e", "abcde"},
    {"backslash", "X=\\a\\ \\\"\\$\\#", "a \"$#"},
    {"backslash-at-the-end", "X=a\\", NULL, "the value goes on"},
    {"ansi", "X=$'\\a\\b\\e\\f\\n\\r\\t\\v\\\\\\'\\\"\\?'", "\a\b\033\f\n\r\t\v\\'\"?"},
    {"ansi-hex", "X=$'\\x41\\x4a1'", "AJ1"},
    {"ansi-octal", "X=$'\\101\\60\\0601'", "A001"},
    {"ansi-unicode", "X=$'\\u00e4\\U0001F600'", "ä😀"},
    {"ansi-no-character", "X=$'\\ud800'", "\xef\xbf\xbd"},
    {"ansi-unknown", "X=$'\\q\\cA'", "\\q\\cA"},
    {"ansi-zero", "X=$'\\0'", NULL, "a zero byte"},
    {"ansi-zero-cut", "X=$'\\400'", NULL, "a zero byte"},
    {"ansi-open", "X=$'a", NULL, "a quote is not closed"},
    {"ansi-open-escaped", "X=$'a\\'", NULL, "a quote is not closed"},
    {"ansi-backslash-at-the-end", "X=$'a\\", NULL, "a quote is not closed"},
    {"dollar", "X=a$", "a$"},
    {"dollar-at-the-end-of-double", "X=\"a$ b$\"", "a$ b$"},
    {"dollar-in-double", "X=\"5$ a\"", "5$ a"},
    {"variable", "X=$A", NULL, "a variable"},
    {"variable-braces", "X=${A}", NULL, "a variable"},
    {"variable-double", "X=\"a$A\"", NULL, "a variable"},
    {"variable-number", "X=$1", NULL, "a variable"},
    {"variable-special", "X=$?", NULL, "a variable"},
    {"translated", "X=$\"a\"", NULL, "a variable"},
    {"command", "X=$(a)", NULL, "a command"},
    {"command-double", "X=\"$(a)\"", NULL, "a command"},
    {"backticks", "X=`a`", NULL, "a command"},
    {"backticks-double", "X=\"`a`\"", NULL, "a command"},
    {"pipe", "X=a|b", NULL, "an operator"},
    {"background", "X=a&", NULL, "an operator"},
    {"redirection", "X=a>b", NULL, "an operator"},
    {"list", "X=(a)", NULL, "an operator"},
    {"home", "X=~/a", NULL, "~ would"},
    {"home-behind-colon", "X=a:~", NULL, "~ would"},
    {"tilde-inside", "X=a~b", "a~b"},
    {"tilde-quoted", "X='~'\\~", "~~"},
    {"wildcards", "X=*?[a]{b,c}", "*?[a]{b,c}"},
    {"equals", "X=a=b", "a=b"},
    {"high-bytes", "X=\xff\xc3\xa4", "\xff\xc3\xa4"},
};

static void
test_line(gconstpointer data)
{
    const Line *line = data;
    GnfShellCursor cursor = {line->text, 1};
    GnfShellStatement statement;

    g_assert_true(gnf_shell_next(&cursor, &statement));
    g_assert_cmpstr(statement.value, ==, line->value);
    if (line->why)
        g_assert_true(g_str_has_prefix(statement.why, line->why));
    else
        g_assert_cmpstr(statement.name, ==, "X");
    g_assert_cmpuint(statement.line, ==, 1);
    gnf_shell_statement_clear(&statement);
    g_assert_false(gnf_shell_next(&cursor, &statement));
}

/* The same line, followed by another: that one is read, whatever the first one was. */
static void
test_next_line(gconstpointer data)
{
    const Line *line = data;
    g_autofree char *text = g_strconcat("# first\n", line->text, "\n\nY=last\n", NULL);
    GnfShellCursor cursor = {text, 1};
    GnfShellStatement first;
    GnfShellStatement second;
    gboolean joined = line->why && (strstr(line->why, "quote") || strstr(line->why, "goes on"));

    g_assert_true(gnf_shell_next(&cursor, &first));
    g_assert_cmpuint(first.line, ==, 2);
    gnf_shell_statement_clear(&first);
    if (joined)
        return;
    g_assert_true(gnf_shell_next(&cursor, &second));
    g_assert_cmpstr(second.name, ==, "Y");
    g_assert_cmpstr(second.value, ==, "last");
    g_assert_cmpuint(second.line, ==, 4);
    gnf_shell_statement_clear(&second);
}

/* A text, the lines in which statements begin, and what is assigned. */
typedef struct {
    const char *name;
    const char *text;
    const char *statements; /* "LINE:NAME=VALUE" or "LINE:NAME?" */
} Text;

static const Text texts[] = {
    {"nothing", "", ""},
    {"comments", "# a\n\n \t# b\n#", ""},
    {"continued", "X=a\\\nY=b\nZ=c", "1:X? 3:Z=c"},
    {"continued-name", "X\\\n=a\nZ=c", "1:? 3:Z=c"},
    {"single-over-lines", "X='a\nY=b\n'\nZ=c", "1:X? 4:Z=c"},
    {"double-over-lines", "X=\"a\nY='b\n\\\"\"\nZ=c", "1:X? 4:Z=c"},
    {"ansi-over-lines", "X=$'a\n\\'Y=b\n'\nZ=c", "1:X? 4:Z=c"},
    {"quote-never-closed", "X=a\nY='b\nZ=c\n", "1:X=a 2:Y?"},
    {"quote-in-comment", "X=a b # don't\nZ=c", "1:X? 2:Z=c"},
    {"quote-in-command", "echo \"a\nX=b\"\nZ=c", "1:? 3:Z=c"},
    {"number-sign-in-command", "echo a#'b\nX=b'\nZ=c", "1:? 3:Z=c"},
    {"function", "X=a\nf() {\nY=b\n}\nZ=c", "1:X=a 2:?"},
    {"if", "X=a\nif true\nthen\nY=b\nfi\nZ=c", "1:X=a 2:?"},
    {"if-is-a-variable", "if=a\nZ=c", "1:if=a 2:Z=c"},
    {"word-that-begins-with-if", "iface eth0\nZ=c", "1:? 2:Z=c"},
    {"braces", "{ X=a\n}\nZ=c", "1:?"},
    {"document", "cat <<E\nX=a\nE\nZ=c", "1:?"},
    {"subshell", "(X=a)\nZ=c", "1:?"},
    {"return", "X=a\nreturn\nZ=c", "1:X=a 2:?"},
};

static void
test_text(gconstpointer data)
{
    const Text *text = data;
    g_autoptr(GString) found = g_string_new(NULL);
    GnfShellCursor cursor = {text->text, 1};
    GnfShellStatement statement;

    while (gnf_shell_next(&cursor, &statement)) {
        g_string_append_printf(found,
                               "%s%u:%s%s%s",
                               found->len ? " " : "",
                               statement.line,
                               statement.name ? statement.name : "",
                               statement.value ? "=" : "?",
                               statement.value ? statement.value : "");
        gnf_shell_statement_clear(&statement);
    }
    g_assert_cmpstr(found->str, ==, text->statements);
    g_assert_cmpstr(cursor.next, ==, "");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *alone = g_strconcat("/shell-word/line/", lines[i].name, NULL);
        g_autofree char *followed = g_strconcat("/shell-word/next-line/", lines[i].name, NULL);

        g_test_add_data_func(alone, &lines[i], test_line);
        g_test_add_data_func(followed, &lines[i], test_next_line);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = g_strconcat("/shell-word/text/", texts[i].name, NULL);

        g_test_add_data_func(path, &texts[i], test_text);
    }
    return g_test_run();
}
