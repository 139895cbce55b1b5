/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON read in place: finds members in a text without building a tree, so that qga-plugind needs
 * no JSON library and can echo a value with the very bytes it came with. Accepts QEMU's dialect:
 * RFC 8259 plus single-quoted strings and the escape \'. All functions check what they walk over.
 */
#pragma once

#include <glib.h>

typedef struct {
    const char *at; /* not terminated; belongs to whoever made the text */
    gsize length;
} GnfText;

/* One whole value, nothing but white space around it, valid UTF-8, at most 1024 deep. */
gboolean gnf_json_is_valid(GnfText text);

gboolean gnf_json_is_object(GnfText text);

/* The value of the member `name`; FALSE if the text is not a valid object or does not have exactly
 * one such member (QEMU refuses duplicates). */
gboolean gnf_json_member(GnfText object, const char *name, GnfText *ret_value);

/* Walks an array: *position starts as 0. FALSE after the last element or when it is no array. */
gboolean gnf_json_element(GnfText array, gsize *position, GnfText *ret_value);

/* The decoded string, or NULL if the value is not a string that C can hold. */
char *gnf_json_string(GnfText value);

gboolean gnf_json_integer(GnfText value, gint64 *ret_number);

/* The value as plain RFC 8259 on one line, white space between tokens dropped. The value must be
 * valid. */
char *gnf_json_line(GnfText value);
