/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/kind/auth.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// A view of one tenon_auth_request. Valid as long as the request: until the plugin has closed the operation.
class AuthRequest {
 public:
  explicit AuthRequest(const tenon_auth_request* request) : r_(request) {}

  std::uint32_t step() const { return r_->step; }
  std::uint64_t cont() const { return r_->cont; }
  std::int64_t deadline_mono_ns() const { return r_->deadline_mono_ns; }
  std::uint32_t protocol_level() const { return r_->protocol_level; }
  bool has(std::uint32_t flag) const { return (r_->flags & flag) != 0; }

  std::string_view listener() const { return text_of(r_->listener); }
  std::string_view tenant() const { return text_of(r_->tenant); }
  std::string_view client_id() const { return text_of(r_->client_id); }
  // Empty optional: the field was not present, which is not the same as an empty name.
  std::optional<std::string_view> username() const {
    return has(TENON_AUTH_HAS_USERNAME) ? std::optional(text_of(r_->username)) : std::nullopt;
  }
  // A secret; may hold any byte.
  std::optional<Bytes> password() const {
    return has(TENON_AUTH_HAS_PASSWORD) ? std::optional(bytes_of(r_->password)) : std::nullopt;
  }
  std::string_view auth_method() const { return text_of(r_->auth_method); }
  Bytes auth_data() const { return bytes_of(r_->auth_data); }
  std::string_view will_topic() const { return text_of(r_->will_topic); }
  std::string_view cert_subject() const { return text_of(r_->cert_subject); }
  ArrayView<tenon_kv> user_properties() const { return ArrayView<tenon_kv>(r_->user_properties); }
  const tenon_auth_request* raw() const { return r_; }

 private:
  const tenon_auth_request* r_;
};

// What one client may do. Derive, implement allows(), give out references with PermissionSetRef. Immutable: a
// change of permissions is a new set. The host asks from any worker, concurrently; allows() must not block or
// throw.
class PermissionSet {
 public:
  virtual bool allows(const tenon_authz_query& query) const noexcept = 0;

  void retain() const noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  const tenon_permset* raw() const { return reinterpret_cast<const tenon_permset*>(this); }
  static const PermissionSet* from(const tenon_permset* raw) {
    return reinterpret_cast<const PermissionSet*>(raw);
  }

 protected:
  PermissionSet() = default;
  virtual ~PermissionSet() = default;
  PermissionSet(const PermissionSet&) = delete;
  PermissionSet& operator=(const PermissionSet&) = delete;

 private:
  mutable std::atomic<std::uint32_t> refs_{1};
};

// Owns one reference.
class PermissionSetRef {
 public:
  PermissionSetRef() = default;
  // Takes over the reference that a set is made with.
  static PermissionSetRef adopt(const PermissionSet* set) {
    PermissionSetRef ref;
    ref.set_ = set;
    return ref;
  }
  PermissionSetRef(const PermissionSetRef& other) : set_(other.set_) {
    if (set_) set_->retain();
  }
  PermissionSetRef(PermissionSetRef&& other) noexcept : set_(std::exchange(other.set_, nullptr)) {}
  PermissionSetRef& operator=(PermissionSetRef other) noexcept {
    std::swap(set_, other.set_);
    return *this;
  }
  ~PermissionSetRef() {
    if (set_) set_->release();
  }
  const PermissionSet* get() const { return set_; }
  explicit operator bool() const { return set_ != nullptr; }
  const PermissionSet* release() { return std::exchange(set_, nullptr); }

 private:
  const PermissionSet* set_ = nullptr;
};

// Fills one tenon_auth_result. Texts that are put in are borrowed: for an answer with TENON_OK until the next
// call into this instance on the same worker, for one with TENON_PENDING until the operation is closed.
class AuthAnswer {
 public:
  explicit AuthAnswer(tenon_auth_result* result) : r_(result) {}

