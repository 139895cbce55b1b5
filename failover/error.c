/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's error domain; see error.h. Non-logging.
 */
#include "failover/error.h"

/* clang-format off: it would rewrite the quark's name into an expression */
G_DEFINE_QUARK(gnf_error, gnf_error)
/* clang-format on */

GnfReasonCode
gnf_error_reason(const GError *error)
{
    g_return_val_if_fail(error != NULL, GNF_REASON_CODE_INTERNAL);

    if (error->domain == GNF_ERROR)
        return (GnfReasonCode)error->code;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
        g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
        return GNF_REASON_CODE_TIMEOUT;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
        return GNF_REASON_CODE_INVALID_ARGUMENT;
    return GNF_REASON_CODE_INTERNAL;
}

void
gnf_error_wrap(GError **error, GnfReasonCode code, const char *format, ...)
{
    g_return_if_fail(error != NULL && *error != NULL);

    va_list arguments;
    va_start(arguments, format);
    g_autofree char *prefix = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    if ((*error)->domain == G_IO_ERROR && (*error)->code == G_IO_ERROR_CANCELLED) {
        g_prefix_error(error, "%s: ", prefix);
        return;
    }
    g_autoptr(GError) old = g_steal_pointer(error);
    if (old->domain == GNF_ERROR)
        code = (GnfReasonCode)old->code;
    *error = g_error_new(GNF_ERROR, (int)code, "%s: %s", prefix, old->message);
}

GError *
gnf_reason(GnfReasonCode code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    GError *reason = g_error_new_valist(GNF_ERROR, (int)code, format, arguments);
    va_end(arguments);
    return reason;
}

GError *
gnf_reason_from_error(const GError *error)
{
    return g_error_new_literal(GNF_ERROR, (int)gnf_error_reason(error), error->message);
}
