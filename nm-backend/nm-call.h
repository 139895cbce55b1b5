/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One call of the backend's vtable under way: a GTask that ends once, by result, error or
 * cancellation, and a step function in between.
 *
 * The step looks at what NetworkManager says now and then ends the call, asks NetworkManager for
 * something, or does nothing: it is run again after every change that it could be waiting for, and
 * never while a request of its own is unanswered. So no order of events is assumed, and
 * NetworkManager may do the work by itself meanwhile.
 */
#pragma once

#include "nm-backend/nm-client.h"

typedef struct GnfNmCall GnfNmCall;

struct GnfNmCall {
    GnfNm *nm; /* borrowed: the vtable's self outlives its calls */
    int ifindex;
    char *interface;         /* as the engine named it, for messages */
    const char *waiting_for; /* said when the deadline comes; NULL: nothing to say */
    NMDeviceStateReason
        failure; /* why the device failed last, NM_DEVICE_STATE_REASON_NONE: never */

    /* Private to nm-call.c from here. */
    void (*step)(GnfNmCall *call);
    void (*clear)(GnfNmCall *call);
    GTask *task;
    GSource *cancelled;
    GSource *due;
    GObject *device; /* watched: an NMDevice, its NMActiveConnection */
    GObject *active;
    GObject *bond; /* watched: the bond's NMDevice */
    gboolean asking;
    gboolean blocking;
    gboolean ended;
};

/* What kind of call it is: set up once, const. */
typedef struct {
    gsize size;                     /* of the struct that has GnfNmCall as its first member */
    void (*step)(GnfNmCall *call);  /* see above */
    void (*clear)(GnfNmCall *call); /* frees what follows the GnfNmCall, or NULL */
} GnfNmCallKind;

/* Begin a call: the step is first run from the main loop. For version, ifindex is 0. */
GnfNmCall *gnf_nm_call_new(const GnfNmCallKind *kind,
                           GnfNm *nm,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/* Ends the call; from then on the caller must not touch it. error is owned by the call. */
void gnf_nm_call_return(GnfNmCall *call, gpointer result, GDestroyNotify free_result);
void gnf_nm_call_return_true(GnfNmCall *call);
void gnf_nm_call_return_error(GnfNmCall *call, GError *error);

/* Have the step run again: something that it looks at has changed, and libnm does not tell of it.
 */
void gnf_nm_call_wake(GnfNmCall *call);

/* The name of an interface now; NULL when it has gone. */
char *gnf_nm_get_name(int ifindex);

/* The device that NetworkManager has for the interface, watched from now on together with its
 * active connection; NULL when it has none (yet). Borrowed until the next step. */
NMDevice *gnf_nm_call_get_device(GnfNmCall *call);

/* The device of its bond, watched from now on; NULL when NetworkManager has none. Borrowed. */
NMDevice *gnf_nm_call_get_bond(GnfNmCall *call, int bond_ifindex);

/* Around a request to NetworkManager: _begin gives the user_data of its callback, _end gives the
 * call back, or NULL if it has ended meanwhile. After _end the step is due. */
gpointer gnf_nm_call_begin(GnfNmCall *call);
/* The same, for a request whose effect may be seen before its answer comes: steps go on. */
gpointer gnf_nm_call_begin_watching(GnfNmCall *call);
GnfNmCall *gnf_nm_call_end(gpointer user_data);
GCancellable *gnf_nm_call_get_cancellable(const GnfNmCall *call);

/* Ends the call if NetworkManager cannot be reached. TRUE if it did. */
gboolean gnf_nm_call_is_unreachable(GnfNmCall *call);

/* error as a GNF_ERROR: refused access is NOT_PERMITTED, all else MANAGER_FAILED, unless the
 * interface has gone. Takes error. */
GError *gnf_nm_call_explain(const GnfNmCall *call, GError *error, const char *doing);

/* The name of an enum's value as NetworkManager's own tools write it: "ip-config". */
const char *gnf_nm_get_nick(GType type, int value);

/* Ask NetworkManager to set the device's Autoconnect property. Ends in gnf_nm_set_blocked(), and
 * then the step is due; a refusal ends the call. */
void gnf_nm_call_set_autoconnect(GnfNmCall *call, NMDevice *device, gboolean autoconnect);
