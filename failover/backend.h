/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The backend interface: what the engine asks of a network manager.
 *
 * A backend is one folder (NAME-backend/), one GnfBackend constant and one word in the top
 * meson.build. It acts through its manager and nothing else; it never decides, and it is never
 * believed: the engine proves the standby before it asks, moves the traffic itself, and looks at
 * the kernel afterwards.
 *
 * All calls come from the engine's one thread, on the default main context. At most one detach or
 * attach is under way for an interface. No slot may block: what takes time is a GTask that ends in
 * the callback, also when the GCancellable is cancelled (then with G_IO_ERROR_CANCELLED) – the
 * engine cancels at its deadline. Backends do not log above debug.
 */
#pragma once

#include <gio/gio.h>

#include "qapi/types.h"

#define GNF_BACKEND_ABI 5

/* How sure a backend is that an interface is its manager's. */
typedef enum {
    GNF_OWNER_ABSENT,  /* not mine: no manager running, or it leaves this interface alone */
    GNF_OWNER_DEFER,   /* cannot tell yet (udev or the manager has not finished): ask again */
    GNF_OWNER_PRESENT, /* mine */
} GnfOwner;

/* What a probe is asked. Owned by the engine: what outlives the slot's return is copied. */
typedef struct {
    int ifindex;
    const char *interface;
    gboolean bindings; /* tell of `binding` and `rebinding`, too, which may cost reading files */
} GnfProbe;

/* The answer to a probe. Freed with gnf_ownership_free(). */
typedef struct {
    GnfOwner owner;
    char *profile; /* the manager's name for the configuration (a UUID, a path), or NULL */
    char *detail;  /* how the backend knows, for people and for the debug log; never NULL */
    /* What in which file ties a bond's port to its interface's name and to nothing else, so that it
     * does not fit the NIC under another name; NULL: nothing, or nothing is known of it. */
    char *binding;
    char *rebinding; /* with binding: how it is tied to the NIC's permanent MAC address instead, in
                        words that the address is put behind */
} GnfOwnership;

/*
 * What is to be detached or attached: owned by the engine, valid until the call has ended, so a
 * backend copies what it keeps longer. Never act by name where an ifindex is there: names are
 * reused (facts: the kernel's NETDEV_CHANGENAME), an ifindex is not.
 */
typedef struct {
    int ifindex;               /* the NIC */
    const char *interface;     /* its name now */
    const char *permanent_mac; /* lower-case with colons, or NULL where the driver gives none */
    int bond_ifindex;          /* its bond (detach: the one it is in; attach: the one to join) */
    const char *bond;          /* the bond's name */
    const char *profile;       /* attach: what probe said before the detach, or NULL */
    const char *old_interface; /* attach: the name that the profile was made for */
    const char *old_mac;       /* attach: the permanent MAC that it was made for, or NULL */
} GnfTarget;

/* An interface and who owns it: what a backend is asked for conflicts about. Owned by the engine,
 * as GnfTarget is. */
typedef struct {
    int ifindex;
    const char *interface;
    const char *permanent_mac; /* as above */
    GnfManager owner;
} GnfOwnedInterface;

/* What an attach came to. Freed with gnf_attachment_free(). */
typedef struct {
    gboolean already;       /* the manager had put it back by itself */
    gboolean reboot_unsafe; /* the files on disk do not fit this NIC: what was done is in memory */
    char *detail;           /* with reboot_unsafe: what to change where; else NULL */
} GnfAttachment;

/*
 * Each slot but open and close starts a GTask, without a source object, and hands it to the
 * callback as its GAsyncResult; what it returns stands with the slot, and the engine takes it from
 * there.
 *
 * Errors are in the GNF_ERROR domain (failover/error.h): GNF_REASON_CODE_MANAGER_FAILED for what
 * the manager refused, with its own words in the message; GNF_REASON_CODE_NOT_PERMITTED where it
 * denied access; GNF_REASON_CODE_NO_SUCH_DEVICE when the NIC went away. G_IO_ERROR_CANCELLED passes
 * through.
 */
typedef struct {
    unsigned int abi; /* GNF_BACKEND_ABI; the engine does not use a module of another one */

    /* Make an instance for a manager: one whose line in failover/managers.c names this backend,
     * which may serve a family. Called once for each, at first need; must not block, so a
     * connection to the manager is made by the first call that needs it. */
    gpointer (*open)(GnfManager manager);

    /* Free the instance and all it watches. No call is under way. */
    void (*close)(gpointer self);

    /* Is the manager there? Called for query only. Returns its version (a string; "" where it does
     * not tell), or an error whose message says why it cannot be asked. */
    void (*version)(gpointer self,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data);

    /* Whose is this interface? Called for primary, standby and bond, before a plan and again in
     * complete, since it may be another manager's turn; bindings are asked for by query only.
     * Changes nothing. Returns a GnfOwnership. An error means that the manager is there and would
     * not answer; a manager that is not there is GNF_OWNER_ABSENT. */
    void (*probe)(gpointer self,
                  const GnfProbe *what,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer user_data);

    /* Take the NIC out of its bond so that the manager does not put it back by itself and starts
     * nothing else on it (no DHCP). The traffic has been moved before. Idempotent: a NIC in no bond
     * is success, but the manager is still told to leave it. Returns a boolean, TRUE, when the
     * manager has let go. */
    void (*detach)(gpointer self,
                   const GnfTarget *target,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data);

    /* Put the NIC into the bond under the configuration that the administrator made, pointing that
     * configuration at the NIC in memory where name or address no longer fit; files on disk stay
     * byte for byte. Never takes the bond down. Idempotent: a NIC already in the bond under that
     * configuration is success with `already`. Does not choose the active port. Returns a
     * GnfAttachment when the manager has put the NIC in; the link may still be down. */
    void (*attach)(gpointer self,
                   const GnfTarget *target,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data);

    /* What of this manager, or of its files and scripts, acts on the interface besides its owner –
     * which may be this manager itself? Optional. Called for query only, for primary, standby and
     * bond, when their owners are known. Changes nothing. Returns a string that says who does what
     * by which file, and what to change; NULL where there is nothing to tell, or nobody to ask. */
    void (*conflict)(gpointer self,
                     const GnfOwnedInterface *interface,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
} GnfBackend;

/* The symbol that a loadable backend module exports, of type `const GnfBackend`. */
#define GNF_BACKEND_SYMBOL "gnf_backend"

void gnf_ownership_free(GnfOwnership *ownership);
void gnf_attachment_free(GnfAttachment *attachment);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfOwnership, gnf_ownership_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GnfAttachment, gnf_attachment_free)