  // Not mine: the next plugin in the chain is asked.
  void ignore() { r_->decision = TENON_AUTH_IGNORE; }
  // 0 leaves the MQTT reason code to the host.
  void deny(std::uint32_t reason_code = 0) {
    r_->decision = TENON_AUTH_DENY;
    r_->reason_code = reason_code;
  }
  // Without a set every topic is allowed.
  void allow(PermissionSetRef permissions = {}) {
    r_->decision = TENON_AUTH_ALLOW;
    const PermissionSet* set = permissions.release();
    r_->permset = set ? set->raw() : nullptr;
  }
  // Sends `data` to the client and waits for its AUTH packet, whose request carries `cont`.
  void more(Bytes data, std::uint64_t cont) {
    r_->decision = TENON_AUTH_MORE;
    r_->auth_data = abi(data);
    r_->cont = cont;
  }
  void username(std::string_view name) { r_->username = abi(name); }
  void tenant(std::string_view name) { r_->tenant = abi(name); }
  void auth_data(Bytes data) { r_->auth_data = abi(data); }
  void audit(std::string_view line) { r_->audit = abi(line); }
  void limit_qos(std::uint32_t qos) { limit(TENON_AUTH_LIMIT_QOS, r_->qos_max, qos); }
  void limit_packet_bytes(std::uint32_t bytes) {
    limit(TENON_AUTH_LIMIT_PACKET_BYTES, r_->packet_bytes_max, bytes);
  }
  void limit_receive_maximum(std::uint32_t n) {
    limit(TENON_AUTH_LIMIT_RECEIVE_MAXIMUM, r_->receive_maximum, n);
  }
  void limit_session_expiry(std::uint32_t s) {
    limit(TENON_AUTH_LIMIT_SESSION_EXPIRY, r_->session_expiry_s_max, s);
  }
  // The client may stay so long, unless it authenticates anew. False: this host can't be told.
  bool limit_valid_ms(std::uint64_t ms) {
    if (r_->struct_size < offsetof(tenon_auth_result, valid_ms) + sizeof r_->valid_ms) return false;
    r_->limits |= TENON_AUTH_LIMIT_VALID;
    r_->valid_ms = ms;
    return true;
  }
  tenon_auth_result* raw() const { return r_; }

 private:
  void limit(std::uint32_t flag, std::uint32_t& field, std::uint32_t value) {
    r_->limits |= flag;
    field = value;
  }
  tenon_auth_result* r_;
};

// tenon.host.auth/1. [any]
class AuthHost {
 public:
  AuthHost() = default;
  explicit AuthHost(const tenon_host* host) : table_(host, TENON_HOST_AUTH_ID) {}
  void invalidate_all() const { invalidate(TENON_SCOPE_ALL, {}); }
  void invalidate_user(std::string_view name) const { invalidate(TENON_SCOPE_USER, name); }
  void invalidate_client(std::string_view client_id) const { invalidate(TENON_SCOPE_CLIENT_ID, client_id); }

 private:
  void invalidate(std::uint32_t scope, std::string_view value) const {
    if (table_->invalidate) table_->invalidate(table_.host(), scope, abi(value));
  }
  HostTable<tenon_host_auth> table_;
};

