/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/abi/module.h>
#include <tenon/draft/hash.h>

#include <cstdint>
#include <string_view>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// A draft interface and its number.
struct Draft {
  std::string_view id;
  std::uint64_t hash;
};
inline constexpr Draft drafts[] = {
    {"tenon.host.buf/1", TENON_DRAFT_HASH_BUF},
    {"tenon.host.clock/1", TENON_DRAFT_HASH_CLOCK},
    {"tenon.host.data-dir/1", TENON_DRAFT_HASH_DATA_DIR},
    {"tenon.host.disk/1", TENON_DRAFT_HASH_DISK},
    {"tenon.host.net/1", TENON_DRAFT_HASH_NET},
    {"tenon.host.pool/1", TENON_DRAFT_HASH_POOL},
    {"tenon.host.random/1", TENON_DRAFT_HASH_RANDOM},
    {"tenon.host.reactor/1", TENON_DRAFT_HASH_REACTOR},
    {"tenon.host.timer/1", TENON_DRAFT_HASH_TIMER},
    {"tenon.balancer/1", TENON_DRAFT_HASH_BALANCER},
    {"tenon.events/1", TENON_DRAFT_HASH_EVENTS},
    {"tenon.intercept/1", TENON_DRAFT_HASH_INTERCEPT},
    {"tenon.filter/1", TENON_DRAFT_HASH_FILTER},
    {"tenon.replication/1", TENON_DRAFT_HASH_REPLICATION},
    {"tenon.log/1", TENON_DRAFT_HASH_LOG},
    {"tenon.storage/1", TENON_DRAFT_HASH_STORAGE},
    {"tenon.transport/1", TENON_DRAFT_HASH_TRANSPORT},
};

template <class P>
constexpr bool uses_interface(std::string_view id) {
  if (id == P::kind_id) return true;
  const char* const* const ids = P::info.requires_host;
  for (std::size_t i = 0; ids[i] != nullptr; ++i)
    if (id == ids[i]) return true;
  return false;
}

// tenon_plugin_descriptor.draft_hash of one plugin class, and that of the note over all of them: the drafts
// among their kinds and the host tables that they require, XORed, each once however many use it.
template <class... P>
constexpr std::uint64_t draft_hash_of_plugins() {
  std::uint64_t hash = 0;
  for (const Draft& draft : drafts)
    if ((uses_interface<P>(draft.id) || ...)) hash ^= draft.hash;
  return hash;
}

template <class P>
inline constexpr tenon_plugin_descriptor descriptor = {
    sizeof(tenon_plugin_descriptor),
    P::info.flags,
    P::kind_id,
    P::info.id,
    P::info.name,
    P::info.version,
    P::info.config_schema_json,
    P::info.requires_host,
    draft_hash_of_plugins<P>(),
    P::info.max_inflight,
    0,
    &P::create,
};

// The ELF note of a module that offers the plugins P...; kinds are listed once each.
template <class... P>
constexpr tenon_note make_note(std::uint32_t level) {
  tenon_note note{
      6, sizeof(tenon_note) - 20, TENON_NOTE_TYPE, TENON_NOTE_OWNER, TENON_ABI_GENERATION, level, 0, 0, {}};
  const std::uint64_t hash = draft_hash_of_plugins<P...>();
  note.draft_hash_low = static_cast<std::uint32_t>(hash);
  note.draft_hash_high = static_cast<std::uint32_t>(hash >> 32);
  std::size_t at = 0;
  const auto add = [&](std::string_view kind) {
    if (std::string_view(note.kinds, at).find(kind) != std::string_view::npos) return;
    if (at > 0) note.kinds[at++] = ' ';
    for (const char c : kind) note.kinds[at++] = c;
  };
  (add(P::kind_id), ...);
  return note;
}

template <class... P>
inline constexpr const tenon_plugin_descriptor* descriptors[] = {&descriptor<P>...};

template <class... P>
constexpr tenon_module make_module(std::uint32_t level, const char* id, const char* version) {
  return {sizeof(tenon_module), TENON_MODULE_MAGIC, level, TENON_ABI_LEVEL, id, version, "tenon C++ layer 1",
          descriptors<P...>,    sizeof...(P),       0};
}

TENON_SDK_END

// The whole bootstrap of a module, once, at file scope outside of every namespace:
//   TENON_CPP_MODULE(1, "com.example.auth-ldap", "1.0.3", acme::LdapAuth)
// `level` is the literal number of the lowest ABI level the module works with; then its id and version, and
// the plugin classes, each with `static constexpr tenon::sdk::PluginInfo info`.
// clang-format off
#define TENON_CPP_MODULE(level, module_id, module_version, ...)                                            \
  __attribute__((used, section(".note.tenon"), aligned(4)))                                                \
  static constinit const tenon_note tenon_module_note = tenon::sdk::make_note<__VA_ARGS__>(level);         \
  extern "C" TENON_EXPORT const tenon_module* TENON_CALL tenon_module_v1(const tenon_bootstrap*) {         \
    static constexpr tenon_module module =                                                                 \
        tenon::sdk::make_module<__VA_ARGS__>(level, module_id, module_version);                            \
    return &module;                                                                                        \
  }
// clang-format on
