/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plugin registry: see registry.h. One hash table, command name to GnfPluginCommand.
 */
#include "qga-plugin/registry.h"

#define GROUP "Plugin"
#define DEFAULT_TIMEOUT_SEC 60

struct GnfRegistry {
    GHashTable *commands;
};

static void
plugin_command_free(gpointer data)
{
    GnfPluginCommand *command = data;

    g_free(command->command);
    g_free(command->socket_path);
    g_free(command);
}

GnfRegistry *
gnf_registry_new(void)
{
    GnfRegistry *registry = g_new0(GnfRegistry, 1);

    registry->commands = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, plugin_command_free);
    return registry;
}

void
gnf_registry_free(GnfRegistry *registry)
{
    g_hash_table_unref(registry->commands);
    g_free(registry);
}

static void
add_command(GnfRegistry *registry, const char *name, const char *socket_path, guint timeout_ms)
{
    GnfPluginCommand *command;

    if (*name == 0 || g_hash_table_contains(registry->commands, name))
        return;
    command = g_new0(GnfPluginCommand, 1);
    command->command = g_strdup(name);
    command->socket_path = g_strdup(socket_path);
    command->timeout_ms = timeout_ms;
    command->allowed = TRUE;
    g_hash_table_insert(registry->commands, command->command, command);
}

static gboolean
load_file(GnfRegistry *registry, const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_auto(GStrv) names = NULL;
    g_autofree char *socket_path = NULL;
    gint timeout_sec = DEFAULT_TIMEOUT_SEC;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error))
        return FALSE;
    names = g_key_file_get_string_list(file, GROUP, "Commands", NULL, error);
    if (!names)
        return FALSE;
    socket_path = g_key_file_get_string(file, GROUP, "Socket", error);
    if (!socket_path)
        return FALSE;
    if (g_key_file_has_key(file, GROUP, "TimeoutSec", NULL)) {
        timeout_sec = g_key_file_get_integer(file, GROUP, "TimeoutSec", NULL);
        timeout_sec = CLAMP(timeout_sec, 1, 3600);
    }
    for (guint i = 0; names[i]; i++)
        add_command(registry, g_strstrip(names[i]), socket_path, timeout_sec * 1000);
    return TRUE;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

gboolean
gnf_registry_load(GnfRegistry *registry, const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    gboolean good = TRUE;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".plugin"))
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    }
    g_ptr_array_sort(paths, compare_names);
    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(GError) wrong = NULL;

        if (load_file(registry, paths->pdata[i], &wrong))
            continue;
        if (good)
            g_propagate_prefixed_error(
                error, g_steal_pointer(&wrong), "reading %s: ", (char *)paths->pdata[i]);
        good = FALSE;
    }
    return good;
}

void
gnf_registry_filter(GnfRegistry *registry, const char *const *allow, const char *const *block)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, registry->commands);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        GnfPluginCommand *command = value;

        command->allowed = (!allow || g_strv_contains(allow, command->command)) &&
                           !(block && g_strv_contains(block, command->command));
    }
}

const GnfPluginCommand *
gnf_registry_find(const GnfRegistry *registry, const char *command)
{
    return g_hash_table_lookup(registry->commands, command);
}

static int
compare_commands(gconstpointer a, gconstpointer b)
{
    const GnfPluginCommand *first = *(const GnfPluginCommand *const *)a;
    const GnfPluginCommand *second = *(const GnfPluginCommand *const *)b;

    return g_strcmp0(first->command, second->command);
}

GPtrArray *
gnf_registry_list(const GnfRegistry *registry)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, registry->commands);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(list, value);
    g_ptr_array_sort(list, compare_commands);
    return list;
}