// Base of an auth plugin. Derived has
//   tenon_status authenticate(AuthRequest, tenon_op, AuthAnswer)   [worker]
// (with `Worker&` as first parameter when it has a Worker): TENON_OK with the answer filled, or
// TENON_PENDING: then it owns the token and closes it once the answer is filled, from any thread, see
// OpHandle. A throw denies. And, if it ever answers TENON_PENDING,
//   tenon_status cancel(tenon_op)                                  [worker]
// and, if permissions change while clients are connected,
//   PermissionSetRef refresh(const PermissionSet& old)             [worker]  empty: the client must go
// Both may have `Worker&` as first parameter, too.
template <class Derived>
class AuthPlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_AUTH_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_auth table = make_table();
    return id == TENON_AUTH_ID ? &table : nullptr;
  }

 protected:
  ~AuthPlugin() = default;

 private:
  static tenon_status authenticate_fn(tenon_plugin* plugin, void* ctx, const tenon_auth_request* request,
                                      tenon_op op, tenon_auth_result* ret_result) noexcept {
    return guarded(nullptr, [&]() -> tenon_status {
      Derived& d = Plugin<Derived>::self(plugin);
      if constexpr (requires { typename Derived::Worker; })
        return d.authenticate(*static_cast<typename Derived::Worker*>(ctx), AuthRequest(request), op,
                              AuthAnswer(ret_result));
      else
        return ((void)ctx, d.authenticate(AuthRequest(request), op, AuthAnswer(ret_result)));
    });
  }
  static tenon_status cancel_fn(tenon_plugin* plugin, void* ctx, tenon_op op) noexcept {
    // The plugin may still hold the request when its cancel failed: say so, the host then waits for the end.
    const tenon_status status = guarded(nullptr, [&]() -> tenon_status {
      Derived& d = Plugin<Derived>::self(plugin);
      if constexpr (cancels_on_worker<Derived>())
        return d.cancel(*static_cast<typename Derived::Worker*>(ctx), op);
      else
        return ((void)ctx, d.cancel(op));
    });
    return status == TENON_OK ? TENON_OK : TENON_PENDING;
  }
  static void check_fn(const tenon_permset* set, const tenon_authz_query* queries, std::uint32_t count,
                       std::uint32_t stride, std::uint8_t* ret_verdicts) noexcept {
    const tenon_array all{queries, count, stride};
    for (std::uint32_t i = 0; i < count; ++i)
      ret_verdicts[i] = PermissionSet::from(set)->allows(*TENON_AT(all, tenon_authz_query, i))
                            ? TENON_VERDICT_ALLOW
                            : TENON_VERDICT_DENY;
  }
  static tenon_status refresh_fn(tenon_plugin* plugin, void* ctx, const tenon_permset* old,
                                 const tenon_permset** ret_permset) noexcept {
    return guarded(nullptr, [&]() -> tenon_status {
      Derived& d = Plugin<Derived>::self(plugin);
      PermissionSetRef fresh;
      if constexpr (refreshes_on_worker<Derived>())
        fresh = d.refresh(*static_cast<typename Derived::Worker*>(ctx), *PermissionSet::from(old));
      else
        fresh = ((void)ctx, d.refresh(*PermissionSet::from(old)));
      if (!fresh) return TENON_E_DENIED;
      *ret_permset = fresh.release()->raw();
      return TENON_OK;
    });
  }
  static void retain_fn(const tenon_permset* set) noexcept { PermissionSet::from(set)->retain(); }
  static void release_fn(const tenon_permset* set) noexcept { PermissionSet::from(set)->release(); }

  template <class D>
  static constexpr bool cancels_on_worker() {
    return requires(D & d) {
      d.cancel(std::declval<typename D::Worker&>(), tenon_op{});
    };
  }
  template <class D>
  static constexpr bool refreshes_on_worker() {
    return requires(D & d, const PermissionSet& s) {
      d.refresh(std::declval<typename D::Worker&>(), s);
    };
  }

  static constexpr tenon_auth make_table() {
    tenon_auth table{};
    table.struct_size = sizeof table;
    table.authenticate = authenticate_fn;
    if constexpr (cancels_on_worker<Derived>() || requires(Derived & d) { d.cancel(tenon_op{}); })
      table.cancel = cancel_fn;
    table.permset_check = check_fn;
    if constexpr (refreshes_on_worker<Derived>() ||
                  requires(Derived & d, const PermissionSet& s) { d.refresh(s); })
      table.permset_refresh = refresh_fn;
    table.permset_retain = retain_fn;
    table.permset_release = release_fn;
    return table;
  }
};

TENON_SDK_END
