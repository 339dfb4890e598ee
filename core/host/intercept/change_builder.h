#pragma once

#include <tenon/draft/intercept.h>

#include <string>

#include "host/intercept/intercept_request.h"

namespace tenon::host {

// What one plugin puts in the place of parts of one message, by tenon_intercept_change. One thread at a time.
class ChangeBuilder {
 public:
  // `request` outlives this: what is added to its properties stands behind them.
  explicit ChangeBuilder(const tenon_intercept_message& request);
  ChangeBuilder(const ChangeBuilder&) = delete;
  ChangeBuilder& operator=(const ChangeBuilder&) = delete;

  tenon_intercept_change* raw() { return &raw_.table; }
  // What was set until now.
  const MessageChange& change() const { return change_; }

 private:
  // As the plugin sees it; `self` stands behind that.
  struct Raw {
    tenon_intercept_change table;
    ChangeBuilder* self;
  };
  static ChangeBuilder& of(tenon_intercept_change* change) { return *reinterpret_cast<Raw*>(change)->self; }
  static tenon_status set_topic(tenon_intercept_change* change, tenon_bytes topic);
  static tenon_status set_payload(tenon_intercept_change* change, tenon_bytes payload);
  static tenon_status clear_user_properties(tenon_intercept_change* change);
  static tenon_status add_user_property(tenon_intercept_change* change, tenon_bytes name, tenon_bytes value);

  Raw raw_;
  const tenon_intercept_message& request_;
  MessageChange change_;
};

}  // namespace tenon::host
