/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/draft/intercept.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tenon/plugin.hpp>

TENON_SDK_BEGIN

// One message, see draft/intercept.h. Views are good until the plugin has closed the operation.
class InterceptedMessage {
 public:
  explicit InterceptedMessage(const tenon_intercept_message* raw) : raw_(raw) {}

  std::string_view tenant() const { return text_of(raw_->tenant); }
  std::string_view client_id() const { return text_of(raw_->client_id); }
  std::string_view user() const { return text_of(raw_->user); }
  std::string_view peer() const { return text_of(raw_->peer); }
  std::string_view listener() const { return text_of(raw_->listener); }
  std::string_view topic() const { return text_of(raw_->topic); }
  std::string_view payload() const { return text_of(raw_->payload); }
  ArrayView<tenon_kv> user_properties() const { return ArrayView<tenon_kv>(raw_->user_properties); }
  std::uint32_t qos() const { return raw_->qos; }
  std::uint32_t version() const { return raw_->version; }
  std::int64_t deadline_mono_ns() const { return raw_->deadline_mono_ns; }
  bool has(std::uint32_t flag) const { return (raw_->flags & flag) != 0; }

 private:
  const tenon_intercept_message* raw_;
};

// Fills one tenon_intercept_result; without a call of it the message passes. What replaces something is
// copied at once.
class InterceptAnswer {
 public:
  explicit InterceptAnswer(tenon_intercept_result* result) : r_(result) {}

  void pass() { r_->decision = TENON_INTERCEPT_PASS; }
  void drop() { r_->decision = TENON_INTERCEPT_DROP; }
  // `reason` is borrowed: see tenon_intercept_result.
  void refuse(std::uint32_t reason_code = 0, std::string_view reason = {}) {
    r_->decision = TENON_INTERCEPT_REFUSE;
    r_->reason_code = reason_code;
    r_->reason = abi(reason);
  }
  // These throw a Failure when the host can't take it, and then nothing has changed.
  void topic(std::string_view text) { change(r_->change->set_topic(r_->change, abi(text)), "the topic"); }
  void payload(std::string_view text) {
    change(r_->change->set_payload(r_->change, abi(text)), "the payload");
  }
  void clear_user_properties() {
    change(r_->change->clear_user_properties(r_->change), "the user properties");
  }
  void add_user_property(std::string_view name, std::string_view value) {
    change(r_->change->add_user_property(r_->change, abi(name), abi(value)), "a user property");
  }

 private:
  void change(tenon_status status, const char* what) {
    if (status != TENON_OK) throw Failure(status, std::string(what) + " can't be replaced so");
    r_->decision = TENON_INTERCEPT_REPLACE;
  }

  tenon_intercept_result* r_;
};

// Base of an interceptor. Derived has
//   std::vector<std::string> filters() const                          [setup] throws a Failure
//   tenon_status intercept(const InterceptedMessage&, tenon_op, InterceptAnswer)   [worker]
// which answers TENON_OK with the answer filled, or TENON_PENDING: then it owns the token and closes it once
// the answer is filled, from any thread, see OpHandle. A throw is an error. And, if it ever answers
// TENON_PENDING,
//   tenon_status cancel(tenon_op)                                     [worker]
// Both have `Worker&` as first parameter when it has a Worker. intercept() runs on all workers, perhaps at
// the same time as filters() and reconfigure().
template <class Derived>
class InterceptPlugin : public Plugin<Derived> {
 public:
  static constexpr const char* kind_id = TENON_INTERCEPT_ID;
  using Plugin<Derived>::Plugin;

  const void* table_for(std::string_view id) const {
    static constexpr tenon_intercept table = make_table();
    return id == TENON_INTERCEPT_ID ? &table : nullptr;
  }

 protected:
  ~InterceptPlugin() = default;

 private:
  static tenon_status wishes_fn(tenon_plugin* plugin, tenon_intercept_wishes* ret_wishes,
                                tenon_error* error) noexcept {
    return guarded(error, [&] {
      Derived& derived = Plugin<Derived>::self(plugin);
      InterceptPlugin& self = derived;
      self.filters_ = std::as_const(derived).filters();
      self.views_.clear();
      for (const std::string& filter : self.filters_) self.views_.push_back(abi(std::string_view(filter)));
      ret_wishes->filters = self.views_.data();
      ret_wishes->filter_count = self.views_.size();
    });
  }
  static tenon_status intercept_fn(tenon_plugin* plugin, void* ctx, const tenon_intercept_message* message,
                                   tenon_op op, tenon_intercept_result* ret_result) noexcept {
    return guarded(nullptr, [&]() -> tenon_status {
      Derived& d = Plugin<Derived>::self(plugin);
      const InterceptedMessage shown(message);
      if constexpr (requires { typename Derived::Worker; })
        return d.intercept(*static_cast<typename Derived::Worker*>(ctx), shown, op,
                           InterceptAnswer(ret_result));
      else
        return ((void)ctx, d.intercept(shown, op, InterceptAnswer(ret_result)));
    });
  }
  static tenon_status cancel_fn(tenon_plugin* plugin, void* ctx, tenon_op op) noexcept {
    // The plugin may still hold the message when its cancel failed: say so, the host then waits for the end.
    const tenon_status status = guarded(nullptr, [&]() -> tenon_status {
      Derived& d = Plugin<Derived>::self(plugin);
      if constexpr (cancels_on_worker<Derived>())
        return d.cancel(*static_cast<typename Derived::Worker*>(ctx), op);
      else
        return ((void)ctx, d.cancel(op));
    });
    return status == TENON_OK ? TENON_OK : TENON_PENDING;
  }

  template <class D>
  static constexpr bool cancels_on_worker() {
    return requires(D & d) {
      d.cancel(std::declval<typename D::Worker&>(), tenon_op{});
    };
  }

  static constexpr tenon_intercept make_table() {
    tenon_intercept table{};
    table.struct_size = sizeof table;
    table.wishes = wishes_fn;
    table.intercept = intercept_fn;
    if constexpr (cancels_on_worker<Derived>() || requires(Derived & d) { d.cancel(tenon_op{}); })
      table.cancel = cancel_fn;
    return table;
  }

  std::vector<std::string> filters_;
  std::vector<tenon_bytes> views_;
};

TENON_SDK_END
