/* Forgets at worker_stop what it started at worker_start. */
#include <tenon/draft/hash.h>
#include <tenon/draft/timer.h>
#include <tenon/sdk.h>

static void ring(void* user) {
  (void)user;
}

static tenon_status start_timer(tenon_plugin* self, uint32_t worker, void** ret_ctx, tenon_error* error) {
  const tenon_host* const host = self->plugin_data;
  const tenon_host_timer* const timers = host->get_interface(host, TENON_HOST_TIMER_ID);
  static uint64_t timer;
  (void)worker, (void)ret_ctx, (void)error;
  return timers->start(host, INT64_C(3600000000000), ring, NULL, &timer);
}

static const char* const needs[] = {TENON_HOST_TIMER_ID, NULL};
#define REQUIRES needs
#define HASH TENON_DRAFT_HASH_TIMER
#define WORKER_START start_timer
#define PREPARE(plugin, host) (plugin)->plugin_data = (void*)(host)
#define ID "org.tenon.test.leaves-timer"
#define NAME "leaves_timer"
#include "plugin_under_test.h"
